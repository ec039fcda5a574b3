"""``pausedemo get``: objects as tables, JSON or YAML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    all_namespaces_option,
    namespace_option,
    no_headers_option,
    nothing_found,
    open_cluster,
    read_selector,
    selector_option,
)
from pausedemo.cli.complete_objects import complete_targets
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused, UsageError

if TYPE_CHECKING:
    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.core.kubectl.rows import Layout
    from pausedemo.core.kubectl.selector import Matcher
    from pausedemo.core.kubectl.tables import Table

#: A row at this time has no ages: what differs in it has changed.
_NO_AGE: Final = datetime.fromtimestamp(0, UTC)


@click.command()
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="KIND [NAME...] | KIND/NAME...",
    shell_complete=complete_targets,
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["wide", "json", "yaml", "name"]),
    help="More columns, or whole objects.",
)
@click.option("-w", "--watch", is_flag=True, help="Go on, and print each object that changes.")
@namespace_option
@all_namespaces_option
@selector_option
@no_headers_option
@click.option("--show-labels", is_flag=True, help="A column of labels.")
@engine_option
def get(
    words: tuple[str, ...],
    output: str | None,
    watch: bool,
    namespace: str,
    everywhere: bool,
    selector: str,
    no_headers: bool,
    show_labels: bool,
    engine: str,
) -> int:
    """Show objects: pods (pod, po), configmaps (cm), secrets, events (ev), or all.

    Exits with 1 when one that was named is not there.
    """
    from pausedemo.core.kubectl.kinds import parse_targets
    from pausedemo.core.kubectl.rows import Layout

    targets = parse_targets(words, selecting=bool(selector))
    kinds = list(dict.fromkeys(kind for kind, _ in targets))
    if watch and len(kinds) > 1:
        raise UsageError("--watch is only supported on one kind of objects at a time")
    layout = Layout(
        wide=output == "wide",
        namespaces=everywhere,
        labels=show_labels,
        with_kind=len(kinds) > 1 or "all" in words[0].lower().split(","),
    )
    asked = _Asked(targets, None if everywhere else namespace, read_selector(selector))
    shown = _Shown(output, layout, headers=not no_headers)
    with open_cluster(engine) as cluster:
        if watch:
            _watch(cluster, asked, shown, kinds[0])
        found, refused = asked.look(cluster)
        shown.show(found, single=len(targets) == 1 and targets[0][1] is not None)
    if not found and not refused and output not in ("json", "yaml", "name"):
        click.echo(nothing_found(asked.namespace), err=True)
    for error in refused:
        click.echo(str(error), err=True)
    return 1 if refused else 0


class _Asked:
    """Which objects are asked for."""

    def __init__(
        self,
        targets: Sequence[tuple[str, str | None]],
        namespace: str | None,
        matches: Matcher,
    ) -> None:
        self._targets = targets
        self._matches = matches
        self.namespace = namespace

    def look(self, cluster: Cluster) -> tuple[list[KubeObject], list[Refused]]:
        """What there is of it now, and why the rest is not."""
        found: list[KubeObject] = []
        refused: list[Refused] = []
        for kind, name in self._targets:
            try:
                found += cluster.find(kind, name, self.namespace, self._matches)
            except Refused as error:
                refused.append(error)
        return found, refused


class _Shown:
    """How objects are shown."""

    def __init__(self, output: str | None, layout: Layout, *, headers: bool) -> None:
        self.output = output
        self.layout = layout
        self._headers = headers
        self._tables: dict[str, Table] = {}

    def show(self, found: Sequence[KubeObject], *, single: bool) -> None:
        """Print objects: tables, or one text. ``single``: one was asked for by its name."""
        from pausedemo.core.kubectl.encoding import make_list, render_json, render_yaml
        from pausedemo.core.kubectl.objects import name_of

        if self.output == "name":
            for one in found:
                click.echo(f"{one['kind'].lower()}/{name_of(one)}")
        elif self.output in ("json", "yaml"):
            if single and not found:
                return
            whole = found[0] if single else make_list(found)
            text = render_json(whole) if self.output == "json" else render_yaml([whole])
            click.echo(text, nl=False)
        else:
            self._show_tables(found)

    def _show_tables(self, found: Sequence[KubeObject]) -> None:
        from pausedemo.core.kubectl.events import sort_by_time
        from pausedemo.core.kubectl.tables import Table

        now = datetime.now(UTC)
        kinds = list(dict.fromkeys(one["kind"] for one in found))
        for number, kind in enumerate(kinds):
            ones = [one for one in found if one["kind"] == kind]
            ones = sort_by_time(ones) if kind == "Event" else ones
            table = self._tables.setdefault(
                kind, Table(self.layout.titles(kind), headers=self._headers)
            )
            if number:
                click.echo()
            rows = [self.layout.cells(kind, one, now) for one in ones]
            click.echo(table.render(rows), nl=False)


def _watch(cluster: Cluster, asked: _Asked, shown: _Shown, kind: str) -> None:
    """Print what changes until somebody ends it."""
    from pausedemo.core.kubectl.podrow import is_dissolving
    from pausedemo.kubelet.watching import watch_changes

    known: dict[str, tuple[object, KubeObject]] = {}
    with watch_changes(cluster.engine) as watch:
        first = True
        while True:
            found, refused = asked.look(cluster)
            if first and refused:
                raise refused[0]
            first = False
            now_there = {one["metadata"]["uid"]: one for one in found}
            gone = [known.pop(uid)[1] for uid in list(known) if uid not in now_there]
            changed = [
                one
                for uid, one in now_there.items()
                if uid not in known
                or (
                    known[uid][0] != _mark(shown, kind, one)
                    and not is_dissolving(known[uid][1], one)
                )
            ]
            known |= {one["metadata"]["uid"]: (_mark(shown, kind, one), one) for one in changed}
            if shown.output in ("json", "yaml"):
                for one in changed:
                    shown.show([one], single=True)
            else:
                shown.show([*gone, *changed], single=False)
            watch.wait()


def _mark(shown: _Shown, kind: str, one: KubeObject) -> object:
    """What of an object is looked at for changes: all of it, or its row but for ages."""
    if shown.output in ("json", "yaml"):
        return one
    return shown.layout.cells(kind, one, _NO_AGE)
