"""Images built once: an archive per recipe and fingerprint, whoever asks first builds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError, TimedOut
from pausedemo.host import cache_dir
from pausedemo.images.archive import write_archive
from pausedemo.images.progress import Progress, Silence
from pausedemo.images.recipes.base import Recipe
from pausedemo.images.workshop import Workshop

RECIPE_LABEL: Final = "pausedemo.dev/recipe"
FINGERPRINT_LABEL: Final = "pausedemo.dev/fingerprint"
VERSION_LABEL: Final = "pausedemo.dev/version"
LOCK_TIMEOUT_S: Final = 1200
_LOCK_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class ImageCache:
    """Archives of built images in one folder, shared by all processes of this machine's user.

    An archive is there whole or not at all. ``stop`` gives up a build that is under way.
    """

    folder: Path = field(default_factory=lambda: cache_dir() / "images")
    progress: Progress = field(default_factory=Silence)
    stop: threading.Event = field(default_factory=threading.Event)

    def path_of(self, recipe: Recipe) -> Path:
        return self.folder / f"{recipe.name}-{recipe.tag}.tar"

    def provide(self, recipe: Recipe) -> Path:
        """The recipe's archive, built now when it is not there.

        Two who need the same one at once: the second waits for the first. Raises whatever the
        recipe raises, TimedOut when another process builds for longer than 20 minutes, and
        PausedemoError when the folder cannot be used.
        """
        archive = self.path_of(recipe)
        if archive.exists():
            return archive
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock(recipe):
                if not archive.exists():
                    self._build(recipe, archive)
        except OSError as error:
            raise PausedemoError(f"cannot build {recipe.name} in {self.folder}: {error}") from error
        return archive

    def _build(self, recipe: Recipe, archive: Path) -> None:
        # We hold the lock: a work folder that is here was left behind by a process that was killed.
        for left in self.folder.glob(f"work-{recipe.name}-*"):
            shutil.rmtree(left)
        self.progress.start(recipe.name, recipe.steps + 1)
        try:
            with tempfile.TemporaryDirectory(
                prefix=f"work-{recipe.name}-", dir=self.folder
            ) as name:
                workdir = Path(name)
                workshop = Workshop(workdir, self._tell(recipe.name), self.stop)
                built = recipe.build(workshop)
                workshop.check()
                self.progress.advance(recipe.name, "writing the archive")
                labels = {
                    RECIPE_LABEL: recipe.name,
                    FINGERPRINT_LABEL: recipe.fingerprint,
                    VERSION_LABEL: built.version,
                }
                config = replace(built.config, labels={**built.config.labels, **labels})
                # In the work folder until it is whole: a rename within one file system.
                whole = workdir / "image.tar"
                with whole.open("wb") as output:
                    write_archive(output, built.rootfs, config, recipe.reference, workdir)
                whole.replace(archive)
        finally:
            self.progress.done(recipe.name)

    def _tell(self, subject: str) -> _Teller:
        return _Teller(self.progress, subject)

    @contextlib.contextmanager
    def _lock(self, recipe: Recipe) -> Iterator[None]:
        # Polled, not waited for: a thread that waits in flock(2) hears nothing of an interrupt.
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        workshop = Workshop(self.folder, self._tell(recipe.name), self.stop)
        lock = os.open(
            self.folder / f"{recipe.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    workshop.check()
                    if time.monotonic() > deadline:
                        raise TimedOut(f"another process still builds {recipe.name}") from None
                    time.sleep(_LOCK_POLL_S)
            yield
        finally:
            os.close(lock)


@dataclass(frozen=True, slots=True)
class _Teller:
    progress: Progress
    subject: str

    def __call__(self, doing: str) -> None:
        self.progress.advance(self.subject, doing)
