"""Who shares which namespace, drawn for a terminal: a row for each container.

Who is in the same namespace stands at the same bracket, in one colour, beside one inode.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pausedemo.report.console.paint import Painter
from pausedemo.report.html.portrait.sharing import Namespace, Sharing, describe_sharing

#: What stands before an inode: of the first, the next and the last who share it; of one alone;
#: and where it is the machine's.
FIRST: Final = "╭"
NEXT: Final = "├"
LAST: Final = "╰"
ALONE: Final = "·"
MACHINES: Final = "◆"
_ASCII: Final = {FIRST: "/", NEXT: "|", LAST: "\\", ALONE: "-", MACHINES: "*"}
#: Colours in which a shared namespace is told from the next one of its kind.
_STYLES: Final = ("bold cyan", "bold magenta", "bold yellow", "bold green", "bold blue")
#: Blanks between columns, where there is room for as many; at least one.
_WIDEST_GAP: Final = 3


def print_sharing(painter: Painter, sharing: Sharing) -> None:
    """The drawing, and below it what it shows in words."""
    names = [sharing.name_of(index) for index in range(len(sharing.residents))]
    name_width = max(len(name) for name in names)
    columns = [_Column(painter, sharing, kind) for kind in sharing.kinds]
    # A bracket and a blank stand before each column.
    filled = name_width + sum(2 + column.width for column in columns)
    gap = " " * max(1, min(_WIDEST_GAP, (painter.width - filled) // max(1, len(columns))))
    titles = gap.join(f"  {column.kind:<{column.width}}" for column in columns)
    painter.print_line((f"{'':<{name_width}}{gap}{titles}", "dim"))
    for index, name in enumerate(names):
        parts = [(f"{name:<{name_width}}", "bold")]
        for column in columns:
            parts += [(gap, ""), column.cell(index)]
        painter.print_line(*parts)
    painter.print_line()
    for sentence in describe_sharing(sharing):
        painter.print_prose(sentence)


class _Column:
    """One kind of namespace, in all containers."""

    def __init__(self, painter: Painter, sharing: Sharing, kind: str) -> None:
        self.kind = kind
        self._painter = painter
        self._namespaces = [one for one in sharing.namespaces if one.kind == kind]
        self.width = max(len(kind), *(len(str(one.inode)) for one in self._namespaces))
        shared = [one for one in self._namespaces if one.is_shared and not one.is_machines]
        self._styles = {
            one.inode: _STYLES[number % len(_STYLES)] for number, one in enumerate(shared)
        }

    def cell(self, index: int) -> tuple[str, str]:
        """What stands in a container's row, and how it looks."""
        found = next((one for one in self._namespaces if index in one.members), None)
        if found is None:
            return f"  {'':<{self.width}}", ""
        symbol = self._symbol(_choose(found, index))
        style = "dim" if found.is_machines else self._styles.get(found.inode, "")
        return f"{symbol} {found.inode:<{self.width}}", style

    def _symbol(self, symbol: str) -> str:
        return _ASCII[symbol] if self._painter.ascii else symbol


def _choose(namespace: Namespace, index: int) -> str:
    if namespace.is_machines:
        return MACHINES
    if not namespace.is_shared:
        return ALONE
    return _bracket(namespace.members, index)


def _bracket(members: Sequence[int], index: int) -> str:
    if index == members[0]:
        return FIRST
    return LAST if index == members[-1] else NEXT
