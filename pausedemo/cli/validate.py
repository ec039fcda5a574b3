"""``pausedemo validate``: every problem of scenario files, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pausedemo.cli.options import require_selection, selection_options
from pausedemo.errors import EXIT_PASSED, EXIT_USAGE

if TYPE_CHECKING:
    from pausedemo.scenario.selection import Selection


@click.command()
@selection_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of GitHub Actions.",
)
def validate(selection: Selection, form: str) -> int:
    """Check scenario files and the manifests they use: every problem, at its line and column.

    Exits with 0 when there is none, else with 2. Of files that can be read, --tag and --select
    choose; one with a problem is always told.
    """
    from pausedemo.report.problems import render_problems
    from pausedemo.scenario.checking import check_selected

    require_selection(selection, "validate")
    checked = check_selected(selection)
    click.echo(render_problems(checked, form), nl=False)
    return EXIT_USAGE if checked.problems else EXIT_PASSED
