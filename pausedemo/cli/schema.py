"""``pausedemo schema``: what a scenario file may hold, for editors."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a scenario file (draft 2020-12).

    An editor with yaml-language-server checks and completes a file that begins with

        # yaml-language-server: $schema=PATH
    """
    from pausedemo.scenario.jsonschema import make_json_schema

    click.echo(json.dumps(make_json_schema(), indent=2))
