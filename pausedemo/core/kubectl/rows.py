"""The columns of ``kubectl get``, and each object's cells in them.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pausedemo.core.kubectl import podrow
from pausedemo.core.kubectl.events import involved, render_source
from pausedemo.core.kubectl.objects import (
    KubeObject,
    name_of,
    namespace_of,
    render_labels,
    render_since,
    table,
    text,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """A kind's titles and cells. The first ``narrow`` of them are for everybody, all for wide."""

    titles: tuple[str, ...]
    narrow: int
    cells: Callable[[KubeObject, datetime], list[str]]


def _pod_cells(pod: KubeObject, now: datetime) -> list[str]:
    return podrow.render_cells(podrow.compute_row(pod), now)


def _config_map_cells(one: KubeObject, now: datetime) -> list[str]:
    count = len(table(one, "data")) + len(table(one, "binaryData"))
    return [name_of(one), str(count), _age(one, now)]


def _secret_cells(one: KubeObject, now: datetime) -> list[str]:
    return [name_of(one), text(one, "type"), str(len(table(one, "data"))), _age(one, now)]


def _event_cells(event: KubeObject, now: datetime) -> list[str]:
    first = render_since(text(event, "firstTimestamp"), now)
    last = render_since(text(event, "lastTimestamp") or text(event, "firstTimestamp"), now)
    kind, name = involved(event)
    return [
        last,
        text(event, "type"),
        text(event, "reason"),
        f"{kind.lower()}/{name}",
        text(event, "message").strip(),
        text(event, "involvedObject", "fieldPath"),
        render_source(event),
        first,
        text(event, "count") or "1",
        name_of(event),
    ]


def _age(one: KubeObject, now: datetime) -> str:
    return render_since(text(one, "metadata", "creationTimestamp"), now)


COLUMNS: Final = {
    "Pod": Columns(podrow.TITLES, podrow.NARROW, _pod_cells),
    "ConfigMap": Columns(("NAME", "DATA", "AGE"), 3, _config_map_cells),
    "Secret": Columns(("NAME", "TYPE", "DATA", "AGE"), 4, _secret_cells),
    "Event": Columns(
        (
            *("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
            *("SUBOBJECT", "SOURCE", "FIRST SEEN", "COUNT", "NAME"),
        ),
        5,
        _event_cells,
    ),
}

#: Where the wide columns of events stand: before the message, and after it.
_EVENT_WIDE: Final = (0, 1, 2, 3, 5, 6, 4, 7, 8, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a table shows of each object. ``with_kind``: names as ``pod/web``."""

    wide: bool = False
    namespaces: bool = False
    labels: bool = False
    with_kind: bool = False

    def titles(self, kind: str) -> list[str]:
        """The head of a table of that kind."""
        titles = self._choose(kind, list(COLUMNS[kind].titles))
        before = ["NAMESPACE"] if self.namespaces else []
        return [*before, *titles, *(["LABELS"] if self.labels else [])]

    def cells(self, kind: str, one: KubeObject, now: datetime) -> list[str]:
        """One object's row."""
        cells = self._choose(kind, COLUMNS[kind].cells(one, now))
        if self.with_kind and kind != "Event":
            cells[0] = f"{kind.lower()}/{cells[0]}"
        before = [namespace_of(one)] if self.namespaces else []
        labels = [render_labels(table(one, "metadata", "labels"))] if self.labels else []
        return [*before, *cells, *labels]

    def _choose(self, kind: str, cells: list[str]) -> list[str]:
        if not self.wide:
            return cells[: COLUMNS[kind].narrow]
        return [cells[index] for index in _EVENT_WIDE] if kind == "Event" else cells
