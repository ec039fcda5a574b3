"""The pause image, from pause.c and a C compiler."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError, TimedOut
from pausedemo.host import Tool, require
from pausedemo.images.archive import ImageConfig
from pausedemo.images.recipes.base import Built, Recipe
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop
from pausedemo.resources import pause_dir

COMPILE_TIMEOUT_S: Final = 60
_ASK_TIMEOUT_S: Final = 10
_NAME_AND_VERSION: Final = re.compile(r'NAME_AND_VERSION "pause\.c pausedemo-(\S+)\\n"')

# By number: the image has no passwd file to look a name up in.
_CONFIG: Final = ImageConfig(command=(), entrypoint=("/pause",), user="65535:65535")


def make_recipe() -> Recipe:
    """The recipe, for the pause.c that travels with pausedemo."""
    folder = pause_dir()
    return Recipe(
        name="pause",
        version=_read_version(folder / "pause.c"),
        inputs=(Path(__file__), *sorted(path for path in folder.iterdir() if path.is_file())),
        release="",
        steps=1,
        build=_build,
    )


def _build(workshop: Workshop) -> Built:
    workshop.advance("compiling pause.c")
    program = workshop.folder / "pause"
    compile_pause(pause_dir() / "pause.c", program)
    said = workshop.run((str(program), "-v"), timeout_s=_ASK_TIMEOUT_S)
    rootfs = Rootfs(empty=True)
    rootfs.add_file("pause", program, mode=0o755)
    return Built(rootfs, _CONFIG, said.strip().rpartition("-")[2])


def _read_version(source: Path) -> str:
    found = _NAME_AND_VERSION.search(source.read_text(encoding="utf-8"))
    if found is None:
        raise PausedemoError(f"cannot read the version that {source} prints")
    return found[1]


def compile_pause(source: Path, output: Path, compiler: str = "cc") -> None:
    """Compile ``pause.c`` to a static executable, as ``pause/Dockerfile`` does.

    ``source`` is the C file; its flags (``cflags``) and its layout (``pause.ld``) stand beside
    it. ``compiler`` is gcc or clang, for this machine or, as ``aarch64-linux-gnu-gcc``, another.

    Raises HostLacks without the compiler, TimedOut after 60 s, and PausedemoError with the
    compiler's own words when it refuses.
    """
    require(Tool(compiler, _debian_package(compiler)))
    # The flags name pause.ld relative to the folder, so that they are the same everywhere.
    command = [compiler, "@cflags", "-o", str(output.absolute()), source.name]
    try:
        done = subprocess.run(
            command,
            cwd=source.parent,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=COMPILE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"cannot compile {source}: {compiler} did not end in time") from error
    except OSError as error:
        raise PausedemoError(f"cannot compile {source} with {compiler}: {error}") from error
    if done.returncode != 0:
        words = done.stdout.strip() or "it said nothing"
        raise PausedemoError(
            f"cannot compile {source}: {compiler} ended with {done.returncode}:\n{words}"
        )


def _debian_package(compiler: str) -> str:
    """The package that brings a compiler; a cross compiler's is named after its target."""
    program = Path(compiler).name
    target = program.removesuffix("-gcc")
    return "gcc" if target == program or not target else f"gcc-{target}"
