"""``pausedemo delete``: the end of pods, ConfigMaps and Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    filename_option,
    namespace_option,
    open_cluster,
    read_duration,
    read_selector,
    recursive_option,
    selector_option,
)
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.core.pod import Pod

_IMMEDIATE: Final = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has "
    "been terminated. The resource may continue to run on the cluster indefinitely."
)


@click.command()
@click.argument("words", nargs=-1, metavar="[KIND NAME... | KIND/NAME...]")
@filename_option
@recursive_option
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@click.option(
    "--grace-period",
    type=int,
    default=-1,
    metavar="SECONDS",
    help="The grace that containers get; less than 0: what each pod asks for itself.",
)
@click.option("--now", is_flag=True, help="A grace of one second.")
@click.option("--force", is_flag=True, help="No grace at all.")
@click.option("--wait/--no-wait", "wait_text", default=True, hidden=True)
@click.option("--wait", "wait", type=bool, default=True, help="false: do not wait for the end.")
@click.option("--timeout", default="0s", metavar="DURATION", help="How long to wait; 0s: a week.")
@click.option("--ignore-not-found", is_flag=True, help="What is not there is no error.")
@click.option("-o", "--output", type=click.Choice(["name"]), help="Names only, as pod/web.")
@namespace_option
@selector_option
@engine_option
def delete() -> None: ...
