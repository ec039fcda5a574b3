"""Tables as ``kubectl get`` prints them, row after row while it watches.

Source: k8s.io/cli-runtime/pkg/printers: GetNewTabWriter and TablePrinter. A cell ends at its first
line break, and what could act on a terminal is written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

#: GetNewTabWriter: minwidth and padding.
LEAST_WIDTH: Final = 6
PADDING: Final = 3

_BREAK: Final = re.compile("[\f\n\r]")
_ESCAPE: Final = "\x1b"


class Table:
    """Prints rows under the same columns; a column only ever gets wider."""

    def __init__(self, titles: Sequence[str], *, headers: bool = True) -> None:
        self._waiting = [tuple(titles)] if headers else []
        self._widths = [0] * len(titles)

    def render(self, rows: Iterable[Sequence[str]]) -> str:
        """The rows' lines, each with its line feed; before the first ones the titles."""
        cells = [*self._waiting, *([escape_cell(cell) for cell in row] for row in rows)]
        if len(cells) == len(self._waiting):
            return ""
        self._waiting = []
        for row in cells:
            for index, cell in enumerate(row[:-1]):
                width = max(LEAST_WIDTH, len(cell) + PADDING)
                self._widths[index] = max(self._widths[index], width)
        return "".join(self._line(row) for row in cells)

    def _line(self, row: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(row[:-1], self._widths, strict=False))
        return "".join(padded) + row[-1] + "\n"


def escape_cell(cell: str) -> str:
    """A cell in one line that a terminal shows as it is."""
    broken = _BREAK.search(cell)
    if broken:
        cell = cell[: broken.start()] + "..."
    return escape(cell)


def escape(text: str) -> str:
    """Text that a terminal does not take for a command. Source: printers.EscapeTerminal."""
    return text.replace(_ESCAPE, "^[").replace("\r", "\\r")
