"""Which containers a list shows: the filters of GET /containers/json."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.health import HealthStatus
from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import Filters, match_labels

FILTERS: Final = [
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
]


def select(
    containers: Iterable[Container],
    filters: Filters,
    *,
    every: bool,
    find: Callable[[str], Container | None],
) -> list[Container]:
    """Those that pass the filters of GET /containers/json. Raises BadParameter."""
    chosen = []
    bounds = {}
    for key in ("before", "since"):
        for reference in filters.get(key, ()):
            other = find(reference)
            if other is None:
                raise BadParameter(f"No such container: {reference}")
            bounds[key] = other.created_ns
    for status in filters.get("status", ()):
        if status not in set(Status):
            raise BadParameter(f"Invalid filter 'status={status}'")
    for health in filters.get("health", ()):
        if health not in ("none", *HealthStatus):
            raise BadParameter(f"Unrecognised filter value for health: {health}")
    for one in containers:
        if not every and not one.state.is_running:
            continue
        if "before" in bounds and one.created_ns >= bounds["before"]:
            continue
        if "since" in bounds and one.created_ns <= bounds["since"]:
            continue
        if all(_passes(one, key, values) for key, values in filters.items()):
            chosen.append(one)
    return chosen


def _passes(one: Container, key: str, values: tuple[str, ...]) -> bool:
    match key:
        case "label":
            return match_labels(one.config["Labels"], values)
        case "id":
            return any(one.id.startswith(value) for value in values)
        case "name":
            return any(value.removeprefix("/") in one.name for value in values)
        case "status":
            return str(one.state.status) in values
        case "exited":
            has_ended = one.state.status is Status.EXITED
            return has_ended and str(one.state.exit_code) in values
        case "ancestor":
            known = {one.image_name, one.image.id, one.image.id.removeprefix("sha256:")}
            known |= {name.rpartition(":")[0] for name in known} | {one.image.id[7:19]}
            return any(value in known for value in values)
        case "network":
            names = set(one.sandbox.endpoints) if one.sandbox else {one.network_mode}
            ids = {e.network_id for e in one.sandbox.endpoints.values()} if one.sandbox else set()
            return any(value in names or value in ids for value in values)
        case "volume":
            held = {p.volume for p in one.placed} | {p.point.destination for p in one.placed}
            return any(value in held for value in values)
        case "publish" | "expose":
            ports = set(one.published if key == "publish" else one.config["ExposedPorts"])
            ports |= {port.partition("/")[0] for port in ports}
            return any(value in ports for value in values)
        case "health":
            health = one.state.health
            return (str(health.status) if health is not None else "none") in values
        case _:
            return True
