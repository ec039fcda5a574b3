"""The drawing of a pod: its containers, and the namespaces that they share, by inode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausedemo.core.verdicts.results import Portrait
from pausedemo.report.html.portrait.drawing import Picture, draw
from pausedemo.report.html.portrait.metrics import TALL, WIDE
from pausedemo.report.html.portrait.sharing import (
    Sharing,
    compute_sharing,
    describe_backdrop,
    describe_sharing,
    join_names,
)
from pausedemo.report.text import join_lines

#: More containers than this stand below each other on every screen.
_SIDE_BY_SIDE_MAX: Final = 9
#: More containers than this are only counted in a title.
_NAMED_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """A portrait drawn, and told in words.

    The ``pictures`` show the same: a page shows the one that fits. ``rows`` are (namespace,
    whose, containers). ``note`` says what the pictures leave out.
    """

    title: str
    pictures: tuple[Picture, ...]
    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    note: str


def draw_portrait(portrait: Portrait | None) -> Drawing | None:
    """Draw it; None where there is none, or nobody ran."""
    if portrait is None or not portrait.residents:
        return None
    sharing = compute_sharing(portrait)
    shapes = [WIDE, TALL] if len(sharing.residents) <= _SIDE_BY_SIDE_MAX else [TALL]
    return Drawing(
        title=f"Namespaces of {_name_subject(sharing)}",
        pictures=tuple(draw(sharing, metrics) for metrics in shapes),
        sentences=describe_sharing(sharing),
        rows=tuple(
            (one.label, one.whose, ", ".join(sharing.name_of(index) for index in one.members))
            for one in (*sharing.namespaces, *sharing.backdrop)
        ),
        note=" ".join(describe_backdrop(sharing)),
    )


def _name_subject(sharing: Sharing) -> str:
    """The pods, or the containers where there is no pod."""
    if any(name for name, _ in sharing.pods):
        return join_names(
            [f"pod {join_lines(name)}" if name else "others" for name, _ in sharing.pods]
        )
    names = [join_lines(resident.name) for resident in sharing.residents]
    return join_names(names) if len(names) <= _NAMED_MAX else f"{len(names)} containers"


__all__ = ["Drawing", "draw_portrait"]
