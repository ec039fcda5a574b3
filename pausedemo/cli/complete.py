"""What a shell offers after a Tab: scenarios, tags, engines.

A shell waits for it at every Tab, so it reads the files' heads alone, without the libraries that
judge a scenario; a file that cannot be read offers nothing, and no error breaks the prompt.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from click.shell_completion import CompletionItem

from pausedemo.errors import PausedemoError

if TYPE_CHECKING:
    from pathlib import Path

    import click

_ENGINES: Final = {
    "auto": "as the docker command finds it",
    "docker": "the default socket of a Docker Engine",
    "podman": "podman's socket",
    "unix://": "a socket",
    "tcp://": "an address",
    "ssh://": "a machine",
}
_WORD_AT_END: Final = re.compile(r"[^\s()]*$")


def complete_places(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of scenarios and their groups, and files."""
    # Files first: bash offers them only where nothing comes after, zsh and fish beside the rest.
    items = [CompletionItem(incomplete, type="file")]
    with contextlib.suppress(PausedemoError):
        heads = list(_read_heads())
        items += [CompletionItem(name, help=title) for name, title, _, _ in heads]
        groups = sorted({group for _, _, _, group in heads if group})
        items += [CompletionItem(group, help=f"all of {group}") for group in groups]
    return [item for item in items if item.type == "file" or item.value.startswith(incomplete)]


def complete_tags(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The tags of the scenarios that come along."""
    return [CompletionItem(tag) for tag in _list_tags() if tag.startswith(incomplete)]


def complete_words(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The last word of an expression: a tag, or an operator."""
    match = _WORD_AT_END.search(incomplete)
    start = match.start() if match else len(incomplete)
    before, word = incomplete[:start], incomplete[start:]
    words = [*_list_tags(), *(("and", "or") if before.strip() else ()), "not"]
    return [CompletionItem(before + one) for one in words if one.startswith(word)]


def complete_engines(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The words for an engine, and what a URL begins with."""
    return [
        CompletionItem(word, help=text)
        for word, text in _ENGINES.items()
        if word.startswith(incomplete)
    ]


def _list_tags() -> list[str]:
    with contextlib.suppress(PausedemoError):
        return sorted({tag for _, _, tags, _ in _read_heads() for tag in tags})
    return []


def _read_heads() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Name, title, tags and group of each scenario that comes along."""
    from pausedemo.scenario.files import group_of, shipped_files

    for name, path in shipped_files().items():
        title, tags = _read_head(path)
        yield name, title, tags, group_of(path)


def _read_head(path: Path) -> tuple[str, tuple[str, ...]]:
    """Title and tags, as they are written on lines of their own above the pods and steps.

    YAML itself is not read: its reader alone takes longer than all else together.
    """
    title = ""
    tags: tuple[str, ...] = ()
    with contextlib.suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8") as file:
        for line in file:
            key, _, value = line.rstrip("\n").partition(":")
            if key in ("pods", "steps"):
                break
            if key == "title":
                title = value.strip().strip("'\"")
            if key == "tags":
                tags = tuple(value.strip().strip("[]").replace(",", " ").split())
    return title, tags
