"""``pausedemo describe``: all about a pod, its events at the end."""

from __future__ import annotations

import click

from pausedemo.cli.cluster import (
    all_namespaces_option,
    namespace_option,
    nothing_found,
    open_cluster,
    read_selector,
    selector_option,
)
from pausedemo.cli.complete_objects import complete_targets
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused


@click.command()
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="pod [NAME...]",
    shell_complete=complete_targets,
)
@namespace_option
@all_namespaces_option
@selector_option
@engine_option
def describe(
    words: tuple[str, ...], namespace: str, everywhere: bool, selector: str, engine: str
) -> None:
    """Tell all about pods: containers, states, conditions, volumes, events.

    Exits with 1 when one that was named is not there. A NAME may also be the beginning of names.
    """
    from pausedemo.core.kubectl.describe import describe_pod
    from pausedemo.core.kubectl.kinds import parse_targets
    from pausedemo.core.kubectl.objects import KubeObject, name_of

    targets = parse_targets(words, selecting=bool(selector))
    matches = read_selector(selector)
    where = None if everywhere else namespace
    pods: list[KubeObject] = []
    with open_cluster(engine) as cluster:
        for kind, name in targets:
            if kind != "Pod":
                raise Refused(f"error: only pods can be described here, not {kind}")
            try:
                pods += cluster.find(kind, name, where, matches)
            except Refused:
                alike = [
                    pod
                    for pod in cluster.find(kind, None, where, matches)
                    if name_of(pod).startswith(name or "")
                ]
                if not alike:
                    raise
                pods += alike
        for number, pod in enumerate(pods):
            text = describe_pod(pod, cluster.reader.events_of(pod), cluster.clock.now())
            click.echo(("\n\n" if number else "") + text, nl=False)
    if not pods:
        click.echo(nothing_found(where), err=True)
