"""How much room files take."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def measure_tree(top: Path) -> int:
    """Bytes of all files below ``top``, each counted once (moby ``pkg/directory``). Blocks."""
    seen: dict[tuple[int, int], int] = {}
    for directory, _, files in os.walk(top):
        for name in files:
            with suppress(OSError):
                found = Path(directory, name).lstat()
                seen[found.st_dev, found.st_ino] = found.st_size
    return sum(seen.values())
