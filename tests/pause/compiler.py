"""This machine's C compiler as an image: pause/Dockerfile can be built without a registry."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import docker
import pytest

PARTS: Final = ("cc1", "collect2", "as", "ld")
TIMEOUT_S: Final = 60
IMAGE_STEP: Final = re.compile(r" ---> (?P<id>[0-9a-f]{12})\n")


def pack_compiler(command: str) -> bytes:
    """A tar of gcc, its parts, the libraries they load, and the shell that RUN needs."""
    if not _ask(command, "-print-prog-name=cc1").startswith("/"):
        pytest.skip(f"{command} is not gcc: its parts are not known")
    programs = [_find(command), "/bin/sh"]
    programs += [_find(_ask(command, f"-print-prog-name={part}")) for part in PARTS]
    plugin = _find(_ask(command, "-print-file-name=liblto_plugin.so"))
    paths = {*programs, plugin}.union(*map(_libraries, programs))
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", dereference=True) as archive:
        for path in sorted(paths):
            archive.add(path)
        scratch = tarfile.TarInfo("tmp")
        scratch.type, scratch.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(scratch)
    return layer.getvalue()


def build_image(
    client: docker.APIClient, folder: Path, reference: str, arguments: dict[str, str]
) -> Iterator[str]:
    """Run ``docker build``; the id of every image that it goes through, the untagged ones too.

    AssertionError with the builder's words when it fails.
    """
    lines = client.build(
        path=str(folder),
        tag=reference,
        buildargs=arguments,
        network_mode="none",
        forcerm=True,
        nocache=True,  # else it goes through images of a run that was killed, which belong to that
        decode=True,
        timeout=TIMEOUT_S,
    )
    for line in lines:
        assert "error" not in line, line["error"]
        if step := IMAGE_STEP.fullmatch(line.get("stream", "")):
            yield step["id"]


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    return done.stdout.strip()


def _find(program: str) -> str:
    found = shutil.which(program) or program
    assert Path(found).is_file(), f"this machine has no {program}"
    return found


def _libraries(program: str) -> set[str]:
    """The absolute paths in ldd's output, the dynamic loader's own among them, ldd(1)."""
    words = _ask("ldd", program).split()
    return {word for word in words if word.startswith("/")}
