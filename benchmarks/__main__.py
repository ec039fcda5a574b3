"""``python -m benchmarks``: measure everything in one run, and print the ratios.

Exits with 1 when a bound is missed, and as pausedemo itself does when a side fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import click

from benchmarks.cold_start import measure_cold_start
from benchmarks.embedded import measure_embedded
from benchmarks.ground import Ground, check_engine_is_quiet, prepare_ground
from benchmarks.help_time import measure_help
from benchmarks.jobs import measure_jobs
from benchmarks.machine import describe_machine, describe_versions
from benchmarks.own_share import measure_own_share
from benchmarks.pods import measure_pods
from benchmarks.ratios import Measure, Side, render_measures, render_sides
from benchmarks.recovery import measure_recovery
from pausedemo.errors import PausedemoError, exit_code
from pausedemo.signals import signals_as_errors

PARTS: Final[dict[str, Callable[[Ground, int], tuple[list[Measure], list[Side]]]]] = {
    "help": lambda ground, rounds: measure_help(ground.environ, rounds),
    "start": measure_cold_start,
    "recovery": measure_recovery,
    "share": measure_own_share,
    "jobs": measure_jobs,
    "embedded": measure_embedded,
    "pods": measure_pods,
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--rounds", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--engine", default="auto", show_default=True, metavar="auto|docker|podman|URL")
@click.pass_context
def main(context: click.Context, parts: tuple[str, ...], rounds: int, engine: str) -> None:
    """Measure PARTS, or all of them, against those who do the same."""
    measures: list[Measure] = []
    sides: list[Side] = []
    try:
        with signals_as_errors(), prepare_ground(engine, os.environ) as ground:
            check_engine_is_quiet(ground)
            _print_facts(ground)
            for part in parts or tuple(PARTS):
                click.echo(f"measuring: {part}", err=True)
                found, behind = PARTS[part](ground, rounds)
                measures += found
                sides += behind
    except (PausedemoError, KeyboardInterrupt) as error:
        click.echo(f"benchmarks: {error or 'interrupted'}", err=True)
        context.exit(exit_code(error))
    click.echo(render_measures(measures))
    click.echo()
    click.echo(render_sides(sides))
    context.exit(0 if all(measure.ok for measure in measures) else 1)


def _print_facts(ground: Ground) -> None:
    facts = {**describe_machine(), **describe_versions(ground.engine, ground.environ)}
    for image in ground.resolved:
        facts[f"image {image.wanted}"] = image.used + (" (substitute)" if image.substitute else "")
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:{width}}  {value}")
    click.echo()


if __name__ == "__main__":
    main()
