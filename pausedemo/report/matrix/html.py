"""A matrix as a page."""

from __future__ import annotations

from datetime import datetime

from pausedemo.core.verdicts.matrix import Matrix
from pausedemo.report.html.page import render_page
from pausedemo.report.matrix.words import (
    ALIKE,
    CELL_WORDS,
    DIFFERENT,
    LEGEND,
    describe_expected,
    describe_matrix,
    describe_seen,
    describe_totals,
)


def render_html(matrix: Matrix, when: datetime) -> str:
    """The matrix as one HTML document, which needs no other file and no network."""
    different = matrix.select_rows(alike=False)
    return render_page(
        "matrix.html",
        when,
        styles=("page.css", "run.css", "matrix.css"),
        matrix=matrix,
        title=describe_matrix(matrix),
        totals=[describe_totals(matrix, index) for index in range(len(matrix.columns))],
        cell_words=CELL_WORDS,
        legend=LEGEND,
        parts=[
            (DIFFERENT, different),
            (ALIKE, matrix.select_rows(alike=True)),
        ],
        different={index for index, _ in different},
        describe_expected=describe_expected,
        describe_seen=describe_seen,
    )
