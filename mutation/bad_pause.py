"""Pause images that are broken on purpose: the real pause.c with one thing changed."""

from __future__ import annotations

import functools
import io
import shutil
import tempfile
from enum import Enum
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError
from pausedemo.images.archive import ImageConfig, write_archive
from pausedemo.images.recipes.pause import compile_pause
from pausedemo.images.rootfs import Rootfs
from pausedemo.resources import pause_dir

_CONFIG: Final = ImageConfig(command=(), entrypoint=("/pause",), user="65535:65535")
_TERM: Final = 'leave(STDERR, TEXT("Shutting down, got signal: Terminated\\n"), 0);'


class BadPause(Enum):
    """What is changed: a text of pause.c that occurs once, and what stands there instead."""

    KEEPS_ZOMBIES = ("        reap();\n", "")
    IGNORES_TERM = (_TERM, "continue;")
    FAILS_AT_TERM = (_TERM, _TERM.replace("0);", "1);"))

    @property
    def reference(self) -> str:
        """The image's name on an engine."""
        return f"pausedemo/bad-pause:{self.name.lower().replace('_', '-')}"

    @property
    def archive(self) -> bytes:
        """The image, as ``docker load`` takes it."""
        return _build(self)


@functools.cache
def _build(bad: BadPause) -> bytes:
    good, worse = bad.value
    with tempfile.TemporaryDirectory(prefix="pausedemo-pause-") as name:
        folder = Path(name)
        shutil.copytree(pause_dir(), folder / "src")
        source = folder / "src" / "pause.c"
        text = source.read_text(encoding="utf-8")
        if text.count(good) != 1:
            raise PausedemoError(f"cannot break pause.c: it does not hold {good!r} once")
        source.write_text(text.replace(good, worse), encoding="utf-8")
        compile_pause(source, folder / "pause")
        rootfs = Rootfs(empty=True)
        rootfs.add_file("pause", folder / "pause", mode=0o755)
        output = io.BytesIO()
        write_archive(output, rootfs, _CONFIG, bad.reference, folder)
        return output.getvalue()
