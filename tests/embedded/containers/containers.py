"""Containers as data, for tests that start none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.making import merge_config
from pausedemo.embedded.containers.options import RestartPolicy, compute_argv, parse_security
from pausedemo.embedded.containers.views import complete_host_config
from pausedemo.embedded.images.image import Image, Layer

CREATED_NS = 1_767_323_045_000_000_006  # 2026-01-02T03:04:05.000000006Z


def make_container(
    folder: Path,
    name: str = "web",
    *,
    id: str = "",  # noqa: A002 - as the container calls it
    host: dict[str, Any] | None = None,
    **config: Any,
) -> Container:
    """A container that was never started. ``config``: keys of a create request."""
    image = Image("sha256:" + "e" * 64, {}, (Layer("sha256:" + "f" * 64, folder / "layer", 1000),))
    body = {"Image": "busybox", "Cmd": ["sleep", "1 h"], **config}
    merged = merge_config(body, {})
    merged["Hostname"] = merged["Hostname"] or "host1"
    return Container(
        id=id or (name.encode().hex() + "0" * 64)[:64],
        name=name,
        created_ns=CREATED_NS,
        image=image,
        image_name="busybox",
        config=merged,
        host=complete_host_config(host or {}),
        networking={},
        argv=compute_argv(merged["Entrypoint"], merged["Cmd"]),
        security=parse_security(host or {}),
        restart_policy=RestartPolicy(),
        limits=[],
        folder=folder,
        log=None,
    )
