"""``pausedemo compare``: the same scenarios on several engines, side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pausedemo.cli.complete import complete_engines
from pausedemo.cli.options import (
    images_option,
    install_option,
    require_selection,
    selection_options,
)
from pausedemo.cli.planning import plan_options
from pausedemo.cli.reports import check_reports, remove_old, write_report
from pausedemo.errors import EXIT_FAILED, EXIT_PASSED, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pausedemo.scenario.parse import Scenario
    from pausedemo.scenario.schedule import Plan
    from pausedemo.scenario.selection import Selection
    from pausedemo.scenario.session import Outcome

_file = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@selection_options
@plan_options
@click.option(
    "--engine",
    "engines",
    multiple=True,
    required=True,
    metavar="[LABEL=]auto|docker|podman|embedded|URL[+RUNTIME]",
    shell_complete=complete_engines,
    help="An engine, with one of its OCI runtimes if need be, and what its column is called; "
    "repeat it for each.",
)
@images_option
@install_option
@click.option("--json", "json_file", type=_file, help="Write the comparison as JSON to this file.")
@click.option("--markdown", type=_file, help="Write it as Markdown, for an issue, to this file.")
@click.option("--html", type=_file, help="Write it as one HTML page to this file.")
def compare(
    selection: Selection,
    plan: Plan,
    engines: tuple[str, ...],
    policy: str,
    json_file: Path | None,
    markdown: Path | None,
    html: Path | None,
) -> int:
    """Run scenarios on several engines, and show where the engines differ.

    Exits with 0 when each scenario passed on each engine, or differs as is known; 1 when not;
    2 for a wrong option or scenario, 3 without one of the engines or an image, 130 when
    interrupted.
    """
    from pausedemo.clock import SystemClock
    from pausedemo.core.verdicts.matrix import compute_matrix
    from pausedemo.report.console.make import make_console
    from pausedemo.report.console.matrix import print_matrix
    from pausedemo.signals import signals_as_errors

    require_selection(selection, "compare")
    check_reports({"--json": json_file, "--markdown": markdown, "--html": html})
    wanted = [parse_wanted(text) for text in engines]
    labels = [one.label for one in wanted if one.label]
    if len(set(labels)) < len(labels):
        raise UsageError(f"two engines have the same label: {', '.join(labels)}")
    scenarios = selection.load()
    remove_old((json_file, markdown, html))
    console = make_console()
    when = SystemClock().now()
    with signals_as_errors():
        outcomes = _run_all(wanted, scenarios, policy, plan, console)
    matrix = compute_matrix([one.result for one in outcomes], [one.label for one in wanted])
    print_matrix(console, matrix)
    if json_file is not None:
        from pausedemo.report.matrix.json_report import render_json

        write_report(json_file, render_json(matrix, when))
    if markdown is not None:
        from pausedemo.report.matrix.markdown import render_markdown

        write_report(markdown, render_markdown(matrix, when.date()))
    if html is not None:
        from pausedemo.report.matrix.html import render_html

        write_report(html, render_html(matrix, when))
    for outcome in outcomes:
        if outcome.fatal is not None:
            raise outcome.fatal
    return EXIT_PASSED if matrix.is_good else EXIT_FAILED


@dataclass(frozen=True, slots=True)
class Wanted:
    """An engine as ``connect`` wants it, and what its column is called; None: its own name."""

    engine: str
    label: str | None = None
    runtime: str | None = None


def parse_wanted(text: str) -> Wanted:
    """Read ``[LABEL=]ENGINE[+RUNTIME]``; a ``=`` inside a URL is none of ours."""
    label, equals, rest = text.partition("=")
    if not equals or "://" in label:
        label, rest = "", text
    elif not label:
        rest = ""
    engine, plus, runtime = rest.rpartition("+")
    if not plus or "/" in runtime:
        engine, plus, runtime = rest, "", ""
    if not engine or (plus and not runtime):
        raise UsageError(
            f"--engine {text}: write it as [LABEL=]ENGINE[+RUNTIME], such as "
            "new=unix:///run/e.sock or docker+crun"
        )
    return Wanted(engine, label or None, runtime or None)


def _run_all(
    wanted: Sequence[Wanted],
    scenarios: Sequence[Scenario],
    policy: str,
    plan: Plan,
    console: Console,
) -> list[Outcome]:
    """One run on each engine, one engine after another; all must answer before the first.

    An engine that goes away ends its own run only.
    """
    from pausedemo.cli.image_supply import make_resolver
    from pausedemo.clock import SystemClock
    from pausedemo.engine.connect import connect
    from pausedemo.kubelet.cleanup import remove_left_behind
    from pausedemo.report.console import ConsoleReporter
    from pausedemo.scenario.session import run_scenarios

    outcomes: list[Outcome] = []
    with contextlib.ExitStack() as connections:
        connected = [
            connections.enter_context(contextlib.closing(connect(one.engine, runtime=one.runtime)))
            for one in wanted
        ]
        for engine in connected:
            remove_left_behind(engine, kept_too=False, unknown_too=False)
            with ConsoleReporter(console, quiet=True) as reporter:
                resolve = make_resolver(engine, policy, reporter)
                outcomes.append(
                    run_scenarios(scenarios, engine, resolve, SystemClock(), reporter, plan=plan)
                )
    return outcomes
