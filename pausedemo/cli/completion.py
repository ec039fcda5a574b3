"""``pausedemo completion``: the script that makes a shell complete our commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete


class _Fish(FishComplete):
    """click's own, but that a title may have a comma in it."""

    source_template = FishComplete.source_template.replace("string split ", "string split -m 1 ")


_SHELLS: Final[Mapping[str, type[ShellComplete]]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": _Fish,
}


@click.command()
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL; the shell reads it at its start.

    \u0008
    bash, in ~/.bashrc:   eval "$(pausedemo completion bash)"
    zsh, in ~/.zshrc:     eval "$(pausedemo completion zsh)"   after compinit
    fish: pausedemo completion fish > ~/.config/fish/completions/pausedemo.fish
    """
    root = context.find_root()
    name = root.info_name or "pausedemo"
    click.echo(_SHELLS[shell](root.command, {}, name, "_PAUSEDEMO_COMPLETE").source())
