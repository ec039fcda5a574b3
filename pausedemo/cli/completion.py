"""``pausedemo completion``: the script that makes a shell complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print the completion script of SHELL; the shell reads it at its start.

    \b
    bash, in ~/.bashrc:   eval "$(pausedemo completion bash)"
    zsh, in ~/.zshrc:     eval "$(pausedemo completion zsh)"   after compinit
    fish, once:  pausedemo completion fish > ~/.config/fish/completions/pausedemo.fish
    """
    root = context.find_root()
    script = get_completion_class(shell)
    assert script is not None  # click brings all three  # noqa: S101
    name = root.info_name or "pausedemo"
    click.echo(script(root.command, {}, name, "_PAUSEDEMO_COMPLETE").source())
