"""Lines of text that fit their boxes, whatever font a browser takes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from pausedemo.report.html.portrait.boxes import Box

# A character's width in font sizes. Fonts differ: those of the wide ones (DejaVu Sans).
_PLAIN: Final = 0.62
_BOLD: Final = 0.70
_WIDE: Final = 1.05


@dataclass(frozen=True, slots=True)
class Text:
    """One line in the middle of ``box``, or at its start. ``turned``: it reads upwards.

    ``kind`` are CSS classes; ``size`` is the font's, in CSS pixels.
    """

    kind: str
    content: str
    box: Box
    size: float
    bold: bool = False
    at_start: bool = False
    turned: bool = False

    @property
    def length(self) -> float:
        """How long the line is at most."""
        return measure(self.content, self.size, bold=self.bold)

    @property
    def room(self) -> float:
        """How long it may be."""
        return self.box.height if self.turned else self.box.width

    @property
    def at(self) -> tuple[float, float]:
        """The point to which the line is anchored, half way up its letters."""
        x, y = self.box.middle
        return (self.box.x, y) if self.at_start else (x, y)


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """How long a line is at most."""
    narrow = _BOLD if bold else _PLAIN
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * ((len(text) - wide) * narrow + wide * _WIDE)


def clip(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """``text``, or as much of its start as there is room for, and an ellipsis."""
    if measure(text, size, bold=bold) <= room:
        return text
    while text and measure(f"{text}…", size, bold=bold) > room:
        text = text[:-1]
    return f"{text}…"


def wrap_name(name: str, room: float, size: float) -> list[str]:
    """A bold name on one line, or on two, broken behind a hyphen where that fits."""
    if measure(name, size, bold=True) <= room:
        return [name]
    cut = max(at for at in range(len(name)) if measure(name[:at], size, bold=True) <= room)
    cut = name.rfind("-", 0, cut) + 1 or max(cut, 1)
    return [name[:cut], clip(name[cut:], room, size, bold=True)]
