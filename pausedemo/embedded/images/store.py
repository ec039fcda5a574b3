"""All images of one engine: layers once by diff id, configurations by digest, and names."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pausedemo.embedded.errors import NotFound
from pausedemo.embedded.images.configs import parse_config, read_diff_ids
from pausedemo.embedded.images.files import StoreFiles
from pausedemo.embedded.images.image import EPOCH, Image, Layer, now_rfc3339
from pausedemo.embedded.images.layers import Ways
from pausedemo.embedded.images.limits import BadArchive, Limits
from pausedemo.embedded.images.reference import Reference, join_reference
from pausedemo.embedded.images.treetar import write_tree
from pausedemo.embedded.images.unpacking import Source
from pausedemo.embedded.images.view import View


class Lease:
    """Keeps layers from being swept until an image has them. See ``ImageStore.lease``."""

    def __init__(self, layers: Iterable[str] = ()) -> None:
        self.layers = set(layers)


class Containers(Protocol):
    """What the store asks about containers before it removes an image."""

    def in_use(self, image_id: str) -> Sequence[str]:
        """Ids of the containers made from the image."""
        ...

    def is_running(self, container_id: str) -> bool: ...


class _NoContainers:
    def in_use(self, image_id: str) -> Sequence[str]:  # noqa: ARG002
        return ()

    def is_running(self, container_id: str) -> bool:  # noqa: ARG002
        return False


class ImageStore:
    """The images in ``root``, which is this store's alone. For use by any number of threads.

    Finding takes no lock and reads no file; all else may wait for a disk.
    Errors are ApiErrors in dockerd's words. ``containers`` is to be set by whoever knows some.
    """

    def __init__(
        self, root: Path, *, rootless: bool, single_id: bool, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.containers: Containers = _NoContainers()
        self.lock = threading.RLock()
        self._ways = Ways(rootless=rootless, single_id=single_id)
        self._files = StoreFiles(root, self._ways)
        self._layers = {layer.diff_id: layer for layer in self._files.read_layers()}
        self._view = View()
        self._leases: list[Lease] = []
        self._loose = Lease()
        self._pinned: dict[str, Lease] = {}
        self._read()

    def _read(self) -> None:
        images = {}
        for image_id, config, meta in self._files.read_images():
            layers = [self._layers.get(one) for one in read_diff_ids(config)]
            whole = tuple(layer for layer in layers if layer)
            if len(whole) != len(layers):
                self._files.drop_image(image_id)
                continue
            images[image_id] = Image(
                image_id, config, whole, (), meta.get("parent", ""), meta.get("tagged", EPOCH)
            )
        names = {name: one for name, one in self._files.read_names().items() if one in images}
        self._view = View(images).with_names(names)
        self.sweep()

    # Finding

    def get(self, reference: str) -> Image:
        """The image of a name, a digest, an id or the beginning of an id.

        Raises NotFound "No such image: x:latest", BadParameter for what is no reference.
        """
        return self._view.find(reference)

    def find_name(self, reference: Reference) -> str | None:
        """The id of the image with just this name."""
        return self._view.names.get(str(reference.stored()))

    def images(self) -> list[Image]:
        return list(self._view.images.values())

    def children(self, image_id: str) -> list[Image]:
        return [image for image in self.images() if image.parent == image_id]

    def layers_size(self) -> int:
        """Bytes of all layers' files."""
        with self.lock:
            return sum(layer.size for layer in self._layers.values())

    def has_layer(self, diff_id: str, lease: Lease) -> bool:
        """Whether the layer is here; if so, ``lease`` keeps it."""
        with self.lock:
            if diff_id in self._layers:
                lease.layers.add(diff_id)
            return diff_id in self._layers

    def read_config(self, image: Image) -> bytes:
        """The configuration's bytes, whose digest the image's id is."""
        return self._files.read_config(image.id)

    # Adding

    @contextlib.contextmanager
    def lease(self) -> Iterator[Lease]:
        """While it lasts its layers stay; at its end those that no image has are removed."""
        lease = Lease()
        with self.lock:
            self._leases.append(lease)
        try:
            yield lease
        finally:
            with self.lock:
                self._leases.remove(lease)
            self.sweep()

    def hold(self, image: Image) -> contextlib.AbstractContextManager[Lease]:
        """Keep the layers of ``image`` for as long as the returned context lasts."""
        return self._hold([layer.diff_id for layer in image.layers])

    @contextlib.contextmanager
    def _hold(self, layers: Iterable[str]) -> Iterator[Lease]:
        with self.lease() as lease:
            with self.lock:
                lease.layers.update(layers)
            yield lease

    def temporary(self) -> contextlib.AbstractContextManager[Path]:
        """A path for a large file or a directory in the store's file system, removed at the end."""
        return self._files.temporary()

    def add_layer(
        self,
        source: Source,
        *,
        expected: str = "",
        lease: Lease | None = None,
        whiteouts: bool = True,
    ) -> str:
        """Add the layer whose tar, compressed or not, ``source`` reads; its diff id.

        Without a ``lease`` it stays for an image that is yet to be made, until the next start.
        Raises BadArchive for a hostile one or when the diff id is not ``expected``.
        """
        with self._files.temporary() as path:
            made = self._files.unroll(source, path, self.limits, whiteouts=whiteouts)
            if expected and made.diff_id != expected:
                raise BadArchive(
                    f"layer is not what its image says: wanted {expected}, got {made.diff_id}"
                )
            with self.lock:
                layer = self._files.keep_layer(path, made)
                self._layers.setdefault(made.diff_id, layer)
                (lease or self._loose).layers.add(made.diff_id)
        return made.diff_id

    def add_layer_from_upper(self, upper: Path, *, lease: Lease | None = None) -> str | None:
        """Add what a container changed, from overlayfs's upper directory; the layer's diff id.

        None when it has changed nothing: as in dockerd, that is no layer.
        """
        if not any(upper.iterdir()):
            return None
        with self._files.temporary() as path:
            with path.open("wb") as file:
                write_tree(upper, file, self._ways)
            with path.open("rb") as file:
                return self.add_layer(file, lease=lease)

    def create_image(
        self, config: dict[str, Any] | bytes, *, parent: str = "", expected: str = ""
    ) -> str:
        """Add an image whose layers (``rootfs.diff_ids``) are here; its id. No name is given.

        ``config``: the OCI image configuration, or its very bytes, whose digest is the id.
        """
        raw = config if isinstance(config, bytes) else json.dumps(config).encode()
        image_id = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        if expected and image_id != expected:
            raise BadArchive(f"image is not what its name says: wanted {expected}, got {image_id}")
        parsed = parse_config(raw)
        with self.lock:
            if image_id in self._view.images:
                return image_id
            diff_ids = read_diff_ids(parsed)
            missing = [one for one in diff_ids if one not in self._layers]
            if missing:
                raise BadArchive(f"image has a layer that is not here: {missing[0]}")
            layers: tuple[Layer, ...] = tuple(self._layers[one] for one in diff_ids)
            self._files.keep_image(image_id, raw, {"parent": parent, "tagged": EPOCH})
            self._view = self._view.with_image(Image(image_id, parsed, layers, (), parent))
            self._loose.layers.difference_update(diff_ids)
        return image_id

    # Names

    def tag(self, image_id: str, repository: str, tag: str = "") -> Reference:
        """Give the image the name, taking it from the one that had it; the name."""
        return self.set_name(join_reference(repository, tag), image_id)

    def set_name(self, name: Reference, image_id: str) -> Reference:
        """As ``tag``, with a reference that has been read."""
        stored, tagged = name.stored(), now_rfc3339()
        with self.lock:
            image = self._view.images.get(image_id)
            if image is None:
                raise NotFound(f"No such image: {image_id}")
            self._files.keep_meta(image_id, {"parent": image.parent, "tagged": tagged})
            view = self._view.with_image(replace(image, tagged=tagged))
            self._keep_names(view, {**view.names, str(stored): image_id})
        return stored

    def remove_name(self, name: Reference) -> None:
        with self.lock:
            names = dict(self._view.names)
            if names.pop(str(name.stored()), None) is None:
                raise NotFound(f"No such image: {name.with_default_tag().familiar}")
            self._keep_names(self._view, names)

    def _keep_names(self, view: View, names: dict[str, str]) -> None:
        self._files.keep_names(names)
        self._view = view.with_names(names)

    # Removing. What may be removed is decided in removal.py.

    def drop(self, image: Image) -> list[str]:
        """Remove an image that has no names; the diff ids of the layers that went with it."""
        with self.lock:
            if self.containers.in_use(image.id):
                # Forced under a stopped container, which still stands on the layers.
                self._pinned[image.id] = Lease(layer.diff_id for layer in image.layers)
            self._view = self._view.without_image(image.id)
            self._files.drop_image(image.id)
            return self.sweep()

    def drop_unnamed(self, image_id: str) -> None:
        """Take back an image that was just made, unless it got a name or a use meanwhile."""
        with self.lock:
            image = self._view.images.get(image_id)
            if image and not image.names and not self.containers.in_use(image_id):
                self.drop(image)

    def sweep(self) -> list[str]:
        """Remove the layers that no image, lease or container needs; their diff ids, lowest first.

        Cheap where there are none. To be called when a container is removed.
        """
        with self.lock:
            for image_id in [one for one in self._pinned if not self.containers.in_use(one)]:
                del self._pinned[image_id]
            held = [*self._leases, self._loose, *self._pinned.values()]
            needed = {layer.diff_id for image in self.images() for layer in image.layers}
            needed.update(*(lease.layers for lease in held))
            unneeded = [one for one in self._layers if one not in needed]
            for diff_id in unneeded:
                del self._layers[diff_id]
                self._files.drop_layer(diff_id)
        return unneeded
