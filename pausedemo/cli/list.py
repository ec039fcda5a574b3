"""``pausedemo list``: which scenarios there are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pausedemo.cli.options import selection_options

if TYPE_CHECKING:
    from pausedemo.scenario.selection import Selection


@click.command("list")
@selection_options
@click.option("--json", "as_json", is_flag=True, help="For programs: all that is known of each.")
def list_scenarios(selection: Selection, as_json: bool) -> None:
    """List scenarios, with their titles and tags: those that come along, or those in a FOLDER.

    Into a pipe goes one line each: name, title and tags, with tabs between.
    """
    from pausedemo.report.listing import (
        print_listing,
        render_listing_json,
        render_listing_lines,
    )

    scenarios = selection.load()
    if as_json:
        click.echo(render_listing_json(scenarios), nl=False)
    elif not sys.stdout.isatty():
        click.echo(render_listing_lines(scenarios), nl=False)
    else:
        from pausedemo.report.console.make import make_console
        from pausedemo.report.console.paint import Painter

        print_listing(Painter(make_console()), scenarios)
