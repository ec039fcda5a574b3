"""``pausedemo events``: what has happened to pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pausedemo.cli.cluster import (
    all_namespaces_option,
    namespace_option,
    no_headers_option,
    open_cluster,
)
from pausedemo.cli.complete_objects import complete_targets
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused

if TYPE_CHECKING:
    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject


@click.command()
@click.option(
    "--for",
    "target",
    default="",
    metavar="pod/NAME",
    shell_complete=complete_targets,
    help="Only those about it.",
)
@click.option("-w", "--watch", is_flag=True, help="Go on, and print each as it comes.")
@click.option("--types", default="", metavar="Normal,Warning", help="Only those of these types.")
@namespace_option
@all_namespaces_option
@no_headers_option
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Whole objects.")
@engine_option
def events(
    target: str,
    watch: bool,
    types: str,
    namespace: str,
    everywhere: bool,
    no_headers: bool,
    output: str | None,
    engine: str,
) -> None:
    """Show what has happened to pods, the latest last."""
    from pausedemo.core.kubectl.encoding import make_list, render_json, render_yaml
    from pausedemo.core.kubectl.events import TITLES, render_event_cells
    from pausedemo.core.kubectl.tables import Table
    from pausedemo.kubelet.watching import watch_changes

    asked = _Asked(None if everywhere else namespace, target, types)
    titles = ["NAMESPACE", *TITLES] if everywhere else list(TITLES)
    table = Table(titles, headers=not no_headers)

    def show(found: list[KubeObject]) -> None:
        if output is not None:
            whole = make_list(found)
            click.echo(render_json(whole) if output == "json" else render_yaml([whole]), nl=False)
            return
        now = cluster.clock.now()
        rows = [render_event_cells(event, now, namespaces=everywhere) for event in found]
        click.echo(table.render(rows), nl=False)

    with open_cluster(engine) as cluster:
        if not watch:
            found = asked.look(cluster)
            if found:
                show(found)
            else:
                where = "" if everywhere else f" in {namespace} namespace"
                click.echo(f"No events found{where}.", err=True)
            return
        seen: dict[str, Any] = {}
        with watch_changes(cluster.engine) as changes:
            while True:
                fresh = [one for one in asked.look(cluster) if seen.get(_key(one)) != one]
                seen |= {_key(one): one for one in fresh}
                if fresh:
                    show(fresh)
                changes.wait()


class _Asked:
    """Which events are asked for."""

    def __init__(self, namespace: str | None, target: str, types: str) -> None:
        from pausedemo.core.kubectl.kinds import parse_target

        if target and "/" not in target:
            raise Refused("error: --for must be in resource/name form")
        self._namespace = namespace
        self._target = parse_target(target) if target else None
        self._types = {word.lower() for word in types.split(",") if word}
        if not self._types <= {"normal", "warning"}:
            raise Refused("error: valid --types are Normal or Warning")

    def look(self, cluster: Cluster) -> list[KubeObject]:
        """Those that there are now, the latest last."""
        from pausedemo.core.kubectl.events import involved, sort_by_time

        return [
            event
            for event in sort_by_time(cluster.reader.list("Event", self._namespace))
            if self._target in (None, involved(event))
            and (not self._types or str(event.get("type", "")).lower() in self._types)
        ]


def _key(event: KubeObject) -> str:
    return f"{event['metadata'].get('namespace')}/{event['metadata']['name']}"
