"""``pausedemo list``: the scenarios that come along."""

from __future__ import annotations

import click

from pausedemo.scenario.library import list_names, load_scenarios


@click.command("list")
def list_scenarios() -> None:
    """List the scenarios that come along, with their titles and tags."""
    scenarios = load_scenarios(list_names())
    width = max((len(scenario.name) for scenario in scenarios), default=0)
    for scenario in scenarios:
        tags = f"  [{', '.join(scenario.file.tags)}]" if scenario.file.tags else ""
        click.echo(f"{scenario.name:{width}}  {scenario.file.title}{tags}")
