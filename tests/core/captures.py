"""Reads the captures, and cuts them where a connection might."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def read_capture(folder: str, name: str) -> str:
    # Not read_text: it would hide the line endings of a terminal.
    return (DATA / folder / f"{name}.txt").read_bytes().decode()


def capture_names(folder: str) -> list[str]:
    return sorted(path.stem for path in (DATA / folder).glob("*.txt"))


def cuts(text: str) -> Iterator[str]:
    """The text cut after every byte, the whole left out."""
    data = text.encode()
    for length in range(len(data)):
        yield data[:length].decode(errors="replace")
