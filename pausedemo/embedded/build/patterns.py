"""File name patterns: Go's ``filepath.Match`` for COPY and ADD, and ``.dockerignore``'s. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from pausedemo.embedded.errors import BadParameter

WILDCARDS: Final = "*?["


def has_wildcards(path: str) -> bool:
    """Whether COPY takes ``path`` for a pattern, as dockerd decides it."""
    position = 0
    while position < len(path):
        if path[position] == "\\":
            position += 1
        elif path[position] in WILDCARDS:
            return True
        position += 1
    return False


def compile_pattern(pattern: str, *, deep: bool = False) -> re.Pattern[str]:
    """A regular expression for whole paths; ``deep``: ``**`` matches any number of directories.

    Raises BadParameter for an unfinished class or escape.
    """
    result = ""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if deep and character == "*" and pattern.startswith("*", position):
            position += 1
            if pattern.startswith("/", position):
                position += 1
                result += "(?:.*/)?"
            else:
                result += ".*"
        elif character == "*":
            result += "[^/]*"
        elif character == "?":
            result += "[^/]"
        elif character == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                raise BadParameter("syntax error in pattern")
            inside = pattern[position:end]
            negated = "^" if inside.startswith("^") else ""
            inside = re.sub(r"([\[\]^&~|])", r"\\\1", inside.removeprefix("^"))
            result += f"(?!/)[{negated}{inside}]"
            position = end + 1
        elif character == "\\":
            if position == len(pattern):
                raise BadParameter("syntax error in pattern")
            result += re.escape(pattern[position])
            position += 1
        else:
            result += re.escape(character)
    try:
        return re.compile(result, re.DOTALL)
    except re.error as error:
        raise BadParameter("syntax error in pattern") from error


def is_ignored(ignore_text: str, path: str) -> bool:
    """Whether ``.dockerignore`` leaves ``path`` (relative, a file) out. Raises BadParameter.

    Later lines win, ``!`` takes back, and a directory's pattern covers what is in it.
    """
    ignored = False
    parents = [path]
    while parent := posixpath.dirname(parents[-1]):
        parents.append(parent)
    for line in ignore_text.removeprefix("\ufeff").splitlines():
        text = line.strip()
        if not text or line.startswith("#"):
            continue
        negated = text.startswith("!")
        text = posixpath.normpath(text.removeprefix("!").strip().lstrip("/") or ".")
        pattern = compile_pattern(text, deep=True)
        if any(pattern.fullmatch(candidate) for candidate in parents):
            ignored = not negated
    return ignored
