"""File systems that a test mounts on this machine."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def mounted(folder: Path, propagation: str = "shared") -> Iterator[Path]:
    """A file system in memory at a folder; a shared one tells others of what is mounted in it."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    try:
        subprocess.run(["mount", f"--make-{propagation}", folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "-R", folder], check=True)
