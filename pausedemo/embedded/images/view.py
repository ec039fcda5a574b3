"""The images and names of a store at one moment, and how one is found among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pausedemo.embedded.errors import BadParameter, NotFound
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.reference import is_digest, is_hex_id, parse_reference


@dataclass(frozen=True, slots=True)
class View:
    """Never changed, only replaced: who reads needs no lock and waits for nobody.

    ``images`` by id; ``names``: whole references to ids.
    """

    images: Mapping[str, Image] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def with_image(self, image: Image) -> View:
        return View({**self.images, image.id: image}, self.names)

    def without_image(self, image_id: str) -> View:
        images = {key: image for key, image in self.images.items() if key != image_id}
        return View(images, self.names)

    def with_names(self, names: Mapping[str, str]) -> View:
        """With other names, which the images then have, too."""
        by_image: dict[str, list[str]] = {}
        for name, image_id in names.items():
            by_image.setdefault(image_id, []).append(name)
        images = {}
        for key, image in self.images.items():
            found = tuple(sorted(parse_reference(name) for name in by_image.get(key, ())))
            images[key] = image if image.names == found else replace(image, names=found)
        return View(images, names)

    def find(self, reference: str) -> Image:
        """As ``ImageStore.get``, which see."""
        if is_hex_id(reference) or is_digest(reference):
            wanted = reference if reference.startswith("sha256:") else f"sha256:{reference}"
            if wanted in self.images:
                return self.images[wanted]
            raise NotFound(f"No such image: {wanted}")
        try:
            name = parse_reference(reference)
        except BadParameter:
            found = self._search(reference)
            if found is None:
                raise
            return found
        image_id = self.names.get(str(name.stored()))
        found = self.images[image_id] if image_id else self._search(reference)
        if found is None:
            raise NotFound(f"No such image: {name.with_default_tag().familiar}")
        return found

    def _search(self, text: str) -> Image | None:
        prefix = text.removeprefix("sha256:")
        if not prefix or set(prefix) - set("0123456789abcdef"):
            return None
        found = list(self._begin_with(f"sha256:{prefix}"))
        return found[0] if len(found) == 1 else None

    def _begin_with(self, prefix: str) -> Iterator[Image]:
        return (image for key, image in self.images.items() if key.startswith(prefix))
