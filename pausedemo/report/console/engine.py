"""An engine on the terminal: who answers, and what its machine allows."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pausedemo.engine.port import EngineInfo
from pausedemo.report.console.paint import Painter


def print_engine(console: Console, about: EngineInfo, url: str) -> None:
    """The engine's facts, one a line, and a table of what the embedded one found.

    No line ends with blanks where it is no terminal.
    """
    painter = Painter(console)
    for name, value in (
        ("Engine", f"{about.name} {about.version}"),
        ("API", about.api_version),
        ("Runtime", about.runtime),
        ("Architecture", about.architecture),
        ("Address", url),
    ):
        painter.print_line((f"{name:<14}{value}", ""))
    if not about.abilities:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("This machine", "Found", "So"):
        table.add_column(title, overflow="fold")
    for ability in about.abilities:
        table.add_row(*map(Text, (ability.name, ability.found, ability.follows)))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        painter.print_line((line.rstrip(), ""))
