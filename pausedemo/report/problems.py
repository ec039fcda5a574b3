"""What is wrong in files: for a person as compilers say it, for programs, for GitHub Actions."""

from __future__ import annotations

import json

from pausedemo.core.verdicts.results import Json
from pausedemo.errors import Problem
from pausedemo.report.github import render_command
from pausedemo.report.text import count_of, make_visible
from pausedemo.scenario.checking import Checked

SCHEMA = 1


def render_problems(checked: Checked, form: str) -> str:
    """All problems and a summary. ``form`` is ``text``, ``json`` or ``github``."""
    if form == "json":
        return _render_json(checked)
    render = _render_annotation if form == "github" else _render_text
    lines = [render(problem) for problem in checked.problems]
    return "".join(f"{line}\n" for line in [*lines, _summarise(checked)])


def _summarise(checked: Checked) -> str:
    files = count_of(len(checked.files), "scenario file")
    if not checked.problems:
        return f"{files} checked: no problem"
    wrong = len({problem.source for problem in checked.problems})
    return (
        f"{files} checked: {count_of(len(checked.problems), 'problem')} "
        f"in {count_of(wrong, 'file')}"
    )


def _render_text(problem: Problem) -> str:
    return make_visible(str(problem))


def _render_annotation(problem: Problem) -> str:
    properties = {"title": "pausedemo validate", "file": problem.source}
    if problem.line:
        properties |= {"line": str(problem.line), "col": str(problem.column)}
    return render_command("error", properties, problem.message)


def _render_json(checked: Checked) -> str:
    problems: list[Json] = [
        {
            "file": problem.source,
            "line": problem.line or None,
            "column": problem.column or None,
            "message": problem.message,
        }
        for problem in checked.problems
    ]
    report = {"schema": SCHEMA, "files": list(checked.files), "problems": problems}
    return json.dumps(report, indent=2) + "\n"
