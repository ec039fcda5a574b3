"""A matrix as Markdown: for an issue, or for a page of documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from pausedemo.core.verdicts.matrix import Departure, Matrix, Row
from pausedemo.report.markdown import escape_inline, fence, render_table
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
from pausedemo.report.text import make_visible


def render_markdown(matrix: Matrix, made_on: date) -> str:
    """Engines, the table, and for each departure the facts side by side."""
    header = ["engine", "name", "version", "API", "runtime", "scenarios"]
    engines = [
        [
            *map(
                escape_inline,
                (
                    column.label,
                    column.engine.name,
                    column.engine.version,
                    column.engine.api_version,
                    column.engine.runtime,
                ),
            ),
            describe_totals(matrix, index),
        ]
        for index, column in enumerate(matrix.columns)
    ]
    labels = [escape_inline(column.label) for column in matrix.columns]
    rows = [
        [
            f"**{escape_inline(row.name)}** {escape_inline(row.title)}",
            *map(format_cell, row.statuses),
        ]
        for row in matrix.rows
    ]
    parts = [
        "# Engines, side by side",
        f"{describe_matrix(matrix)}. Made by `pausedemo compare` on {made_on.isoformat()}.",
        render_table(header, engines),
        render_table(["scenario", *labels], rows),
        LEGEND,
    ]
    alike = [row for _, row in matrix.select_rows(alike=True)]
    for heading, shown in ((DIFFERENT, _list_different(matrix)), (ALIKE, alike)):
        parts += [f"## {heading}"] if shown else []
        for row in shown:
            parts += _render_row(row, labels)
    if matrix.stale:
        parts.append("## Listed differences that did not show")
        parts.append(
            "\n".join(
                f"- {escape_inline(label)}: {escape_inline(scenario)}, {escape_inline(step)}: "
                f"listed for {escape_inline(engine)}"
                for label, scenario, step, engine in matrix.stale
            )
        )
    return "\n\n".join(parts) + "\n"


def _list_different(matrix: Matrix) -> list[Row]:
    """Where engines differ in what they show, or in whether the scenario means anything there."""
    different = dict(matrix.select_rows(alike=False))
    return [
        different.get(index) or replace(row, departures=())
        for index, row in enumerate(matrix.rows)
        if index in different or any(row.reasons)
    ]


def _render_row(row: Row, labels: list[str]) -> Iterator[str]:
    yield f"### {escape_inline(row.name)}"
    yield f"{escape_inline(row.title)}."
    for label, reason in zip(labels, row.reasons, strict=True):
        if reason:
            yield f"{label}: {escape_inline(reason)}."
    for departure in row.departures:
        yield from _render_departure(departure, labels)


def _render_departure(departure: Departure, labels: list[str]) -> Iterator[str]:
    yield f"{escape_inline(departure.step)}:"
    if departure.command:
        yield fence(f"$ {make_visible(departure.command)}", "console")
    where = departure.where or "the step"
    rows = [["a pod needs", escape_inline(where), escape_inline(describe_expected(departure)), ""]]
    for label, seen in zip(labels, departure.seen, strict=True):
        told = escape_inline(describe_seen(seen, departure))
        cell = format_cell(seen.status if seen else None)
        rows.append([label, cell, told, escape_inline(seen.why) if seen else ""])
    yield render_table(["", "", "seen", "why"], rows)
