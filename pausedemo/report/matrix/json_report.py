"""A matrix as JSON, for programs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from pausedemo.core.verdicts.matrix import Departure, Matrix, Row, Seen
from pausedemo.core.verdicts.results import Json
from pausedemo.report.json_report import make_plain

SCHEMA: Final = 1


def render_json(matrix: Matrix, when: datetime) -> str:
    """The whole matrix as one JSON object with a line feed at its end, ASCII only.

    A scenario's ``statuses``, and a departure's ``seen``, have one entry for each of ``engines``.
    """
    report: dict[str, Json] = {
        "schema": SCHEMA,
        "date": when.isoformat(timespec="seconds"),
        "engines": [
            {
                "label": column.label,
                "name": column.engine.name,
                "version": column.engine.version,
                "api_version": column.engine.api_version,
                "runtime": column.engine.runtime,
                "totals": {status.value: n for status, n in matrix.count(index).items()},
            }
            for index, column in enumerate(matrix.columns)
        ],
        "scenarios": [_describe_row(row) for row in matrix.rows],
        "stale": [
            {"engine": label, "scenario": scenario, "step": step, "listed_for": listed}
            for label, scenario, step, listed in matrix.stale
        ],
    }
    return json.dumps(make_plain(report), indent=2, allow_nan=False) + "\n"


def _describe_row(row: Row) -> Json:
    return {
        "name": row.name,
        "title": row.title,
        "tags": list(row.tags),
        "statuses": [status.value if status else None for status in row.statuses],
        "not_applicable": list(row.reasons),
        "departures": [_describe_departure(departure) for departure in row.departures],
    }


def _describe_departure(departure: Departure) -> Json:
    return {
        "step": departure.step,
        "command": departure.command,
        "where": departure.where,
        "expected": departure.expected,
        "seen": [_describe_seen(seen) for seen in departure.seen],
    }


def _describe_seen(seen: Seen | None) -> Json:
    if seen is None:
        return None
    return {
        "status": seen.status.value,
        "as_expected": seen.as_expected,
        "value": seen.value,
        "why": seen.why,
    }
