"""Image configurations (OCI image-spec config.md): read from strangers, and made for imports."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from typing import Any, Final

from pausedemo.embedded.images.image import now_rfc3339
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.reference import is_digest

# Go's names, which images use, for what the kernel calls a machine.
_ARCHITECTURES: Final = {
    "x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386",
    "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64",
}  # fmt: skip


def this_architecture() -> str:
    """This machine's architecture in Go's words: ``amd64``."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def _is_text(found: Any) -> bool:
    return isinstance(found, str)


def _is_list(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _is_texts(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(one, str) for one in found.values())


def _is_object(found: Any) -> bool:
    return isinstance(found, dict)


def _is_history(found: Any) -> bool:
    texts = ("created", "created_by", "comment", "author")
    return isinstance(found, list) and all(
        isinstance(entry, dict)
        and all(isinstance(entry.get(key, ""), str) for key in texts)
        and isinstance(entry.get("empty_layer", False), bool)
        for entry in found
    )


_Shapes = dict[str, Callable[[Any], bool]]
_SHAPES: Final[_Shapes] = {
    "architecture": _is_text, "os": _is_text, "variant": _is_text, "created": _is_text,
    "author": _is_text, "comment": _is_text, "container": _is_text, "docker_version": _is_text,
    "config": _is_object, "container_config": _is_object, "history": _is_history,
}  # fmt: skip
_RUN_SHAPES: Final[_Shapes] = {
    "Env": _is_list, "Cmd": _is_list, "Entrypoint": _is_list, "OnBuild": _is_list,
    "Shell": _is_list, "Labels": _is_texts, "ExposedPorts": _is_object, "Volumes": _is_object,
    "User": _is_text, "WorkingDir": _is_text, "StopSignal": _is_text, "Healthcheck": _is_object,
}  # fmt: skip


def parse_config(raw: bytes) -> dict[str, Any]:
    """An image configuration, in the shapes that the rest of the engine relies on.

    Raises BadArchive when it is none.
    """
    parsed = parse_object(raw, "image configuration")
    _check(parsed, _SHAPES)
    _check(parsed.get("config") or {}, _RUN_SHAPES)
    read_diff_ids(parsed)
    return parsed


def _check(found: dict[str, Any], shapes: _Shapes) -> None:
    for key, is_right in shapes.items():
        if found.get(key) is not None and not is_right(found[key]):
            raise BadArchive(f"image configuration has a wrong {key}")


def parse_object(raw: bytes, what: str) -> dict[str, Any]:
    """A JSON object. Raises BadArchive when ``raw``, called ``what``, is none."""
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadArchive(f"{what} cannot be read: {error}") from error
    if not isinstance(parsed, dict):
        raise BadArchive(f"{what} is not an object")
    return parsed


def read_diff_ids(config: dict[str, Any]) -> list[str]:
    """The diff ids of the image's layers, lowest first. Raises BadArchive."""
    rootfs = config.get("rootfs")
    found = (rootfs.get("diff_ids") or []) if isinstance(rootfs, dict) else None
    if not isinstance(found, list) or not all(isinstance(o, str) and is_digest(o) for o in found):
        raise BadArchive("invalid image JSON, no RootFS key")
    return found


def make_import_config(diff_id: str, run_config: dict[str, Any], message: str) -> dict[str, Any]:
    """The configuration of an image of one layer that ``docker import`` brought."""
    now = now_rfc3339()
    comment = message or "Imported from -"
    return {
        "architecture": this_architecture(),
        "comment": comment,
        "config": run_config,
        "created": now,
        "history": [{"created": now, "comment": comment}],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }
