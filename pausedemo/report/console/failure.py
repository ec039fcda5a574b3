"""A failed expectation on the console: two columns where they fit, one below the other if not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from pausedemo.core.verdicts.results import Failure
from pausedemo.report.comparison import (
    Mark,
    Row,
    compare_values,
    format_value,
    is_message,
    limit_rows,
)
from pausedemo.report.console.paint import Painter

_INDENT: Final = "    "
_ROW_INDENT: Final = "      "
_ABSENT: Final = "(none)"
_EXPECTED_STYLE: Final = "green"
_ACTUAL_STYLE: Final = "red"
_MARK_STYLES: Final = {
    Mark.DIFFERS: "",
    Mark.MISSING: _ACTUAL_STYLE,
    Mark.EXTRA: "yellow",
    Mark.FOUND: "",
}


def print_failure(painter: Painter, failure: Failure) -> None:
    """What was expected beside what was there; or the message, when nothing was judged."""
    if is_message(failure):
        for line in painter.fold(format_value(failure.actual), painter.width - len(_INDENT)):
            painter.print_line((_INDENT, ""), (line, ""))
        return
    if failure.where:
        painter.print_line((_INDENT, ""), (f"{failure.where}:", "bold"))
    rows, note = limit_rows(compare_values(failure.expected, failure.actual))
    widths = _measure_columns(painter, rows)
    if len(_ROW_INDENT) + sum(widths) <= painter.width:
        _print_columns(painter, rows, widths)
    else:
        for row in rows:
            _print_stacked(painter, row)
    if note:
        painter.print_line((f"{_ROW_INDENT}{note}", "italic"))


def _measure_columns(painter: Painter, rows: Sequence[Row]) -> tuple[int, int, int]:
    """Widths of label, expected and actual, with the gaps between them."""
    label = max(painter.measure(row.label) for row in rows)
    expected = max(painter.measure(text) for text in ("expected", *(r.expected for r in rows)))
    actual = max(painter.measure(text) for text in ("actual", *(r.actual for r in rows)))
    return (label + 2 if label else 0), expected + 3, actual


def _print_columns(painter: Painter, rows: Sequence[Row], widths: tuple[int, int, int]) -> None:
    def pad(text: str, width: int) -> str:
        return text + " " * (width - painter.measure(text))

    head = pad("", widths[0]), pad("expected", widths[1])
    painter.print_line(
        (_ROW_INDENT, ""), (head[0], ""), (head[1], "underline"), ("actual", "underline")
    )
    for row in rows:
        differs = row.mark is not Mark.FOUND
        for label, expected, actual in zip_longest(
            [row.label],
            painter.fold(row.expected or _ABSENT, painter.width),
            painter.fold(row.actual or _ABSENT, painter.width),
            fillvalue="",
        ):
            painter.print_line(
                (_ROW_INDENT, ""),
                (pad(label, widths[0]), _MARK_STYLES[row.mark]),
                (pad(expected, widths[1]), _EXPECTED_STYLE if differs else ""),
                (actual, _ACTUAL_STYLE if differs else ""),
            )


def _print_stacked(painter: Painter, row: Row) -> None:
    if row.mark is Mark.DIFFERS:
        if row.label:
            painter.print_line((_ROW_INDENT, ""), (row.label, ""))
        _print_named(painter, "expected", row.expected, _EXPECTED_STYLE)
        _print_named(painter, "actual", row.actual, _ACTUAL_STYLE)
        return
    text = row.actual or row.expected
    if row.label != row.mark:
        text = f"{row.label}: {text}"
    _print_named(painter, row.mark.value, text, _MARK_STYLES[row.mark])


def _print_named(painter: Painter, name: str, text: str, style: str) -> None:
    head = f"{_ROW_INDENT}{name:<10}"
    for line in painter.fold(text, painter.width - len(head)):
        painter.print_line((head, style), (line, style))
        head = " " * len(head)
