"""Options that several commands share."""

from __future__ import annotations

import os

import click

from pausedemo.host import INSTALL_VARIABLE

engine_option = click.option(
    "--engine",
    default="auto",
    show_default=True,
    metavar="auto|docker|podman|URL",
    help="Which engine. auto finds it as the docker command does.",
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
