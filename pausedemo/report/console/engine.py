"""An engine on the terminal: who answers, and what its machine allows."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from pausedemo.engine.port import EngineInfo


def render_engine(about: EngineInfo, url: str) -> RenderableType:
    """The engine's facts, one a line, and a table of what the embedded one found."""
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("Engine", f"{about.name} {about.version}"),
        ("API", about.api_version),
        ("Runtime", about.runtime),
        ("Architecture", about.architecture),
        ("Address", url),
    ):
        facts.add_row(name, value)
    if not about.abilities:
        return facts
    table = Table("This machine", "Found", "So", box=box.SIMPLE_HEAD, pad_edge=False)
    for ability in about.abilities:
        table.add_row(ability.name, ability.found, ability.follows)
    return Group(facts, table)
