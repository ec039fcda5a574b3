"""``pausedemo engine``: an engine for somebody else's command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pausedemo.cli.options import install_option
from pausedemo.host import find_program


@click.group()
def engine() -> None:
    """Find or start an engine for a command."""


@engine.command(context_settings={"allow_interspersed_args": False})
@install_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...]) -> None:
    """Run COMMAND with DOCKER_HOST set to an engine that answers.

    When none answers, a Docker Engine is started for it (as root) and stopped afterwards.
    Exits with COMMAND's own code; 128 and the signal's number when a signal ended it, 126 or
    127 when it cannot be run, 3 when there is no engine.
    """
    from pausedemo.engine.private import engine_for_command, render_environment
    from pausedemo.engine.spawn import NOT_FOUND, run_with_signals
    from pausedemo.signals import signals_as_errors

    if find_program(command[0]) is None and not Path(command[0]).exists():
        click.echo(f"pausedemo: {command[0]}: no such command", err=True)
        sys.exit(NOT_FOUND)
    with signals_as_errors(), engine_for_command() as endpoint:
        code = run_with_signals(command, render_environment(endpoint, os.environ))
    sys.exit(code)
