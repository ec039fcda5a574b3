"""``python -m engines``: bring up real engines for a command, or for what compares them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import click

from engines.bring_up import bring_up
from engines.roots import remove_unused
from engines.table import ENGINES
from engines.together import (
    bring_up_all,
    render_compare,
    render_contract,
    render_missing,
    split_names,
)
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.private import render_environment
from pausedemo.engine.spawn import run_with_signals
from pausedemo.errors import EXIT_NO_ENGINE, PausedemoError, exit_code
from pausedemo.signals import signals_as_errors

Command = tuple[Sequence[str], Mapping[str, str]]
AS_THEY_COME = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group()
def main() -> None:
    """Real engines, brought up for a command and taken down after it."""


@main.command("list")
def list_engines() -> None:
    """Print the name and the title of every engine in the table."""
    width = max(map(len, ENGINES))
    for engine in ENGINES.values():
        click.echo(f"{engine.name:{width}}  {engine.title}")


@main.command(context_settings=AS_THEY_COME)
@click.argument("name", type=click.Choice(list(ENGINES)))
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def up(context: click.Context, name: str, command: tuple[str, ...]) -> None:
    """Run COMMAND with DOCKER_HOST set to the engine NAME, which is up as long as COMMAND runs.

    Without COMMAND, a shell. Exits with COMMAND's own code, and with 3 without the engine.
    """

    def run() -> int:
        # NAME ends the options, so a -- after it has not been taken away.
        argv = command[1:] if command[:1] == ("--",) else command
        with bring_up(ENGINES[name]) as url:
            click.echo(f"engines: {name} is up at {url}", err=True)
            environ = render_environment(Endpoint(url, name), os.environ)
            return run_with_signals(argv or (os.environ.get("SHELL", "/bin/sh"),), environ)

    context.exit(_run_to_its_end(run))


@main.command(context_settings=AS_THEY_COME)
@click.option("--if-possible", is_flag=True, help="None that could be brought up is no failure.")
@click.option("--others", is_flag=True, help="Leave out the embedded engine.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def compare(
    context: click.Context, if_possible: bool, others: bool, arguments: tuple[str, ...]
) -> None:
    """Compare the engines that ARGUMENTS name, or all, with pausedemo compare.

    All other ARGUMENTS are pausedemo compare's; without any, it is the whole catalogue. Exits with
    its code, and with 3 when no engine could be brought up; which ones could not is told.
    """

    def choose(urls: Mapping[str, str], rest: Sequence[str]) -> Command:
        return render_compare(urls, rest, embedded_too=not others), os.environ

    code = _run_to_its_end(lambda: _run_on_all(arguments, choose))
    context.exit(0 if if_possible and code == EXIT_NO_ENGINE else code)


@main.command(context_settings=AS_THEY_COME)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def contract(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the contract suite on the engines that ARGUMENTS name, or on all.

    All other ARGUMENTS are pytest's. Run it in a checkout.
    """

    def choose(urls: Mapping[str, str], rest: Sequence[str]) -> Command:
        return render_contract(urls, rest, os.environ)

    context.exit(_run_to_its_end(lambda: _run_on_all(arguments, choose)))


@main.command()
def clean() -> None:
    """Remove the root filesystems in the cache that no engine lives in at the moment."""
    for root in remove_unused():
        click.echo(f"removed {root}")


def _run_on_all(
    arguments: Sequence[str], choose: Callable[[Mapping[str, str], Sequence[str]], Command]
) -> int:
    engines, rest = split_names(arguments)
    with bring_up_all(engines) as brought:
        code = EXIT_NO_ENGINE
        if brought.urls:
            argv, environ = choose(brought.urls, rest)
            code = run_with_signals(argv, environ)
    # Last, where it is seen.
    if brought.missing:
        click.echo(render_missing(brought.missing), err=True)
    return code


def _run_to_its_end(run: Callable[[], int]) -> int:
    """Whatever ends it, the engines are taken down before this returns the exit code."""
    try:
        with signals_as_errors():
            return run()
    except (PausedemoError, KeyboardInterrupt) as error:
        click.echo(f"engines: {error or 'interrupted'}", err=True)
        return exit_code(error)


if __name__ == "__main__":
    main()
