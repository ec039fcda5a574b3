"""``pausedemo clean``: remove what a dead run left on the engine."""

from __future__ import annotations

import contextlib

import click

from pausedemo.cli.options import engine_option
from pausedemo.clock import SystemClock
from pausedemo.engine.connect import connect
from pausedemo.kubelet.cleanup import list_unknown, remove_left_behind
from pausedemo.kubelet.objects.guests import remove_dead_guests


@click.command()
@engine_option
@click.option(
    "--all",
    "unknown_too",
    is_flag=True,
    help="Also what was made from another machine or PID namespace, where it may still run.",
)
def clean(engine: str, unknown_too: bool) -> None:
    """Remove what dead or --keep runs of pausedemo left on the engine.

    Only what bears pausedemo's label is touched, and nothing whose run still lives. Pods that
    were applied stay: pausedemo delete ends them.
    """
    with contextlib.closing(connect(engine)) as connected:
        guests = remove_dead_guests(connected, SystemClock(), unknown_too=unknown_too)
        cleaned = remove_left_behind(connected, kept_too=True, unknown_too=unknown_too)
        left = list_unknown(connected) if not cleaned.failures else ()
    for name in (*guests, *cleaned.removed):
        click.echo(f"removed {name}")
    for failure in cleaned.failures:
        click.echo(f"pausedemo: {failure}", err=True)
    if left:
        click.echo(
            f"{len(left)} more were made from another machine or PID namespace; "
            "if nothing of pausedemo runs there: pausedemo clean --all"
        )
    if not guests and not cleaned.removed and not left and not cleaned.failures:
        click.echo("nothing to remove")
    if cleaned.failures:
        raise cleaned.failures[0]
