"""How a matrix is told in words, the same in all its reports."""

from __future__ import annotations

from typing import Final

from pausedemo.core.verdicts.matrix import Departure, Matrix, Seen
from pausedemo.core.verdicts.results import Status
from pausedemo.report.comparison import format_value
from pausedemo.report.text import STATUS_SYMBOLS, count_of

#: A status as a cell of the table has it.
CELL_WORDS: Final = {
    Status.PASSED: "pass",
    Status.KNOWN_DIFFERENCE: "differs",
    Status.FAILED: "FAIL",
    Status.ERROR: "ERROR",
    Status.FLAKY: "FLAKY",
    Status.SKIPPED: "n/a",
}
#: Over the departures: those in which engines differ, and those that all of them show.
DIFFERENT: Final = "Where engines differ"
ALIKE: Final = "Not as a pod needs it, on all engines alike"
NOT_PLAYED: Final = "-"
LEGEND: Final = (
    "pass: as a pod needs it. differs: not so, as is known and listed with its reason. "
    "FAIL, ERROR, FLAKY: not so, and not known. n/a: means nothing on this engine."
)


def format_cell(status: Status | None) -> str:
    """``✓ pass``; colour is never the only sign."""
    return NOT_PLAYED if status is None else f"{STATUS_SYMBOLS[status]} {CELL_WORDS[status]}"


def describe_totals(matrix: Matrix, column: int) -> str:
    """``41 pass, 3 differs``."""
    counts = matrix.count(column)
    return ", ".join(f"{count} {CELL_WORDS[status]}" for status, count in counts.items())


def describe_matrix(matrix: Matrix) -> str:
    """``44 scenarios on 3 engines: 41 pass everywhere``."""
    same = sum(row.engines_agree for row in matrix.rows)
    rows, columns = len(matrix.rows), len(matrix.columns)
    return f"{count_of(rows, 'scenario')} on {count_of(columns, 'engine')}: {same} pass everywhere"


def describe_expected(departure: Departure) -> str:
    """What a pod needs at that place."""
    if departure.expected is None and departure.where in ("", "error"):
        return "it succeeds"
    return format_value(departure.expected)


def describe_seen(seen: Seen | None, departure: Departure) -> str:
    """What an engine showed at that place."""
    if seen is None:
        return "not done"
    if seen.as_expected and seen.value is None:
        return "as expected"
    if not seen.as_expected and departure.where == "error" and seen.value is None:
        return "it succeeds"
    return format_value(seen.value)
