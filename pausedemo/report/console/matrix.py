"""A matrix on a terminal: the table, and the facts that differ."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pausedemo.core.verdicts.matrix import Departure, Matrix
from pausedemo.core.verdicts.results import Status
from pausedemo.report.console.paint import STATUS_STYLES, Painter
from pausedemo.report.matrix.words import (
    ALIKE,
    DIFFERENT,
    LEGEND,
    describe_expected,
    describe_matrix,
    describe_seen,
    describe_totals,
    format_cell,
)
from pausedemo.report.text import join_lines


def print_matrix(console: Console, matrix: Matrix) -> None:
    """Write it all: table, departures with the facts side by side, stale differences, totals."""
    painter = Painter(console)
    painter.print_rule("Scenarios by engine")
    console.print(_make_table(painter, matrix))
    painter.print_prose(LEGEND)
    for heading, alike in ((DIFFERENT, False), (ALIKE, True)):
        _print_departures(painter, matrix, heading, alike=alike)
    painter.print_line()
    for label, scenario, step, listed in matrix.stale:
        painter.print_line(
            ("Stale: ", "bold yellow"),
            (f"{scenario}, {step}: listed for {listed}, and {label} does not differ", ""),
        )
    for index, column in enumerate(matrix.columns):
        painter.print_line((f"{column.label}: ", "bold"), (describe_totals(matrix, index), ""))
    style = STATUS_STYLES[Status.PASSED if matrix.is_good else Status.FAILED]
    painter.print_line((describe_matrix(matrix), style))


def _print_departures(painter: Painter, matrix: Matrix, heading: str, *, alike: bool) -> None:
    rows = matrix.select_rows(alike=alike)
    if rows:
        painter.print_line()
        painter.print_rule(heading)
    for _, row in rows:
        painter.print_line()
        painter.print_line((row.name, "bold"), (f"  {row.title}", ""))
        for departure in row.departures:
            _print_departure(painter, matrix, departure)


def _make_table(painter: Painter, matrix: Matrix) -> Table:
    table = Table(box=None, pad_edge=False, header_style="" if painter.plain else "bold")
    table.add_column("scenario", no_wrap=True)
    for column in matrix.columns:
        table.add_column(_safe(painter, column.label))
    for row in matrix.rows:
        cells = [_make_cell(painter, status) for status in row.statuses]
        table.add_row(_safe(painter, row.name), *cells)
    return table


def _make_cell(painter: Painter, status: Status | None) -> Text:
    style = STATUS_STYLES[status] if status and not painter.plain else ""
    shown = format_cell(status)
    return Text(painter.encode(painter.symbol(shown[0]) + shown[1:]), style)


def _print_departure(painter: Painter, matrix: Matrix, departure: Departure) -> None:
    painter.print_line(("  ", ""), (departure.step, "bold"))
    if departure.command:
        painter.print_command(departure.command)
    where = f" ({departure.where})" if departure.where else ""
    painter.print_line((f"    a pod needs{where}: ", ""), (describe_expected(departure), "bold"))
    for column, seen in zip(matrix.columns, departure.seen, strict=True):
        style = STATUS_STYLES[seen.status] if seen else ""
        painter.print_line(
            (f"    {column.label}: ", ""), (join_lines(describe_seen(seen, departure)), style)
        )
        if seen and seen.why:
            painter.print_prose(seen.why, indent=6)


def _safe(painter: Painter, text: str) -> Text:
    return Text(painter.encode(join_lines(text)))
