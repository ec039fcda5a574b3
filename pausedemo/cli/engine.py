"""``pausedemo engine``: an engine for somebody else's command."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import click

from pausedemo.cli.options import engine_option, install_option
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


@engine.command()
@click.option(
    "--socket",
    required=True,
    type=click.Path(path_type=Path),
    help="Where it answers; a file that only its owner may use.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where it keeps images and volumes. Default: a folder that belongs to the socket.",
)
def serve(socket: Path, state: Path | None) -> None:
    """Run the embedded engine until SIGTERM or Ctrl-C.

    Docker's own command and libraries work with it: export DOCKER_HOST=unix://SOCKET. When it
    ends, its containers end, too; images and volumes stay.
    """
    command = [sys.executable, "-m", "pausedemo.embedded", "--socket", str(socket.absolute())]
    if state is not None:
        command += ["--state", str(state.absolute())]
    click.echo(f"export DOCKER_HOST=unix://{socket.absolute()}")
    sys.stdout.flush()
    # A process of its own kind: it forks containers, and must be small when it does.
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


@engine.command()
@engine_option
def info(engine: str) -> None:
    """Tell which engine answers, and for the embedded one what this machine allows it."""
    from pausedemo.engine.connect import connect
    from pausedemo.report.console.engine import print_engine
    from pausedemo.report.console.make import make_console

    with contextlib.closing(connect(engine)) as connected:
        about, url = connected.describe(), connected.url
    print_engine(make_console(), about, url)
