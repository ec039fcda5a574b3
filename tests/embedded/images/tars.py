"""Tars made in memory, good and evil."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from typing import Any


def entry(name: str, data: bytes | None = None, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """One entry: a file where it has ``data``, else what ``fields`` say."""
    made = tarfile.TarInfo(name)
    made.mode = 0o644
    for key, value in fields.items():
        setattr(made, key, value)
    made.size = len(data or b"") if "size" not in fields else fields["size"]
    return made, data or b""


def folder(name: str, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.DIRTYPE, **{"mode": 0o755, **fields})


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def make_tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for one, data in entries:
            tar.addfile(one, io.BytesIO(data))
    return out.getvalue()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def make_config(*layers: bytes, **fields: Any) -> bytes:
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-05-06T07:08:09Z",
            "config": {"Cmd": ["/pause"], "Labels": {"a": "b"}},
            "history": [{"created": "2024-05-06T07:08:09Z", "created_by": "COPY pause"}],
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
            **fields,
        }
    ).encode()


def make_docker_archive(
    config: bytes, layers: Sequence[bytes], tags: Sequence[str], **manifest: Any
) -> bytes:
    """As dockerd 20.10 saves it."""
    name = f"{digest(config)[7:]}.json"
    paths = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
    row = {"Config": name, "RepoTags": list(tags), "Layers": paths, **manifest}
    files = [entry(path, layer) for path, layer in zip(paths, layers, strict=True)]
    return make_tar(*files, entry(name, config), entry("manifest.json", json.dumps([row]).encode()))


def make_oci_archive(config: bytes, layers: Sequence[bytes], name: str) -> bytes:
    """As BuildKit exports it: gzipped or plain layers by digest, no manifest.json."""
    blobs = {digest(blob): blob for blob in (config, *layers)}

    def describe(blob: bytes) -> dict[str, Any]:
        return {"mediaType": "x/y", "digest": digest(blob), "size": len(blob)}

    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": describe(config),
            "layers": [describe(layer) for layer in layers],
        }
    ).encode()
    blobs[digest(manifest)] = manifest
    index = {
        "schemaVersion": 2,
        "manifests": [{**describe(manifest), "annotations": {"io.containerd.image.name": name}}],
    }
    return make_tar(
        *(entry(f"blobs/sha256/{key[7:]}", blob) for key, blob in blobs.items()),
        entry("index.json", json.dumps(index).encode()),
        entry("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
    )
