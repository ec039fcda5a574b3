"""The command line: arguments, wiring, exit code; nothing else.

Commands are imported when they are called, so that ``--help`` loads none of their libraries.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from typing import Final

import click

from pausedemo import __version__
from pausedemo.errors import EXIT_FAILED, PausedemoError, Refused, exit_code

#: When to look for garbage. Nearly all that is allocated here are modules, which live as long as
#: the process: at Python's own 700 objects the looking is a sixth of what starting a run takes.
GC_THRESHOLDS: Final = (100_000, 20, 20)

#: What a write fails with where there is no more room.
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)

#: By purpose, each command: where it is, and its line in ``--help``.
SECTIONS: Final = {
    "Scenarios": {
        "run": ("run:run", "Run scenarios and report what was seen."),
        "compare": ("compare:compare", "Run scenarios on several engines, side by side."),
        "list": ("list:list_scenarios", "List scenarios, with their titles and tags."),
        "validate": ("validate:validate", "Check scenario files, without an engine."),
        "schema": ("schema:schema", "Print the JSON Schema of a scenario file."),
    },
    "Pods, with kubectl's words": {
        "apply": ("apply:apply", "Make pods, configmaps and secrets of manifests."),
        "get": ("get:get", "Show pods, configmaps, secrets or events."),
        "describe": ("describe:describe", "Tell all about a pod, events included."),
        "exec": ("exec:run", "Run a command in a pod's container."),
        "logs": ("logs:logs", "Print what a pod's container has written."),
        "events": ("events:events", "Show what has happened to pods."),
        "wait": ("wait:wait", "Wait until pods are as they should be."),
        "port-forward": (
            "port_forward:port_forward",
            "Carry connections from this machine into a pod.",
        ),
        "delete": ("delete:delete", "End pods; forget configmaps and secrets."),
    },
    "Pods, beyond kubectl": {
        "kubelet": ("kubelet:kubelet", "Keep all pods of an engine alive."),
        "namespaces": ("namespaces:namespaces", "Draw what a pod's containers share."),
    },
    "Engines and images": {
        "engine": ("engine:engine", "Find or start an engine for a command."),
        "images": ("images:images", "See and build the images that scenarios use."),
        "clean": ("clean:clean", "Remove what a dead run left on the engine."),
    },
    "Shells": {
        "completion": ("completion:completion", "Print a shell's completion script."),
    },
}
COMMANDS: Final = {name: one for section in SECTIONS.values() for name, one in section.items()}


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(
            importlib.import_module(f"pausedemo.cli.{module}"), attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                # One column for all sections.
                formatter.write_dl(
                    [(f"{name:<{width}}", line) for name, (_, line) in commands.items()]
                )


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pausedemo")
def cli() -> None:
    """See what a Kubernetes pod's pause container is for, on any Docker-compatible engine."""


def main() -> None:
    """Run the command line and end the process with the exit code that its end means."""
    gc.set_threshold(*GC_THRESHOLDS)
    _open_closed_streams()
    code = _run()
    # The interpreter looks for garbage once more when it ends: not among what just goes away.
    gc.freeze()
    sys.exit(code)


def _open_closed_streams() -> None:
    """Where a standard stream is closed, read nothing and write to nowhere.

    Nothing that is opened later may take its number: what is printed would go there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode))


def _run() -> int:
    try:
        code = cli.main(prog_name="pausedemo", standalone_mode=False)
    except click.exceptions.Abort as abort:
        # click makes this of a KeyboardInterrupt, which ours is, with its reason.
        click.echo(f"pausedemo: {str(abort.__cause__ or '') or 'interrupted'}", err=True)
        return exit_code(KeyboardInterrupt())
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Refused as error:
        click.echo(str(error), err=True)
        return exit_code(error)
    except (PausedemoError, KeyboardInterrupt) as error:
        lines = str(error) or "interrupted"
        click.echo("\n".join(f"pausedemo: {line}" for line in lines.splitlines()), err=True)
        return exit_code(error)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        # A full stdout names no file.
        place = f" {error.filename}" if error.filename else ""
        click.echo(f"pausedemo: cannot write{place}: {error.strerror}; make room", err=True)
        try:
            sys.stdout.flush()
        except OSError:  # what is left in it is not tried again at our end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return code if isinstance(code, int) else 0
