"""One image as a ``docker save`` archive: what any engine can load, byte for byte the same.

The layer is not compressed. Compressing Ghost's with gzip's fastest level makes the file a
third as long but costs more seconds, at every build and again at every load, than the disk
space is worth in a cache that can be removed at any time.

Source: the Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pausedemo.images.rootfs import FIXED_TIME, FIXED_TIME_TEXT, Rootfs

# The kernel's names of machines in the words of the image specification (Go's GOARCH).
_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "i686": "386",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image says about its containers. ``exposed_ports`` as ``80/tcp``."""

    command: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""
    exposed_ports: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def write_archive(
    output: BinaryIO, rootfs: Rootfs, config: ImageConfig, reference: str, workdir: Path
) -> None:
    """Write the image of one layer that ``reference`` is to name. ``workdir`` holds the layer."""
    layer = workdir / "layer.tar"
    try:
        with layer.open("wb") as layer_file:
            diff_id = rootfs.write(layer_file)
        image = _render_json(_describe(config, diff_id))
        layer_name = f"{diff_id}/layer.tar"
        config_name = f"{hashlib.sha256(image).hexdigest()}.json"
        manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": [layer_name]}]
        with tarfile.open(fileobj=output, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            _add_bytes(archive, "manifest.json", _render_json(manifest))
            _add_bytes(archive, config_name, image)
            with layer.open("rb") as layer_file:
                member = _member(layer_name, layer.stat().st_size)
                archive.addfile(member, layer_file)
    finally:
        layer.unlink(missing_ok=True)


def _describe(config: ImageConfig, diff_id: str) -> dict[str, object]:
    machine = platform.machine()
    container: dict[str, object] = {
        "Env": [f"{name}={value}" for name, value in sorted(config.env.items())],
        "Entrypoint": list(config.entrypoint) or None,
        "Cmd": list(config.command) or None,
        "User": config.user,
        "WorkingDir": config.working_dir,
        "Labels": dict(config.labels),
    }
    if config.exposed_ports:
        container["ExposedPorts"] = {port: {} for port in config.exposed_ports}
    if config.stop_signal:
        container["StopSignal"] = config.stop_signal
    return {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "created": FIXED_TIME_TEXT,
        "config": container,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created": FIXED_TIME_TEXT, "created_by": "pausedemo"}],
    }


def _render_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mtime = FIXED_TIME
    member.mode = 0o644
    return member
