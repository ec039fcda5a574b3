"""What is wrong between fields of a Pod's document, whether or not the rest of it is right."""

from __future__ import annotations

from collections.abc import Iterator

from pausedemo.core.files.complaints import Path, describe
from pausedemo.core.files.yamltext import Data


def check_doubles(data: Data) -> Iterator[tuple[Path, str]]:
    """No two containers of a pod have one name."""
    seen: set[str] = set()
    for key in ("initContainers", "containers"):
        containers = _pick(data, "spec", key)
        for index, container in enumerate(containers if isinstance(containers, list) else ()):
            name = _pick(container, "name")
            if not isinstance(name, str):
                continue
            if name in seen:
                yield (
                    ("spec", key, index, "name"),
                    f"a container named {describe(name)} is there already",
                )
            seen.add(name)


def check_pid(data: Data) -> Iterator[tuple[Path, str]]:
    """A pod shares its own PID namespace or the machine's."""
    if _pick(data, "spec", "hostPID") is _pick(data, "spec", "shareProcessNamespace") is True:
        yield (
            ("spec", "shareProcessNamespace"),
            "shareProcessNamespace and hostPID cannot both be true",
        )


def _pick(data: Data, *path: str) -> Data:
    """The value at a path; None where the path leads nowhere."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data
