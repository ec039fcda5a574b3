"""The store's files. What is half done lies in ``tmp/`` and is swept at the next start.

::

    layers/HEX/fs  layers/HEX/layer.tar.gz  layers/HEX/layer.json     by diff id
    images/HEX/config.json  images/HEX/meta.json                      by the digest of config.json
    names.json                                                        reference -> image id
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.images.image import Layer
from pausedemo.embedded.images.layers import Unrolled, Ways, unroll_layer
from pausedemo.embedded.images.limits import Limits
from pausedemo.embedded.images.unpacking import Source

# Of gzip: a layer is compressed once and read at a save; the time is what counts.
_LEVEL: Final = 1


class StoreFiles:
    """Reads and writes the files, each whole or not at all. No locks, no decisions."""

    def __init__(self, root: Path, ways: Ways) -> None:
        self._root = root
        self._ways = ways
        self._layers = root / "layers"
        self._images = root / "images"
        self._names = root / "names.json"
        self._tmp = root / "tmp"
        for directory in (root, self._layers, self._images, self._tmp):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._tmp.iterdir():
            _remove(left)

    @contextlib.contextmanager
    def temporary(self) -> Iterator[Path]:
        """A path in the store's own file system that is gone afterwards."""
        path = self._tmp / uuid.uuid4().hex
        try:
            yield path
        finally:
            _remove(path)

    def unroll(
        self, source: Source, directory: Path, limits: Limits, *, whiteouts: bool = True
    ) -> Unrolled:
        """Write a layer into ``directory``, a temporary path."""
        directory.mkdir(mode=0o700)
        (directory / "fs").mkdir(mode=0o755)
        # Level and time are fixed, so that equal tars stay equal.
        with (
            (directory / "layer.tar.gz").open("wb") as raw,
            gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        ):
            copy: BinaryIO = packed  # type: ignore[assignment]
            made = unroll_layer(
                source, directory / "fs", self._ways, limits, copy=copy, whiteouts=whiteouts
            )
        facts = {"diff_id": made.diff_id, "size": made.size, "tar_size": made.tar_size}
        _write_json(directory / "layer.json", facts)
        return made

    def keep_layer(self, directory: Path, made: Unrolled) -> Layer:
        """Move a written layer to its place."""
        place = self._layers / _hex(made.diff_id)
        if not place.exists():
            directory.rename(place)
        return Layer(made.diff_id, place, made.size)

    def keep_image(self, image_id: str, config: bytes, meta: dict[str, Any]) -> None:
        with self.temporary() as path:
            path.mkdir(mode=0o700)
            _write(path / "config.json", config)
            _write_json(path / "meta.json", meta)
            place = self._images / _hex(image_id)
            if not place.exists():
                path.rename(place)

    def keep_meta(self, image_id: str, meta: dict[str, Any]) -> None:
        self._replace(self._images / _hex(image_id) / "meta.json", meta)

    def keep_names(self, names: dict[str, str]) -> None:
        self._replace(self._names, names)

    def read_names(self) -> dict[str, str]:
        if not self._names.exists():
            return {}
        found: dict[str, str] = json.loads(self._names.read_bytes())
        return found

    def read_layers(self) -> Iterator[Layer]:
        for place in sorted(self._layers.iterdir()):
            facts = json.loads((place / "layer.json").read_bytes())
            yield Layer(facts["diff_id"], place, facts["size"])

    def read_images(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Id, configuration and notes of each image."""
        for place in sorted(self._images.iterdir()):
            config = json.loads((place / "config.json").read_bytes())
            yield f"sha256:{place.name}", config, json.loads((place / "meta.json").read_bytes())

    def read_config(self, image_id: str) -> bytes:
        """The configuration's bytes, whose digest the id is."""
        return (self._images / _hex(image_id) / "config.json").read_bytes()

    def drop_layer(self, diff_id: str) -> None:
        self._drop(self._layers / _hex(diff_id))

    def drop_image(self, image_id: str) -> None:
        self._drop(self._images / _hex(image_id))

    def _drop(self, place: Path) -> None:
        # Out of sight at once; a removal cut short is finished by the sweep.
        with self.temporary() as path, contextlib.suppress(FileNotFoundError):
            place.rename(path)

    def _replace(self, place: Path, content: Any) -> None:
        with self.temporary() as path:
            _write_json(path, content)
            path.replace(place)


def read_tar_size(layer: Layer) -> int:
    """Bytes of the layer's plain tar."""
    size: int = json.loads((layer.directory / "layer.json").read_bytes())["tar_size"]
    return size


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _write_json(path: Path, content: Any) -> None:
    _write(path, json.dumps(content, indent=1, sort_keys=True).encode())


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ServerError(f"cannot remove {path}: {error}") from error
