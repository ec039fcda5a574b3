"""``pausedemo run``: play scenarios, and report."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pausedemo.cli.options import (
    engine_option,
    images_option,
    install_option,
    require_selection,
    runtime_option,
    selection_options,
)
from pausedemo.cli.planning import plan_options
from pausedemo.cli.reports import check_reports, remove_old, write_report
from pausedemo.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pausedemo.core.verdicts.results import RunResult
    from pausedemo.scenario.schedule import Plan
    from pausedemo.scenario.selection import Selection

_file = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@selection_options
@plan_options
@engine_option
@runtime_option
@images_option
@install_option
@click.option(
    "--kubernetes-version",
    "version_text",
    default="latest",
    show_default=True,
    metavar="VERSION",
    help="Whose rules hold: 1.7 shares the PID namespace unless the pod says otherwise.",
)
@click.option("--junit", type=_file, help="Write a JUnit XML report to this file.")
@click.option("--json", "json_file", type=_file, help="Write a JSON report to this file.")
@click.option(
    "--html",
    type=_file,
    help="Write a report for people, with drawings of the pods, to this file.",
)
@click.option("--keep", is_flag=True, help="Leave the pods on the engine, to look at them.")
@click.option("--step", "by_step", is_flag=True, help="Wait for the Enter key before each step.")
@click.option("-q", "--quiet", is_flag=True, help="Only verdicts, failures and the summary.")
def run(
    selection: Selection,
    plan: Plan,
    engine: str,
    runtime: str | None,
    policy: str,
    version_text: str,
    junit: Path | None,
    json_file: Path | None,
    html: Path | None,
    keep: bool,
    by_step: bool,
    quiet: bool,
) -> int:
    """Run scenarios, by NAME, FILE or FOLDER, on a real engine.

    Exits with 0 when all passed, 1 when an expectation failed, 2 for a wrong option, manifest or
    scenario, 3 without an engine or an image, 130 when interrupted.
    """
    from pausedemo.cli.image_supply import make_resolver
    from pausedemo.clock import SystemClock
    from pausedemo.engine.connect import connect
    from pausedemo.kubelet.cleanup import remove_left_behind
    from pausedemo.report.console import ConsoleReporter
    from pausedemo.report.console.make import make_console
    from pausedemo.scenario.session import run_scenarios
    from pausedemo.signals import signals_as_errors

    require_selection(selection, "run")
    if by_step and (quiet or not sys.stdin.isatty()):
        raise UsageError("--step needs a terminal to ask, and goes without --quiet")
    if by_step and not plan.is_plain:
        raise UsageError("--step asks before each step; it goes without --jobs and --repeat")
    check_reports({"--junit": junit, "--json": json_file, "--html": html})
    version = _parse_version(version_text)
    # All that can be wrong in what was asked for is found before an engine is.
    scenarios = selection.load()
    remove_old((junit, json_file, html))
    clock = SystemClock()
    began = clock.now()

    def report(result: RunResult) -> None:
        _write_reports(result, began, junit, json_file, html)

    with (
        signals_as_errors(),
        contextlib.closing(connect(engine, runtime=runtime, lasting=keep)) as connected,
    ):
        remove_left_behind(connected, kept_too=False, unknown_too=False)
        before_step = _wait_for_enter if by_step else None
        with ConsoleReporter(make_console(), quiet, before_step=before_step) as reporter:
            outcome = run_scenarios(
                scenarios,
                connected,
                make_resolver(connected, policy, reporter),
                clock,
                reporter,
                keep=keep,
                kubernetes_version=version,
                portraits=html is not None,
                plan=plan,
                on_interrupt=report,
            )
    report(outcome.result)
    if keep:
        click.echo("The pods were kept; pausedemo clean removes them.")
    if outcome.fatal is not None:
        raise outcome.fatal
    return outcome.result.exit_code


def _wait_for_enter() -> None:
    # Not click.pause: it takes Ctrl-C for an answer.
    click.echo("  Enter: do it   Ctrl-C: stop here ", nl=False)
    while click.getchar() not in "\r\n":
        pass
    click.echo()


def _parse_version(text: str) -> tuple[int, int]:
    from pausedemo.core.pods.pod import LATEST_KUBERNETES, parse_kubernetes_version

    try:
        return LATEST_KUBERNETES if text == "latest" else parse_kubernetes_version(text)
    except ValueError as error:
        raise UsageError(f"--kubernetes-version: {error}") from error


def _write_reports(
    result: RunResult,
    when: datetime,
    junit: Path | None,
    json_file: Path | None,
    html: Path | None,
) -> None:
    from pausedemo.report.github import render_annotations, render_step_summary
    from pausedemo.report.json_report import render_json

    if junit is not None:
        from pausedemo.report.junit import render_junit

        write_report(junit, render_junit(result))
    if json_file is not None:
        write_report(json_file, render_json(result))
    if html is not None:
        from pausedemo.report.html import render_html

        write_report(html, render_html(result, when))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stdout.write(render_annotations(result))
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_step_summary(result))
