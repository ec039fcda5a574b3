"""Images by the docker SDK."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import BinaryIO

from pausedemo.engine import wire
from pausedemo.engine.docker.asking import Asking, raise_for_line
from pausedemo.engine.port import ImageInfo
from pausedemo.errors import EngineError, NotFound, TimedOut


class ImageCalls(Asking):
    """The port's ``Images``."""

    def find_image(self, reference: str) -> ImageInfo | None:
        try:
            raw = self._ask(f"inspect image {reference}", self._client.inspect_image, reference)
        except NotFound:
            return None
        config = raw.get("Config") or {}
        return ImageInfo(
            id=raw["Id"],
            references=tuple(raw.get("RepoTags") or ()),
            labels=config.get("Labels") or {},
            user=config.get("User") or "",
            size_bytes=raw.get("Size") or 0,
        )

    def list_images(self, labels: Mapping[str, str | None]) -> tuple[ImageInfo, ...]:
        rows = self._ask(
            "list images", self._client.images, filters=wire.render_label_filter(labels)
        )
        return tuple(
            ImageInfo(
                id=row["Id"],
                references=tuple(row.get("RepoTags") or ()),
                labels=row.get("Labels") or {},
                size_bytes=row.get("Size") or 0,
            )
            for row in rows
        )

    def pull_image(self, reference: str, timeout_s: float) -> ImageInfo:
        action = f"pull image {reference}"
        repository, tag = wire.split_reference(reference)
        self._ask(action, self._read_pull, action, repository, tag, time.monotonic() + timeout_s)
        found = self.find_image(reference)
        if found is None:
            raise EngineError(action, 500, "the engine reported success but has no such image")
        return found

    def load_image(self, archive: BinaryIO) -> None:
        self._ask("load an image", self._read_load, archive)

    def tag_image(self, image: str, reference: str) -> None:
        repository, tag = wire.split_reference(reference)
        self._ask(f"tag image {image}", self._client.tag, image, repository, tag)

    def remove_image(self, reference: str) -> None:
        with contextlib.suppress(NotFound):
            self._ask(f"remove image {reference}", self._client.remove_image, reference)

    def _read_load(self, archive: BinaryIO) -> None:
        for line in self._client.load_image(archive):  # type: ignore[no-untyped-call]
            raise_for_line("load an image", line)

    def _read_pull(self, action: str, repository: str, tag: str, deadline: float) -> None:
        for line in self._client.pull(repository, tag=tag, stream=True, decode=True):
            raise_for_line(action, line)
            if time.monotonic() > deadline:
                raise TimedOut(f"cannot {action}: it had not ended at its deadline")
