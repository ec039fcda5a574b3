"""Events as ``kubectl events`` and ``kubectl describe`` tell them.

Source: k8s.io/kubectl/pkg/cmd/events and pkg/describe, DescribeEvents.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pausedemo.core.kubectl.objects import KubeObject, namespace_of, render_since, text
from pausedemo.core.kubectl.tabwriter import align

#: The columns of ``kubectl events``.
TITLES: Final = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def involved(event: KubeObject) -> tuple[str, str]:
    """Kind and name of the object that the event is about."""
    return text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")


def sort_by_time(events: Iterable[KubeObject]) -> list[KubeObject]:
    """Oldest first, by when each was last seen."""
    return sorted(events, key=lambda event: text(event, "lastTimestamp"))


def render_interval(event: KubeObject, now: datetime) -> str:
    """When it was seen: ``25s``, or ``5s (x4 over 25s)`` when more than once."""
    first = render_since(text(event, "firstTimestamp"), now)
    count = int(event.get("count") or 1)
    if count < 2:
        return first
    return f"{render_since(text(event, 'lastTimestamp'), now)} (x{count} over {first})"


def render_source(event: KubeObject) -> str:
    """Who tells it: ``kubelet, node``."""
    parts = (text(event, "source", "component"), text(event, "source", "host"))
    return ", ".join(part for part in parts if part)


def render_event_cells(event: KubeObject, now: datetime, *, namespaces: bool) -> list[str]:
    """A row of ``kubectl events``."""
    kind, name = involved(event)
    return [
        *([namespace_of(event)] if namespaces else []),
        render_interval(event, now),
        text(event, "type"),
        text(event, "reason"),
        f"{kind}/{name}",
        text(event, "message").strip(),
    ]


def describe_events(events: Iterable[KubeObject], now: datetime) -> str:
    """The last part of a description, aligned on its own."""
    found = sort_by_time(events)
    if not found:
        return ""
    lines = ["Events:", "  Type\tReason\tAge\tFrom\tMessage", "  ----\t------\t----\t----\t-------"]
    for event in found:
        cells = (
            text(event, "type"),
            text(event, "reason"),
            render_interval(event, now),
            text(event, "source", "component"),
            text(event, "message").strip().replace("\n", "\n  "),
        )
        lines.append("  " + "\t".join(cells))
    return align("\n".join(lines)) + "\n"
