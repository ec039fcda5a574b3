"""A Dockerfile's text becomes lines of instructions; pure, and ignorant of what they mean.

Directives, comments and continuations as moby 20.10 has them (buildkit 0.8
``frontend/dockerfile/parser``). Line numbers count from 1.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from pausedemo.embedded.errors import BadParameter

DIRECTIVE: Final = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
FLAG_END: Final = "--"


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction as it stands: ``flags`` like ``--from=x``, ``rest`` what follows them.

    ``text`` is the whole instruction with its continuations joined.
    """

    number: int
    keyword: str  # upper case
    flags: tuple[str, ...]
    rest: str
    text: str


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """``escape`` is the one character that continues lines and quotes characters."""

    lines: tuple[Line, ...]
    escape: str
    warnings: tuple[str, ...] = ()


def refuse(number: int, message: str) -> BadParameter:
    """The error for a line, in Docker's form; without a number the sentence alone."""
    if not number:
        return BadParameter(message)
    return BadParameter(f"dockerfile parse error line {number}: {message}")


def parse_dockerfile(text: str, escape: str = "\\") -> Dockerfile:
    """All instructions of ``text``. Raises BadParameter.

    ``escape`` is what holds unless a directive says otherwise (a trigger has no directives).
    """
    physical = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    escape = _parse_escape(physical, escape)
    continued = re.compile(re.escape(escape) + r"[ \t]*$")
    lines: list[Line] = []
    joined: list[str] = []
    gaps: list[str] = []
    start, has_gap = 0, False
    for number, line in enumerate(physical, 1):
        if line.lstrip().startswith("#"):
            continue
        if not line.strip():
            has_gap = has_gap or bool(joined)
            continue
        if not joined:
            start, has_gap, line = number, False, line.lstrip()
        goes_on = continued.search(line)
        joined.append(line[: goes_on.start()] if goes_on else line)
        if not goes_on:
            _finish(lines, gaps, start, joined, has_gap)
            joined = []
    _finish(lines, gaps, start, joined, has_gap=False)
    if not lines:
        raise BadParameter("file with no instructions")
    return Dockerfile(tuple(lines), escape, _render_warnings(gaps))


def _finish(
    lines: list[Line], gaps: list[str], start: int, joined: list[str], has_gap: bool
) -> None:
    text = "".join(joined).strip()
    if text:
        lines.append(_split_line(start, text))
    if has_gap:
        gaps.append(text)


def _render_warnings(gaps: list[str]) -> tuple[str, ...]:
    if not gaps:
        return ()
    return (
        *(f"[WARNING]: Empty continuation line found in:\n    {text}" for text in gaps),
        "[WARNING]: Empty continuation lines will become errors in a future release.",
    )


def _parse_escape(physical: list[str], escape: str) -> str:
    """Directives stand at the very top, each once; any other line ends them."""
    seen = set()
    for number, line in enumerate(physical, 1):
        directive = DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        name, value = directive[1].lower(), directive[2]
        if name not in {"escape", "syntax"}:
            break
        if name in seen:
            raise refuse(number, f"only one {name} parser directive can be used")
        seen.add(name)
        if name == "escape":
            if value not in {"\\", "`"}:
                raise refuse(number, f"invalid ESCAPE '{value}'. Must be ` or \\")
            escape = value
    return escape


def _split_line(number: int, text: str) -> Line:
    keyword, rest = _split_word(text)
    flags: list[str] = []
    while rest.startswith(FLAG_END):
        flag, rest = _split_word(rest)
        if flag == FLAG_END:
            break
        flags.append(flag)
    return Line(number, keyword.upper(), tuple(flags), rest, text)


def _split_word(text: str) -> tuple[str, str]:
    word, *rest = text.split(maxsplit=1)
    return word, rest[0].strip() if rest else ""


def parse_json_words(rest: str) -> tuple[str, ...] | None:
    """The words of the JSON form ``["a", "b"]``; None when ``rest`` is no JSON, and so plain text.

    Raises BadParameter for an array of anything but strings.
    """
    if not rest.startswith("["):
        return None
    try:
        words = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(word, str) for word in words):
        raise BadParameter("when using JSON array syntax, arrays must be comprised of strings only")
    return tuple(words)


def split_words(rest: str, escape: str) -> tuple[str, ...]:
    """Words parted by blanks that are neither quoted nor escaped; quotes and escapes stay in."""
    words: list[str] = []
    word, quote = "", ""
    position = 0
    while position < len(rest):
        character = rest[position]
        position += 1
        if character == escape and quote != "'" and position < len(rest):
            character += rest[position]
            position += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            if word:
                words.append(word)
            word = ""
            continue
        word += character
    return (*words, word) if word else tuple(words)


def split_pairs(keyword: str, rest: str, escape: str) -> tuple[tuple[str, str], ...]:
    """``a=1 b=2``, or the old ``a everything else``, of ENV and LABEL. Raises BadParameter."""
    words = split_words(rest, escape)
    if not words:
        return ()
    if "=" not in words[0]:
        name, *value = rest.split(maxsplit=1)
        if not value:
            raise BadParameter(f"{keyword} must have two arguments")
        return ((name, value[0]),)
    pairs = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            quoted = json.dumps(word, ensure_ascii=False)
            raise BadParameter(
                f"Syntax error - can't find = in {quoted}. Must be of the form: name=value"
            )
        pairs.append((name, text))
    return tuple(pairs)
