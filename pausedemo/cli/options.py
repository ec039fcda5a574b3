"""Options that several commands share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from pausedemo.cli.complete import complete_engines, complete_places, complete_tags, complete_words
from pausedemo.host import INSTALL_VARIABLE

if TYPE_CHECKING:
    from pausedemo.scenario.selection import Selection

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

engine_option = click.option(
    "--engine",
    default="auto",
    show_default=True,
    metavar="auto|docker|podman|embedded|URL",
    shell_complete=complete_engines,
    help="Which engine. auto finds it as the docker command does; where none is, embedded.",
)

runtime_option = click.option(
    "--runtime",
    metavar="NAME",
    help="An OCI runtime of the engine for all containers, in place of the engine's default.",
)

images_option = click.option(
    "--images",
    "policy",
    type=click.Choice(["auto", "registry", "local"]),
    default="auto",
    show_default=True,
    help="Where images come from: local, then a registry, then a recipe; or only one of them.",
)


def _allow_install(
    _context: click.Context, _parameter: click.Parameter, value: bool | None
) -> None:
    if value is not None:
        os.environ[INSTALL_VARIABLE] = "1" if value else "0"


install_option = click.option(
    "--install/--no-install",
    default=None,
    expose_value=False,
    callback=_allow_install,
    help="Whether Debian packages may be installed that a recipe or an engine needs.",
)


def selection_options(command: Callable[_Given, _Result]) -> Callable[..., _Result]:
    """The argument and options that say which scenarios; the command gets a ``selection``."""

    @click.argument(
        "names", nargs=-1, metavar="[NAME|FILE|FOLDER]...", shell_complete=complete_places
    )
    @click.option("--all", "everything", is_flag=True, help="All scenarios that come along.")
    @click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="TAG",
        shell_complete=complete_tags,
        help="Only those with this tag; repeated: with any of these tags.",
    )
    @click.option(
        "-k",
        "--select",
        "expression",
        default="",
        metavar="EXPRESSION",
        shell_complete=complete_words,
        help="Only those for which it holds: tags, or parts of names, with and, or, not and ( ).",
    )
    @functools.wraps(command)
    def with_selection(
        names: tuple[str, ...],
        everything: bool,
        tags: tuple[str, ...],
        expression: str,
        *args: _Given.args,
        **kwargs: _Given.kwargs,
    ) -> _Result:
        from pausedemo.scenario.selection import Selection

        kwargs["selection"] = Selection(names, everything, tags, expression)
        return command(*args, **kwargs)

    return with_selection


def require_selection(selection: Selection, what: str) -> None:
    """Refuse a command that names no scenario at all. ``what``: what it would do with them."""
    if selection.is_empty:
        raise click.UsageError(
            f"say what to {what}: a NAME, FILE or FOLDER, --tag, --select, or --all"
        )
