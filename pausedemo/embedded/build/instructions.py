"""What a Dockerfile's lines mean: one type per instruction, checked before anything is built.

Pure. Words and checks as in buildkit 0.8 ``frontend/dockerfile/instructions``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from pausedemo.embedded.build.dockerfile import (
    Line,
    parse_json_words,
    refuse,
    split_pairs,
    split_words,
)
from pausedemo.embedded.build.durations import parse_duration
from pausedemo.embedded.errors import BadParameter

STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9\-_.]*")
HEREDOC: Final = re.compile(r"""(?:^|\s)<<-?(['"]?)[A-Za-z_]\w*\1(?:\s|$|>)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """``text`` as in the file; ``escape`` holds for its words. ``number``: its line, 0 for none."""

    text: str
    number: int = 0
    escape: str = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class From(Instruction):
    """The image or stage to begin with, and the name of the stage that begins."""

    base: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Instruction):
    """ENV, LABEL, and ARG, whose value may be None."""

    keyword: str
    pairs: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Instruction):
    """COPY and ADD. ``stage``: what ``--from`` names, or empty for the context."""

    keyword: str
    sources: tuple[str, ...]
    destination: str
    stage: str = ""
    chown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Instruction):
    """RUN, CMD and ENTRYPOINT: ``words`` of the exec form, or one text for the shell."""

    keyword: str
    words: tuple[str, ...]
    is_shell: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Instruction):
    """VOLUME, EXPOSE and SHELL, and USER, WORKDIR, STOPSIGNAL, MAINTAINER with one word."""

    keyword: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck(Instruction):
    """``health`` is the image configuration's object; times in nanoseconds."""

    health: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Onbuild(Instruction):
    """``trigger`` is the instruction that a build on this image executes first."""

    trigger: str


def parse_instruction(line: Line, escape: str) -> Instruction:
    """The instruction of a line. Raises BadParameter, naming the line."""
    parser = PARSERS.get(line.keyword)
    if parser is None:
        raise refuse(line.number, f"unknown instruction: {line.keyword}")
    try:
        return parser(line, escape)
    except BadParameter as error:
        raise refuse(line.number, str(error)) from error


def _read_flags(line: Line, known: Collection[str]) -> dict[str, str]:
    flags: dict[str, str] = {}
    for flag in line.flags:
        name, equals, value = flag[2:].partition("=")
        if line.keyword == "RUN":
            raise BadParameter(
                f"the --{name} option requires BuildKit, which this engine does not have"
            )
        if name not in known:
            raise BadParameter(f"Unknown flag: {name}")
        if not equals:
            raise BadParameter(f"Missing a value on flag: {name}")
        if name in flags:
            raise BadParameter(f"Duplicate flag specified: {name}")
        flags[name] = value
    return flags


def _common(line: Line, escape: str) -> dict[str, Any]:
    return {"text": line.text, "number": line.number, "escape": escape}


def _parse_from(line: Line, escape: str) -> From:
    flags = _read_flags(line, {"platform"})
    if flags:
        raise BadParameter("FROM --platform: this engine runs this machine's programs only")
    match line.rest.split():
        case [base]:
            return From(base=base, **_common(line, escape))
        case [base, word, name] if word.lower() == "as":
            name = name.lower()
            if not STAGE_NAME.fullmatch(name):
                raise BadParameter(
                    f'invalid name for build stage: "{name}", '
                    "name can't start with a number or contain symbols"
                )
            return From(base=base, name=name, **_common(line, escape))
    raise BadParameter("FROM requires either one or three arguments")


def _parse_pairs(line: Line, escape: str) -> Pairs:
    _read_flags(line, ())
    pairs: tuple[tuple[str, str | None], ...]
    if line.keyword == "ARG":
        words = split_words(line.rest, escape)
        split = [word.partition("=") for word in words]
        pairs = tuple((name, value if equals else None) for name, equals, value in split)
    else:
        pairs = split_pairs(line.keyword, line.rest, escape)
    if not pairs:
        raise BadParameter(f"{line.keyword} requires at least one argument")
    if not all(name for name, _ in pairs):
        raise BadParameter(f"{line.keyword} names can not be blank")
    return Pairs(keyword=line.keyword, pairs=pairs, **_common(line, escape))


def _parse_copy(line: Line, escape: str) -> Copy:
    flags = _read_flags(line, {"from", "chown"} if line.keyword == "COPY" else {"chown"})
    _refuse_heredoc(line)
    words = parse_json_words(line.rest)
    words = tuple(line.rest.split()) if words is None else words
    if len(words) < 2:
        problem = "requires at least two arguments"
        if words:
            problem += ", but only one was provided. Destination could not be determined."
        raise BadParameter(f"{line.keyword} {problem}")
    return Copy(
        keyword=line.keyword,
        sources=words[:-1],
        destination=words[-1],
        stage=flags.get("from", ""),
        chown=flags.get("chown", ""),
        **_common(line, escape),
    )


def _refuse_heredoc(line: Line) -> None:
    if HEREDOC.search(line.rest):
        raise BadParameter("here-documents require BuildKit, which this engine does not have")


def _parse_command(line: Line, escape: str) -> Command:
    _read_flags(line, ())
    _refuse_heredoc(line)
    words = parse_json_words(line.rest)
    is_shell = words is None
    if words is None:
        words = (line.rest,) if line.rest else ()
    if line.keyword == "RUN" and not words:
        raise BadParameter("RUN requires at least one argument")
    return Command(keyword=line.keyword, words=words, is_shell=is_shell, **_common(line, escape))


def _parse_one(line: Line, escape: str) -> Words:
    _read_flags(line, ())
    if not line.rest:
        raise BadParameter(f"{line.keyword} requires exactly one argument")
    return Words(keyword=line.keyword, words=(line.rest,), **_common(line, escape))


def _parse_several(line: Line, escape: str) -> Words:
    _read_flags(line, ())
    words = parse_json_words(line.rest) if line.keyword != "EXPOSE" else None
    if words is None:
        if line.keyword == "SHELL" and line.rest:
            raise BadParameter("SHELL requires the arguments to be in JSON form")
        words = tuple(line.rest.split())
    if not words:
        raise BadParameter(f"{line.keyword} requires at least one argument")
    if line.keyword == "VOLUME" and not all(word.strip() for word in words):
        raise BadParameter("VOLUME specified can not be an empty string")
    return Words(keyword=line.keyword, words=words, **_common(line, escape))


HEALTH_TIMES: Final = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}


def _parse_healthcheck(line: Line, escape: str) -> Healthcheck:
    flags = _read_flags(line, {*HEALTH_TIMES, "retries"})
    kind, _, rest = line.rest.partition(" ")
    rest = rest.strip()
    if not kind:
        raise BadParameter("HEALTHCHECK requires at least one argument")
    if kind.upper() == "NONE":
        if rest:
            raise BadParameter("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(health={"Test": ["NONE"]}, **_common(line, escape))
    if kind.upper() != "CMD":
        raise BadParameter(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    if not rest:
        raise BadParameter("Missing command after HEALTHCHECK CMD")
    words = parse_json_words(rest)
    health: dict[str, Any] = {"Test": ["CMD-SHELL", rest] if words is None else ["CMD", *words]}
    for flag, key in HEALTH_TIMES.items():
        if flag in flags:
            health[key] = parse_duration(flag, flags[flag])
    if "retries" in flags:
        if not re.fullmatch("0*[1-9][0-9]{0,8}", flags["retries"]):
            raise BadParameter(f"--retries must be at least 1 (not {flags['retries']})")
        health["Retries"] = int(flags["retries"])
    return Healthcheck(health=health, **_common(line, escape))


def _parse_onbuild(line: Line, escape: str) -> Onbuild:
    _read_flags(line, ())
    if not line.rest:
        raise BadParameter("ONBUILD requires at least one argument")
    keyword = line.rest.split()[0].upper()
    if keyword == "ONBUILD":
        raise BadParameter("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if keyword in {"MAINTAINER", "FROM"}:
        raise BadParameter(f"{keyword} isn't allowed as an ONBUILD trigger")
    return Onbuild(trigger=line.rest, **_common(line, escape))


PARSERS: Final[dict[str, Callable[[Line, str], Instruction]]] = {
    "FROM": _parse_from,
    **dict.fromkeys(("ENV", "LABEL", "ARG"), _parse_pairs),
    **dict.fromkeys(("COPY", "ADD"), _parse_copy),
    **dict.fromkeys(("RUN", "CMD", "ENTRYPOINT"), _parse_command),
    **dict.fromkeys(("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"), _parse_one),
    **dict.fromkeys(("VOLUME", "EXPOSE", "SHELL"), _parse_several),
    "HEALTHCHECK": _parse_healthcheck,
    "ONBUILD": _parse_onbuild,
}
