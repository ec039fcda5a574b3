"""A failed expectation laid out for reading: expected beside actual, row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeGuard

from pausedemo.core.verdicts.results import Failure, Json
from pausedemo.report.text import excerpt_output, make_visible

_ROWS_PER_MARK_MAX: Final = 10


class Mark(StrEnum):
    """How one row of a comparison ended."""

    DIFFERS = "differs"
    MISSING = "missing"
    EXTRA = "extra"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Row:
    """``label`` is a key of a mapping, or the mark's word in a list; empty for a bare value.

    ``expected`` is empty on an EXTRA row, ``actual`` on a MISSING one.
    """

    mark: Mark
    label: str
    expected: str
    actual: str


def compare_values(expected: Json, actual: Json) -> tuple[Row, ...]:
    """What differs first, then what was found as expected.

    Two lists: rows without a partner are missing or extra. An expected mapping is met by an
    actual one that holds at least its keys, since scenarios name only the fields they care
    about. Two mappings: key by key. Anything else, and values that differ in what this does not
    look at, such as the order: one row.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        rows = [
            _compare_one(key, expected[key], actual[key])
            if key in actual
            else Row(Mark.MISSING, make_visible(key), format_value(expected[key]), "")
            for key in expected
        ]
    elif _is_list(expected) and _is_list(actual):
        rows = _compare_lists(expected, actual)
    else:
        rows = []
    if all(row.mark is Mark.FOUND for row in rows):
        rows = [Row(Mark.DIFFERS, "", *_format_pair(expected, actual))]
    order = tuple(Mark)
    return tuple(sorted(rows, key=lambda row: order.index(row.mark)))


def limit_rows(rows: Sequence[Row]) -> tuple[tuple[Row, ...], str]:
    """At most ten rows of each mark, and a note on the others (empty when there are none)."""
    kept: list[Row] = []
    notes: list[str] = []
    for mark in Mark:
        same = [row for row in rows if row.mark is mark]
        kept += same[:_ROWS_PER_MARK_MAX]
        if more := len(same) - _ROWS_PER_MARK_MAX:
            notes += [f"{more} more {mark.value}"] if more > 0 else []
    return tuple(kept), f"... {', '.join(notes)} ..." if notes else ""


def is_message(failure: Failure) -> bool:
    """Whether it only says what went wrong: nothing was expected of any place."""
    return not failure.where and failure.expected is None


def render_failure(failure: Failure) -> str:
    """The failure as plain lines, without a line feed at the end."""
    if is_message(failure):
        return format_value(failure.actual)
    lines = [f"{make_visible(failure.where)}:"] if failure.where else []
    rows, note = limit_rows(compare_values(failure.expected, failure.actual))
    for row in rows:
        if row.mark is Mark.DIFFERS:
            margin = "    " if row.label else "  "
            lines += [f"  {row.label}:"] if row.label else []
            lines += _indent(f"{margin}expected: ", row.expected)
            lines += _indent(f"{margin}actual:   ", row.actual)
        else:
            name = f"{row.mark.value} {row.label}" if row.label != row.mark else row.label
            lines += _indent(f"  {name}: ", row.actual or row.expected)
    return "\n".join([*lines, f"  {note}"] if note else lines)


def format_value(value: Json) -> str:
    """A value as a person would write it: ``port=80 state=LISTEN`` for a row, bare strings.

    Long text is cut with a note, as outputs are.
    """
    match value:
        case str():
            shown = excerpt_output(value, head=6, tail=2)
            lines = [*shown.head, *([shown.note] if shown.note else []), *shown.tail]
            return "\n".join(lines) if lines else json.dumps(make_visible(value))
        case Mapping():
            pairs = [f"{make_visible(key)}={_format_inner(value[key])}" for key in value]
            return " ".join(pairs) or "(nothing)"
        case Sequence():
            return ", ".join(_format_inner(item) for item in value) or "(nothing)"
        case None:
            return "(nothing)"
        case _:
            return json.dumps(value)


def _format_inner(value: Json) -> str:
    if isinstance(value, str):
        text = format_value(value)
        return json.dumps(text, ensure_ascii=False) if "\n" in text or "=" in text else text
    if isinstance(value, Mapping):
        return f"{{{format_value(value)}}}"
    return f"[{format_value(value)}]" if _is_list(value) else format_value(value)


def _format_pair(expected: Json, actual: Json) -> tuple[str, str]:
    pair = format_value(expected), format_value(actual)
    # "80" the text and 80 the number look alike; then show them as JSON does.
    if pair[0] == pair[1] and isinstance(expected, str | int) and isinstance(actual, str | int):
        return json.dumps(expected), json.dumps(actual)
    return pair


def _compare_one(label: str, expected: Json, actual: Json) -> Row:
    mark = Mark.FOUND if _meets(expected, actual) else Mark.DIFFERS
    return Row(mark, make_visible(label), *_format_pair(expected, actual))


def _compare_lists(expected: Sequence[Json], actual: Sequence[Json]) -> list[Row]:
    left = list(actual)
    rows: list[Row] = []
    # Who asks for most chooses first, or a row that asks for little could take its partner.
    for wanted in sorted(expected, key=_count_keys, reverse=True):
        index = next((i for i, there in enumerate(left) if _meets(wanted, there)), None)
        if index is None:
            rows.append(Row(Mark.MISSING, Mark.MISSING.value, format_value(wanted), ""))
        else:
            there = format_value(left.pop(index))
            rows.append(Row(Mark.FOUND, Mark.FOUND.value, format_value(wanted), there))
    rows += [Row(Mark.EXTRA, Mark.EXTRA.value, "", format_value(there)) for there in left]
    return rows


def _count_keys(value: Json) -> int:
    return len(value) if isinstance(value, Mapping) else 0


def _meets(expected: Json, actual: Json) -> bool:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return all(key in actual and _meets(expected[key], actual[key]) for key in expected)
    # True == 1 in Python, not in a scenario.
    return isinstance(expected, bool) == isinstance(actual, bool) and expected == actual


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _indent(head: str, text: str) -> list[str]:
    first, *others = text.split("\n")
    return [f"{head}{first}", *(" " * len(head) + line for line in others)]
