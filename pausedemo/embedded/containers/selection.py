"""Which containers a list shows: the filters of GET /containers/json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Final

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.health import HealthStatus
from pausedemo.embedded.containers.numbers import parse_code, parse_ports
from pausedemo.embedded.containers.views import list_ports
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
                raise BadParameter(f"no such container {reference}")
            bounds[key] = other.created_ns
    for status in filters.get("status", ()):
        if status not in set(Status):
            raise BadParameter(f"Invalid filter 'status={status}'")
    for health in filters.get("health", ()):
        if health not in ("none", *HealthStatus):
            raise BadParameter(f"Unrecognised filter value for health: {health}")
    codes = {parse_code(text) for text in filters.get("exited", ())}
    ports = {
        key: frozenset[str]().union(*(parse_ports(key, text) for text in filters.get(key, ())))
        for key in ("publish", "expose")
    }
    if _wants_tasks(filters):
        return []  # of swarm, which is not here
    for one in containers:
        if not every and not one.state.is_running:
            continue
        if "before" in bounds and one.created_ns >= bounds["before"]:
            continue
        if "since" in bounds and one.created_ns <= bounds["since"]:
            continue
        if codes and not (one.state.status is Status.EXITED and one.state.exit_code in codes):
            continue
        if any(ports.values()) and not _has_port(one, ports["publish"], ports["expose"]):
            continue
        if all(_passes(one, key, values) for key, values in filters.items()):
            chosen.append(one)
    return chosen


def _wants_tasks(filters: Filters) -> bool:
    values = filters.get("is-task", ())
    if values and not {"true", "false"} & set(values):
        raise BadParameter(f"Invalid filter 'is-task=[{' '.join(values)}]'")
    return "true" in values


def _has_port(one: Container, published: Set[str], exposed: Set[str]) -> bool:
    """Whether one of its ports is among them: either kind will do, as for dockerd."""
    return any(
        f"{port.get('PublicPort', 0)}/{port['Type']}" in published
        or f"{port['PrivatePort']}/{port['Type']}" in exposed
        for port in list_ports(one)
    )


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
        case "health":
            health = one.state.health
            return (str(health.status) if health is not None else "none") in values
        case _:
            return True
