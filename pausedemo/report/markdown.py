"""Text in GitHub Flavored Markdown that shows as it is, whatever it holds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from pausedemo.report.text import join_lines


def fence(text: str, language: str = "text") -> str:
    """A code block whose fence is longer than any run of backticks in ``text``."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}{language}\n{text}\n{mark}"


def escape_inline(text: str) -> str:
    """Text on one line that Markdown shows as it is: no tags, links, emphasis or mentions."""
    escaped = html.escape(join_lines(text), quote=False)
    escaped = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", escaped)
    # A zero-width mark keeps @name from telling a person, and addresses from becoming links.
    return escaped.replace("@", "&#64;").replace("://", "&#58;//")


def render_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown already, each on one line."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
