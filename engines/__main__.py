"""``python -m engines``: bring up real engines for a command, or list them."""

from __future__ import annotations

import os

import click

from engines.bring_up import bring_up
from engines.table import ENGINES
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.private import render_environment
from pausedemo.engine.spawn import run_with_signals
from pausedemo.errors import PausedemoError, exit_code
from pausedemo.signals import signals_as_errors


@click.group()
def main() -> None:
    """Real engines, brought up for a command and taken down after it."""


@main.command("list")
def list_engines() -> None:
    """Print the name and the title of every engine in the table."""
    width = max(map(len, ENGINES))
    for engine in ENGINES.values():
        click.echo(f"{engine.name:{width}}  {engine.title}")


@main.command(context_settings={"allow_interspersed_args": False})
@click.argument("name", type=click.Choice(list(ENGINES)))
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def up(context: click.Context, name: str, command: tuple[str, ...]) -> None:
    """Run COMMAND with DOCKER_HOST set to the engine NAME, which is up as long as COMMAND runs.

    Without COMMAND, a shell. Exits with COMMAND's own code, and with 3 without the engine.
    """
    # NAME ends the options, so the -- after it has not been taken away.
    argv = command[1:] if command[:1] == ("--",) else command
    argv = argv or (os.environ.get("SHELL", "/bin/sh"),)
    try:
        with signals_as_errors(), bring_up(ENGINES[name]) as url:
            click.echo(f"engines: {name} is up at {url}", err=True)
            code = run_with_signals(argv, render_environment(Endpoint(url, name), os.environ))
    except (PausedemoError, KeyboardInterrupt) as error:
        click.echo(f"engines: {error or 'interrupted'}", err=True)
        code = exit_code(error)
    context.exit(code)


if __name__ == "__main__":
    main()
