"""An engine's images in memory, and a recipe that counts: for decisions only, not for engines."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from pausedemo.engine.port import ImageInfo
from pausedemo.errors import NotFound, PausedemoError
from pausedemo.images.archive import ImageConfig
from pausedemo.images.recipes.base import Built, Recipe
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop


class ImagesInMemory:
    """``registry`` says what a pull of each reference leads to: True, or the error to raise."""

    def __init__(
        self,
        present: Iterable[str] = (),
        registry: Mapping[str, Exception | bool] | None = None,
        default: Callable[[str], Exception] | None = None,
    ) -> None:
        self.present = {reference: info(reference) for reference in present}
        self.registry = registry or {}
        self.default = default or (lambda reference: NotFound("pull", 404, f"no {reference}"))
        self.pulled: list[str] = []
        self.loaded: list[str] = []

    def find_image(self, reference: str) -> ImageInfo | None:
        return self.present.get(reference)

    def list_images(self, labels: Mapping[str, str | None]) -> tuple[ImageInfo, ...]:
        return tuple(
            image for image in self.present.values() if all(name in image.labels for name in labels)
        )

    def pull_image(self, reference: str, timeout_s: float) -> ImageInfo:
        assert timeout_s > 0
        self.pulled.append(reference)
        outcome = self.registry.get(reference, False)
        if isinstance(outcome, Exception):
            raise outcome
        if not outcome:
            raise self.default(reference)
        return self.present.setdefault(reference, info(reference))

    def load_image(self, archive: BinaryIO) -> None:
        with tarfile.open(fileobj=archive) as tar:
            manifest = tar.extractfile("manifest.json")
            assert manifest is not None
            (reference,) = json.load(manifest)[0]["RepoTags"]
        self.loaded.append(reference)
        self.present[reference] = info(reference)

    def tag_image(self, image: str, reference: str) -> None:
        self.present[reference] = self.present[image]

    def remove_image(self, reference: str) -> None:
        self.present.pop(reference, None)


def info(reference: str) -> ImageInfo:
    return ImageInfo(f"sha256:{reference}", (reference,), {})


def make_counting_recipe(
    built: list[str], *, name: str = "tiny", version: str = "1", failure: Exception | None = None
) -> Recipe:
    """A recipe of one file that notes in ``built`` that it ran, or fails."""

    def build(workshop: Workshop) -> Built:
        built.append(name)
        workshop.advance("building")
        (workshop.folder / "left-over").write_text("x")
        if failure is not None:
            raise failure
        rootfs = Rootfs(empty=True)
        rootfs.add_file("file", b"x")
        return Built(rootfs, ImageConfig(command=("x",)), "1.2.3")

    return Recipe(
        name=name, version=version, inputs=(Path(__file__),), release="", steps=1, build=build
    )


FAILS = PausedemoError("the compiler is missing")
