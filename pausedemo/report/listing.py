"""Which scenarios there are: by their groups for a person, a line each for a pipe, or as JSON."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pausedemo.core.verdicts.results import Json
from pausedemo.report.console.paint import Painter
from pausedemo.report.text import count_of, join_lines
from pausedemo.scenario.files import group_of
from pausedemo.scenario.parse import Scenario

SCHEMA: Final = 1

_WIDTH_MAX: Final = 100
_INDENT: Final = 2
#: A longer name gets its title on the next line.
_NAME_WIDTH_MAX: Final = 28
_TITLE_WIDTH_MIN: Final = 30


def render_listing_json(scenarios: Sequence[Scenario]) -> str:
    """All that is known of the scenarios without playing them, as one JSON object."""
    described: list[Json] = [
        {
            "name": scenario.name,
            "title": scenario.file.title,
            "group": group_of(Path(scenario.source)),
            "tags": list(scenario.file.tags),
            "engines": list(scenario.file.engines),
            "links": list(scenario.file.source),
            "file": scenario.source,
            "steps": len(scenario.file.steps),
            "explain": scenario.file.explain,
        }
        for scenario in scenarios
    ]
    return json.dumps({"schema": SCHEMA, "scenarios": described}, indent=2) + "\n"


def render_listing_lines(scenarios: Sequence[Scenario]) -> str:
    """Name, title and tags of one scenario a line, tabs between them."""
    return "".join(
        f"{scenario.name}\t{join_lines(scenario.file.title)}\t{','.join(scenario.file.tags)}\n"
        for scenario in scenarios
    )


def print_listing(painter: Painter, scenarios: Sequence[Scenario]) -> None:
    """Every group under its name, each title beside the name, wrapped, its tags behind it."""
    width = min(painter.width, _WIDTH_MAX)
    longest = max((len(scenario.name) for scenario in scenarios), default=0)
    column = _INDENT + min(longest, _NAME_WIDTH_MAX) + 2
    if width - column < _TITLE_WIDTH_MIN:
        # Titles stand below the names, then.
        column = 2 * _INDENT
    by_group = itertools.groupby(scenarios, lambda one: group_of(Path(one.source)))
    for number, (group, members) in enumerate(by_group):
        if number:
            painter.print_line()
        if group:
            painter.print_line((join_lines(group), "bold cyan"))
        for scenario in members:
            _print_scenario(painter, scenario, column, width)
    painter.print_line()
    painter.print_line((count_of(len(scenarios), "scenario"), "dim"))


def _print_scenario(painter: Painter, scenario: Scenario, column: int, width: int) -> None:
    title = join_lines(scenario.file.title)
    tags = f"[{', '.join(scenario.file.tags)}]" if scenario.file.tags else ""
    # A tag is never torn apart, and the tags start a new line rather than be parted.
    held = tags.replace(" ", "\0")
    lines = textwrap.wrap(
        painter.encode(f"{title} {held}".strip()),
        max(width - column, _NAME_WIDTH_MAX),
        break_long_words=False,
        break_on_hyphens=False,
    )
    name = " " * _INDENT + scenario.name
    if len(name) + 2 > column:
        painter.print_line((name, "bold"))
        name = ""
    for line in lines:
        text, bracket, rest = line.replace("\0", " ").partition(tags) if tags else (line, "", "")
        painter.print_line((name.ljust(column), "bold"), (text, ""), (bracket + rest, "dim"))
        name = ""
