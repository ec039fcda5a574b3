"""Elastic tab stops: text whose cells end with a tab, aligned column by column.

A column is a run of lines that have a cell there; what follows a line's last tab is in no column.
Source: https://pkg.go.dev/text/tabwriter, ``Writer.format``, which kubectl prints with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: kubectl's describe: ``tabwriter.Init(out, 0, 8, 2, ' ', 0)``.
DESCRIBE_PADDING: Final = 2


def align(text: str, *, padding: int = DESCRIBE_PADDING, least: int = 0) -> str:
    """Put spaces for the tabs of ``text``: columns ``least`` wide or more, ``padding`` apart."""
    lines = [line.split("\t") for line in text.split("\n")]
    aligned = [""] * len(lines)
    _format(lines, range(len(lines)), [], aligned, padding, least)
    return "\n".join(aligned)


def _format(
    lines: Sequence[Sequence[str]],
    span: range,
    widths: list[int],
    aligned: list[str],
    padding: int,
    least: int,
) -> None:
    """Align the lines of a span, whose columns so far have these widths."""
    column = len(widths)
    index = span.start
    while index < span.stop:
        first = index
        while index < span.stop and column < len(lines[index]) - 1:
            index += 1
        if index > first:
            cells = [lines[number][column] for number in range(first, index)]
            width = max(least, *(len(cell) + padding for cell in cells))
            _format(lines, range(first, index), [*widths, width], aligned, padding, least)
        else:
            cells = list(lines[index])
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
            aligned[index] = "".join(padded) + "".join(cells[column:])
            index += 1
