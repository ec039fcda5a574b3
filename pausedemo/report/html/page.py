"""One page from a template: base.html's blocks, our styles and scripts inside of it.

A page asks for nothing but itself, and its own policy forbids it to: only the styles and scripts
that stand here may act, by their hashes (Content Security Policy level 3). Text that a container
chose is made visible and escaped wherever a template writes it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pausedemo import __version__
from pausedemo.core.verdicts.results import Failure, Status
from pausedemo.report.comparison import compare_values, format_value, is_message, limit_rows
from pausedemo.report.text import (
    STATUS_NAMES,
    STATUS_SYMBOLS,
    STATUS_WORDS,
    count_of,
    describe_attempts,
    describe_steps,
    excerpt_output,
    format_duration,
    make_visible,
    name_difference,
)

_TEMPLATES: Final = "templates"


def render_page(
    template: str,
    when: datetime,
    *,
    styles: Sequence[str] = ("page.css",),
    scripts: Sequence[str] = ("page.js",),
    **context: object,
) -> str:
    """A whole HTML document.

    ``template`` extends base.html; ``styles`` and ``scripts`` are files beside it. ``when`` is
    the date that the page bears, with its time zone; nothing here reads a clock.
    """
    style_texts = [_read(name) for name in styles]
    script_texts = [_read(name) for name in scripts]
    return (
        _make_environment()
        .get_template(template)
        .render(
            context,
            styles=style_texts,
            scripts=script_texts,
            policy=_make_policy(style_texts, script_texts),
            when=when.astimezone(UTC),
            version=__version__,
        )
    )


@cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pausedemo.report.html", _TEMPLATES),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        attempts=describe_attempts,
        count_of=count_of,
        difference=name_difference,
        duration=format_duration,
        excerpt=lambda output: excerpt_output(output, head=300, tail=100),
        paragraphs=split_paragraphs,
        px=lambda length: f"{length:g}",
        rows=_list_rows,
        steps=describe_steps,
        value=format_value,
        web_address=find_web_address,
    )
    environment.tests.update(message=is_message)
    environment.globals.update(
        Status=Status, names=STATUS_NAMES, symbols=STATUS_SYMBOLS, words=STATUS_WORDS
    )
    return environment


def _finalize(value: object) -> object:
    """What a template writes, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return make_visible(value)
    return value


def split_paragraphs(text: str) -> list[str]:
    """Prose by its empty lines, each paragraph on one line."""
    parts = (" ".join(part.split()) for part in make_visible(text).split("\n\n"))
    return [part for part in parts if part]


def find_web_address(text: str) -> str:
    """The address, if ``text`` is one that a link may lead to: http or https, and a host."""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname)
    except ValueError:
        return ""
    plain = text.isprintable() and not any(character in text for character in " \\\"'<>`")
    return text if parts.scheme in ("http", "https") and named and plain else ""


def _list_rows(failure: Failure) -> tuple[object, str]:
    return limit_rows(compare_values(failure.expected, failure.actual))


def _read(name: str) -> Markup:
    # Ours, not a container's: these are written as they are.
    text = files("pausedemo.report.html").joinpath(_TEMPLATES, name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704


def _make_policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Nothing from anywhere, but for these inline texts; data: is the page's empty icon."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {' '.join(map(_hash, styles))}",
            f"script-src {' '.join(map(_hash, scripts))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
