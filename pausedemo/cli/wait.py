"""``pausedemo wait``: until pods are as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    all_namespaces_option,
    namespace_option,
    open_cluster,
    read_duration,
    read_selector,
    selector_option,
)
from pausedemo.cli.complete_objects import complete_targets
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.core.kubectl.selector import Matcher

#: What a negative timeout means to kubectl: a week.
LONGEST_S: Final = 7 * 24 * 3600.0


@click.command()
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="KIND/NAME... | KIND [NAME...]",
    shell_complete=complete_targets,
)
@click.option(
    "--for",
    "wanted",
    default="",
    metavar="create|delete|condition=NAME[=VALUE]|jsonpath={...}[=VALUE]",
    help="What to wait for, as condition=Ready.",
)
@click.option(
    "--timeout",
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long; 0: look once, less than 0: a week.",
)
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@namespace_option
@all_namespaces_option
@selector_option
@engine_option
def wait(
    words: tuple[str, ...],
    wanted: str,
    timeout: str,
    everything: bool,
    namespace: str,
    everywhere: bool,
    selector: str,
    engine: str,
) -> None:
    """Wait until a condition holds for each of the objects, and say so.

    Exits with 1 when the time is over before.
    """
    from pausedemo.core.kubectl.conditions import is_create, is_delete, parse_condition
    from pausedemo.core.kubectl.kinds import parse_targets
    from pausedemo.kubelet.waiting import wait_for, wait_until_found

    condition = parse_condition(wanted)
    timeout_s = read_duration("--timeout", timeout)
    targets = parse_targets(words, selecting=everything or bool(selector))
    if any(name is None for _, name in targets) and not (everything or selector):
        raise Refused(
            "error: resource(s) were provided, but no name was specified; use --all or a selector"
        )
    where = None if everywhere else namespace
    matches = read_selector(selector)
    with open_cluster(engine) as cluster:
        deadline = cluster.clock.monotonic() + (LONGEST_S if timeout_s < 0 else timeout_s)
        if is_create(wanted):
            wait_until_found(
                cluster.engine,
                lambda: _find_all(cluster, targets, where, matches),
                remaining_s=lambda: deadline - cluster.clock.monotonic(),
            )
        found: list[KubeObject] = []
        for kind, name in targets:
            try:
                found += cluster.find(kind, name, where, matches)
            except Refused:
                if not is_delete(wanted):
                    raise
                # kubectl says nothing of what is gone already.
        if not found and not is_delete(wanted):
            raise Refused("error: no matching resources found")
        late: list[str] = []
        for one in found:
            try:
                wait_for(
                    cluster.engine,
                    cluster.reader,
                    one,
                    condition,
                    remaining_s=lambda: deadline - cluster.clock.monotonic(),
                    once=timeout_s == 0,
                )
            except Refused as error:
                late.append(str(error))
            else:
                click.echo(f"{one['kind'].lower()}/{one['metadata']['name']} condition met")
    if late:
        raise Refused("\n".join(late))


def _find_all(
    cluster: Cluster,
    targets: Sequence[tuple[str, str | None]],
    namespace: str | None,
    matches: Matcher,
) -> list[KubeObject]:
    """All that is meant; nothing while one that is named is not there yet."""
    found: list[KubeObject] = []
    for kind, name in targets:
        try:
            found += cluster.find(kind, name, namespace, matches)
        except Refused:
            if namespace is None:
                # No waiting gives a name to all namespaces.
                raise
            return []
    return found
