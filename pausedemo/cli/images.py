"""``pausedemo images``: which image stands for which name, and building them ahead of time."""

from __future__ import annotations

import contextlib

import click

from pausedemo.cli.options import engine_option, images_option, install_option


@click.group()
def images() -> None:
    """See and build the images that scenarios use."""


@images.command("ls")
@engine_option
def list_images(engine: str) -> None:
    """List the names of the catalogue, and what stands for each on the engine now."""
    from pausedemo.engine.connect import connect
    from pausedemo.images.catalog import Catalog
    from pausedemo.images.resolve import ImageResolver, Policy

    entries = Catalog().entries
    with contextlib.closing(connect(engine)) as connected:
        resolver = ImageResolver(connected, Policy.LOCAL)
        all_found = {name: resolver.find(name) for name in entries}
    lines = [("NAME", "ON THE ENGINE", "FROM A REGISTRY", "BY RECIPE")]
    for name, entry in entries.items():
        found = all_found[name]
        here = f"{found.used} (substitute)" if found and found.substitute else ""
        registry = ", ".join(
            f"{one.reference} (substitute)" if one.substitute else one.reference
            for one in entry.candidates
        )
        lines.append((name, here or (found.used if found else "-"), registry, entry.recipe or "-"))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("   ".join(cells).rstrip())


@images.command()
@click.argument("names", nargs=-1, metavar="[NAME...]")
@engine_option
@images_option
@install_option
def build(names: tuple[str, ...], engine: str, policy: str) -> None:
    """Get images onto the engine now: the named ones, or the whole catalogue."""
    from pausedemo.cli.image_supply import make_resolver
    from pausedemo.engine.connect import connect
    from pausedemo.images.catalog import Catalog
    from pausedemo.report.console import ConsoleReporter
    from pausedemo.report.console.make import make_console
    from pausedemo.signals import signals_as_errors

    with (
        signals_as_errors(),
        contextlib.closing(connect(engine)) as connected,
        ConsoleReporter(make_console(), quiet=False) as reporter,
    ):
        resolve = make_resolver(connected, policy, reporter)
        for use in resolve(names or tuple(Catalog().entries)):
            reporter.image_resolved(use)
