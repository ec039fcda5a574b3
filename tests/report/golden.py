"""Whole reports kept as files.

``PAUSEDEMO_WRITE_GOLDEN=1`` writes them anew; read what changed before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "data" / "report"


def assert_golden(name: str, text: str) -> None:
    """``text`` is what the file holds, byte by byte in UTF-8."""
    file = _FOLDER / name
    if os.environ.get("PAUSEDEMO_WRITE_GOLDEN") == "1":
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()
