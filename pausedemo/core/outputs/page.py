"""The title of an HTML page.

Not with ``html.parser``: on what is not quite HTML it raises AssertionError (``<![x``), and takes
the square of the length (``<a <a <a``). A title's content is plain text up to its end tag: HTML
Living Standard, 13.2.5.2 (RCDATA).
"""

from __future__ import annotations

import html
import re
from typing import Final

# What is open at the end reaches to the end, and no attribute holds a "<": so each character is
# looked at a fixed number of times.
_TITLE: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea)\b.*?(?:</\1|\Z)"
    r"|<title(?:\s[^<>]*)?>(?P<title>.*?)(?:</title|\Z)",
    re.DOTALL | re.IGNORECASE,
)


def parse_title(page: str) -> str | None:
    """Read the text of the first ``<title>``, white space folded; None when there is none."""
    for found in _TITLE.finditer(page):
        if found["title"] is not None:
            return " ".join(html.unescape(found["title"]).split())
    return None
