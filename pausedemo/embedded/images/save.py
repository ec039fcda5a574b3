"""``docker save``: one archive that is a docker archive and an OCI layout, as of Docker 25.

Blobs are plain tars, so that a layer's digest is its diff id; equal images give equal archives.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from typing import Any, BinaryIO

from pausedemo.embedded.images.events import Events, tell
from pausedemo.embedded.images.files import read_tar_size
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.oci import (
    NAME,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REF_NAME,
)
from pausedemo.embedded.images.reference import Reference, is_digest, is_hex_id, parse_reference
from pausedemo.embedded.images.store import ImageStore

_Wanted = dict[str, tuple[Image, list[Reference]]]


def save_images(store: ImageStore, events: Events, names: Sequence[str], target: BinaryIO) -> None:
    """Write the images of ``names`` to ``target``.

    A name with a tag brings that name along, one without all the tags of its repository, an id
    none. Raises NotFound before anything is written.
    """
    with store.lease() as lease:
        with store.lock:
            wanted = _choose(store, names)
            for image, _ in wanted.values():
                lease.layers.update(layer.diff_id for layer in image.layers)
        with tarfile.TarFile(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _Saving(store, tar).write(wanted)
        for image, _ in wanted.values():
            tell(events, "save", image)


def _choose(store: ImageStore, names: Sequence[str]) -> _Wanted:
    wanted: _Wanted = {}
    for text in names:
        image = None
        if not is_digest(text) and not is_hex_id(text):
            repository = parse_reference(text)
            if not repository.tag and not repository.digest:
                # All tags of it, as dockerd does; an id's beginning looks the same.
                for one in store.images():
                    for name in one.names:
                        if name.full_name == repository.full_name and not name.digest:
                            wanted.setdefault(one.id, (one, []))[1].append(name)
                            image = one
        if image is None:
            image = store.get(text)
            kept = wanted.setdefault(image.id, (image, []))[1]
            kept += [name for name in image.names if _is_meant(name, text)]
    return {key: (image, sorted(set(names))) for key, (image, names) in wanted.items()}


def _is_meant(name: Reference, text: str) -> bool:
    if is_digest(text) or is_hex_id(text) or name.digest:
        return False
    return parse_reference(text).stored() == name


class _Saving:
    def __init__(self, store: ImageStore, tar: tarfile.TarFile) -> None:
        self._store = store
        self._tar = tar
        self._written: set[str] = set()

    def write(self, wanted: _Wanted) -> None:
        for directory in ("blobs", "blobs/sha256"):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            self._tar.addfile(entry)
        rows, descriptors = [], []
        for image, names in wanted.values():
            row, manifest = self._write_image(image, names)
            rows.append(row)
            descriptors += _describe_names(manifest, names)
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors}
        self._add("index.json", _to_json(index))
        self._add("manifest.json", _to_json(rows))
        self._add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def _write_image(
        self, image: Image, names: list[Reference]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        layers = []
        for layer in image.layers:
            size = read_tar_size(layer)
            layers.append({"mediaType": OCI_LAYER, "digest": layer.diff_id, "size": size})
            if layer.diff_id not in self._written:
                self._written.add(layer.diff_id)
                entry = tarfile.TarInfo(_path(layer.diff_id))
                entry.size = size
                with gzip.open(layer.tar, "rb") as data:
                    self._tar.addfile(entry, data)
        config = self._add_blob(self._store.read_config(image), OCI_CONFIG)
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": config,
            "layers": layers,
        }
        row = {
            "Config": _path(image.id),
            "RepoTags": [name.familiar for name in names] or None,
            "Layers": [_path(layer.diff_id) for layer in image.layers],
        }
        return row, self._add_blob(_to_json(manifest), OCI_MANIFEST)

    def _add_blob(self, content: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if digest not in self._written:
            self._written.add(digest)
            self._add(_path(digest), content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _add(self, path: str, content: bytes) -> None:
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))


def _describe_names(manifest: dict[str, Any], names: list[Reference]) -> list[dict[str, Any]]:
    if not names:
        return [manifest]
    return [{**manifest, "annotations": {NAME: str(name), REF_NAME: name.tag}} for name in names]


def _path(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _to_json(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
