"""Reading Kubernetes objects: plain mappings, in which whatever is empty may be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from pausedemo.core.ages import render_age

#: One object, or a part of one, as the API gives it.
KubeObject: TypeAlias = Mapping[str, Any]


def pick(data: Any, *path: str) -> Any:
    """The value at a path; None where the path leads nowhere."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def entries(data: Any, *path: str) -> list[Any]:
    """The list at a path; empty where there is none."""
    found = pick(data, *path)
    return list(found) if isinstance(found, list | tuple) else []


def table(data: Any, *path: str) -> dict[str, Any]:
    """The mapping at a path; empty where there is none."""
    found = pick(data, *path)
    return dict(found) if isinstance(found, Mapping) else {}


def text(data: Any, *path: str) -> str:
    """The text at a path; empty where there is none."""
    found = pick(data, *path)
    return "" if found is None else str(found)


def name_of(data: KubeObject) -> str:
    """What the object is called."""
    return text(data, "metadata", "name")


def namespace_of(data: KubeObject) -> str:
    """Where it belongs."""
    return text(data, "metadata", "namespace")


def render_time(time: datetime) -> str:
    """A time as the API writes it: whole seconds, UTC, ``2026-01-31T12:00:00Z``."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(written: str) -> datetime | None:
    """Read what ``render_time`` wrote, with or without parts of a second; None for nothing."""
    return datetime.fromisoformat(written).astimezone(UTC) if written else None


def render_since(written: str, now: datetime) -> str:
    """How long ago a written time was, as kubectl tells it."""
    time = parse_time(written)
    return "<unknown>" if time is None else render_age((now - time).total_seconds())


def is_condition_true(pod: KubeObject, kind: str) -> bool:
    """Whether a pod's condition of that type is met."""
    return any(
        condition.get("type") == kind and condition.get("status") == "True"
        for condition in entries(pod, "status", "conditions")
    )


def is_sidecar(container: KubeObject) -> bool:
    """Whether an init container goes on running beside the others."""
    return container.get("restartPolicy") == "Always"


def render_labels(labels: Mapping[str, Any]) -> str:
    """``a=1,b=2`` by key, as kubectl's LABELS column has them; ``<none>`` for none."""
    return join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"


def join(parts: Iterable[str]) -> str:
    """Parts as kubectl lists them."""
    return ",".join(parts)
