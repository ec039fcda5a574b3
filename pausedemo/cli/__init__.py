"""The command line: arguments, wiring, exit code; nothing else.

Commands are imported when they are called, so that ``--help`` loads none of their libraries.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Final

import click

from pausedemo import __version__
from pausedemo.errors import PausedemoError, Refused, exit_code

#: When to look for garbage. Nearly all that is allocated here are modules, which live as long as
#: the process: at Python's own 700 objects the looking is a sixth of what starting a run takes.
GC_THRESHOLDS: Final = (100_000, 20, 20)

#: Each command: where it is, and its line in ``--help``.
COMMANDS: Final = {
    "run": ("pausedemo.cli.run:run", "Run scenarios and report what was seen."),
    "compare": (
        "pausedemo.cli.compare:compare",
        "Run scenarios on several engines, side by side.",
    ),
    "list": ("pausedemo.cli.list:list_scenarios", "List scenarios, with their titles and tags."),
    "validate": ("pausedemo.cli.validate:validate", "Check scenario files, without an engine."),
    "schema": ("pausedemo.cli.schema:schema", "Print the JSON Schema of a scenario file."),
    "kubelet": ("pausedemo.cli.kubelet:kubelet", "Keep all pods of an engine alive."),
    "clean": ("pausedemo.cli.clean:clean", "Remove what a dead run left on the engine."),
    "apply": ("pausedemo.cli.apply:apply", "Make pods, configmaps and secrets of manifests."),
    "get": ("pausedemo.cli.get:get", "Show pods, configmaps, secrets or events."),
    "describe": ("pausedemo.cli.describe:describe", "Tell all about a pod, events included."),
    "exec": ("pausedemo.cli.exec:run", "Run a command in a pod's container."),
    "logs": ("pausedemo.cli.logs:logs", "Print what a pod's container has written."),
    "events": ("pausedemo.cli.events:events", "Show what has happened to pods."),
    "delete": ("pausedemo.cli.delete:delete", "End pods; forget configmaps and secrets."),
    "wait": ("pausedemo.cli.wait:wait", "Wait until pods are as they should be."),
    "port-forward": (
        "pausedemo.cli.port_forward:port_forward",
        "Carry connections from this machine into a pod.",
    ),
    "namespaces": ("pausedemo.cli.namespaces:namespaces", "Draw what a pod's containers share."),
    "images": ("pausedemo.cli.images:images", "See and build the images that scenarios use."),
    "engine": ("pausedemo.cli.engine:engine", "Find or start an engine for a command."),
    "completion": ("pausedemo.cli.completion:completion", "Print a shell's completion script."),
}


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
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pausedemo")
def cli() -> None:
    """See what a Kubernetes pod's pause container is for, on any Docker-compatible engine."""


def main() -> None:
    """Run the command line and end the process with the exit code that its end means."""
    gc.set_threshold(*GC_THRESHOLDS)
    code = _run()
    # The interpreter looks for garbage once more when it ends: not among what just goes away.
    gc.freeze()
    sys.exit(code)


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
    return code if isinstance(code, int) else 0
