"""docs/mutants.md: which lie breaks what, and who notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from mutation.findings import Findings, How
from mutation.mutant import TRUTH, Fate, Mutation
from mutation.table import GROUPS
from pausedemo.engine.port import EngineInfo
from pausedemo.scenario.kinds import JudgedStep
from pausedemo.scenario.parse import Scenario

_MOST_NAMED: Final = 4

_ABOUT: Final = """\
# Can the scenarios fail?

A proxy stands before a real engine and lies: it drops a mode, kills a sibling, tells another exit
code. Each lie is a *mutation* (`mutation/lies/`). The suite is to be trusted when every mutation
that breaks something a pod needs is caught, when the oddities that a pod does not suffer from are
tolerated, and when every scenario caught at least one mutation.

This page is made by `nox -s mutants`."""


def render_document(
    found: Findings, scenarios: Sequence[Scenario], engine: EngineInfo, made: datetime
) -> str:
    """The whole page, in Markdown."""
    parts = [_ABOUT, _render_totals(found, engine, made), *_render_groups(found)]
    parts += [_render_scenarios(found), _render_steps(found, scenarios)]
    if problems := found.problems():
        parts.append("## Problems\n\n" + "\n".join(f"- {problem}" for problem in problems))
    return "\n\n".join(parts) + "\n"


def _render_totals(found: Findings, engine: EngineInfo, made: datetime) -> str:
    breaking = [m for m in found.mutations if m.fate is Fate.CAUGHT]
    caught = [m for m in breaking if found.catchers(m)]
    judged = [m for m in caught if found.catchers(m)[0].how is How.FAILED]
    odd = [m for m in found.mutations if m.fate is Fate.TOLERATED]
    tolerated = [m for m in odd if not found.catchers(m)]
    catching = [name for name in found.scenarios if found.caught_by(name)]
    rows = [
        ("made", f"{made:%Y-%m-%d}, {engine.name} {engine.version}, {engine.runtime}"),
        ("mutations that break something", str(len(breaking))),
        ("caught", f"{len(caught)}, {len(judged)} of them at an expectation"),
        ("oddities", str(len(odd))),
        ("tolerated", str(len(tolerated))),
        ("scenarios", str(len(found.scenarios))),
        ("that caught a mutation", str(len(catching))),
    ]
    return _render_table(("", ""), rows)


def _render_groups(found: Findings) -> Iterator[str]:
    for title, group in GROUPS.items():
        shown = [m for m in group if m in found.mutations]
        if shown:
            tolerated = shown[0].fate is Fate.TOLERATED
            heads = ("mutation", "the engine", "why it does no harm" if tolerated else "breaks")
            rows = [(f"`{m.name}`", m.does, m.breaks, _say_who(m, found)) for m in shown]
            yield f"## {title}\n\n" + _render_table((*heads, "caught by"), rows)


def _say_who(mutation: Mutation, found: Findings) -> str:
    catchers = found.catchers(mutation)
    if not catchers:
        return "tolerated" if mutation.fate is Fate.TOLERATED else "**nobody**"
    names = [
        finding.scenario if finding.how is How.FAILED else f"{finding.scenario} (an error)"
        for finding in catchers
    ]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _render_scenarios(found: Findings) -> str:
    rows = []
    for name in found.scenarios:
        truth = next(f for f in found.findings if (f.mutation, f.scenario) == (TRUTH.name, name))
        caught = sorted(set(found.caught_by(name)))
        shown = ", ".join(f"`{one}`" for one in caught) or f"**none** ({truth.how})"
        rows.append((name, str(len(caught)), shown))
    return "## What each scenario caught\n\n" + _render_table(("scenario", "", "mutations"), rows)


def _render_steps(found: Findings, scenarios: Sequence[Scenario]) -> str:
    """Which expectations nothing made fail: the next mutations to think of, or nothing to see."""
    total = 0
    unmoved: list[tuple[str, str]] = []
    for scenario in scenarios:
        missed = {
            index
            for finding in found.findings
            if finding.scenario == scenario.name and finding.caught
            for index in finding.missed
        }
        for index, step in enumerate(scenario.file.steps):
            if isinstance(step, JudgedStep) and step.expectation is not None:
                total += 1
                if index not in missed:
                    unmoved.append((scenario.name, step.title))
    head = (
        f"## Steps\n\n{total - len(unmoved)} of {total} steps with an expectation went wrong "
        "under some mutation."
    )
    if not unmoved:
        return head
    return f"{head} The others:\n\n" + _render_table(("scenario", "step"), unmoved)


def _render_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[cell.replace("|", r"\|") for cell in line] for line in (heads, *rows)]
    lines.insert(1, ["---"] * len(heads))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
