"""Lines, rules, prose, commands and outputs on a rich console, safe whatever they hold.

Text goes to rich as ``Text``, never as a string: a ``[bracket]`` or ``:word:`` of an output is
no markup. Each output line stands behind a bar. That sets it apart from what we say, and keeps
a line such as ``::error::`` from being obeyed where GitHub Actions reads the log.
"""

from __future__ import annotations

import textwrap
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pausedemo.core.verdicts.results import Status
from pausedemo.report.text import (
    STATUS_SYMBOLS,
    STATUS_WORDS,
    excerpt_output,
    join_lines,
    make_visible,
)

STATUS_STYLES: Final = {
    Status.PASSED: "bold green",
    Status.KNOWN_DIFFERENCE: "bold cyan",
    Status.FAILED: "bold red",
    Status.ERROR: "bold magenta",
    Status.FLAKY: "bold magenta",
    Status.SKIPPED: "bold yellow",
}
_ASCII_SYMBOLS: Final = {"✓": "+", "≠": "#", "✗": "x", "│": "|", "━": "-", "↪": ">"}

# Prose wider than this is hard to read, however wide the terminal.
_PROSE_WIDTH_MAX: Final = 88


class Painter:
    """Writes to one console. ``Part`` arguments are (text, rich style); text is made safe here.

    ``plain``: no colour and nothing that moves, because it is no terminal, a dumb one, or
    ``NO_COLOR`` is set.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.plain = not console.is_terminal or console.is_dumb_terminal or console.no_color
        self.ascii = not _can_encode("".join(_ASCII_SYMBOLS), console.encoding)

    @property
    def width(self) -> int:
        """Columns of the console."""
        return self.console.width

    def print_line(self, *parts: tuple[str, str]) -> None:
        """One line, however long: the terminal wraps it, so that it can be copied whole."""
        line = Text()
        for text, style in parts:
            line.append(self.encode(make_visible(text).replace("\n", " ")), self._style(style))
        line.rstrip()
        self.console.print(line, soft_wrap=True)

    def print_rule(self, name: str) -> None:
        """A name in a line across the screen."""
        bar = self.symbol("━")
        shown = self.encode(join_lines(name))
        rest = max(2, min(self.width, 100) - 4 - cell_len(shown))
        self.print_line((f"{bar}{bar} ", "cyan"), (shown, "bold cyan"), (f" {bar * rest}", "cyan"))

    def print_prose(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Paragraphs, wrapped at words; an empty line parts them."""
        width = max(20, min(self.width, _PROSE_WIDTH_MAX) - indent)
        paragraphs = [" ".join(part.split()) for part in make_visible(text).split("\n\n")]
        for number, paragraph in enumerate(part for part in paragraphs if part):
            if number:
                self.print_line()
            for line in textwrap.wrap(
                self.encode(paragraph), width, break_long_words=False, break_on_hyphens=False
            ):
                self.print_line((" " * indent, ""), (line, style))

    def print_command(self, command: str) -> None:
        """What a person could type, behind a ``$``; further lines as they are."""
        first, *others = make_visible(command).split("\n")
        self.print_line(("  $ ", "cyan"), (first, "bold cyan"))
        for line in others:
            self.print_line(("    ", ""), (line, "bold cyan"))

    def print_output(self, output: str) -> None:
        """What a command printed: all of it, or its first and last lines and a note."""
        shown = excerpt_output(output)
        for line in shown.head:
            self._print_barred(line)
        if shown.note:
            self._print_barred(shown.note, style="italic")
        for line in shown.tail:
            self._print_barred(line)

    def _print_barred(self, text: str, style: str = "") -> None:
        bar = f"  {self.symbol('│')} ", "dim"
        text = self.encode(text)
        first, *others = self.fold(text, self.width - 4)
        self.print_line(bar, (first, style))
        if others:
            rest = text[len(first) :].strip()
            for line in self.fold(rest, self.width - 8):
                self.print_line(bar, (f"  {self.symbol('↪')} ", "dim"), (line, style))

    def fold(self, text: str, width: int) -> list[str]:
        """Lines of ``text``, folded at words on a terminal; a file's lines stay whole."""
        lines = self.encode(text).split("\n")
        if not self.console.is_terminal:
            return lines
        folded = (Text(line).wrap(self.console, max(width, 8)) for line in lines)
        return [piece.plain for pieces in folded for piece in pieces] or [""]

    def measure(self, text: str) -> int:
        """Columns that the longest line of ``text`` takes."""
        return max(cell_len(line) for line in self.encode(text).split("\n"))

    def symbol(self, symbol: str) -> str:
        """The symbol, or its ASCII stand-in where the encoding has it not."""
        return _ASCII_SYMBOLS.get(symbol, symbol) if self.ascii else symbol

    def verdict(self, status: Status) -> tuple[str, str]:
        """Symbol and word, as wide as the widest: colour is never the only sign."""
        symbol = self.symbol(STATUS_SYMBOLS[status])
        return f"{symbol} {STATUS_WORDS[status]:<5}", STATUS_STYLES[status]

    def _style(self, style: str) -> str:
        # rich keeps bold under NO_COLOR; a person who set it wants plain text.
        return "" if self.plain else style

    def encode(self, text: str) -> str:
        """Write what the console's encoding lacks as Python escapes."""
        encoding = self.console.encoding
        return text.encode(encoding, "backslashreplace").decode(encoding)


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
