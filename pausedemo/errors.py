"""Every error that pausedemo raises on purpose, and the exit code each one means.

An error carries its facts as fields; ``str(error)`` is the one message a person reads:
what failed, which object, what to do. Only errors that somebody acts upon get a class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

EXIT_PASSED: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_NO_ENGINE: Final = 3
EXIT_INTERRUPTED: Final = 130


class PausedemoError(Exception):
    """Something went wrong that is not a defect of pausedemo itself."""


class UsageError(PausedemoError):
    """The command line asks for something that cannot be: an unknown scenario, a wrong option."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file. Lines and columns count from 1; 0: the whole file."""

    source: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        return f"{place}: {self.message}"


class InvalidFile(PausedemoError):
    """A manifest or scenario file that cannot be used, with all its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ParseError(PausedemoError):
    """A command's output that is not what the parser knows. ``line_number`` counts from 1."""

    def __init__(self, what: str, line_number: int, line: str) -> None:
        self.what = what
        self.line_number = line_number
        self.line = line
        super().__init__(f"cannot read {what}: line {line_number}: {line!r}")


class EngineUnavailable(PausedemoError):
    """No engine answers. ``tried`` holds (what was tried, why it did not work), in order."""

    def __init__(self, tried: Iterable[tuple[str, str]], remedy: str) -> None:
        self.tried = tuple(tried)
        self.remedy = remedy
        lines = ["no engine answers"]
        lines += [f"  tried {what}: {why}" for what, why in self.tried]
        lines.append(f"  {remedy}")
        super().__init__("\n".join(lines))


class EngineGone(PausedemoError):
    """The engine answered before and does not any more."""


class ImageUnavailable(PausedemoError):
    """No way to get an image led to one. ``tried`` as in EngineUnavailable."""

    def __init__(self, image: str, tried: Iterable[tuple[str, str]], remedy: str) -> None:
        self.image = image
        self.tried = tuple(tried)
        self.remedy = remedy
        lines = [f"cannot get image {image}"]
        lines += [f"  tried {what}: {why}" for what, why in self.tried]
        lines.append(f"  {remedy}")
        super().__init__("\n".join(lines))


class EngineError(PausedemoError):
    """The engine refused a request: the HTTP status, and the engine's own words."""

    def __init__(self, action: str, status: int, message: str) -> None:
        self.action = action
        self.status = status
        self.message = message
        super().__init__(f"cannot {action}: {message}")


class NotFound(EngineError):
    """The engine knows no such object (404)."""


class Conflict(EngineError):
    """The request does not fit the object's present state, or the name is taken (409)."""


class Refused(PausedemoError):
    """Kubernetes' own words for why something is not done: printed with nothing before them."""


class ContainerConfigError(PausedemoError):
    """A container cannot be made as its manifest wants it; the text is its status's message.

    The reason of a container that waits so is CreateContainerConfigError.
    """


class TimedOut(PausedemoError):
    """Something did not happen before its deadline."""


class ExecTimedOut(TimedOut):
    """A command in a container has not ended in time, and still runs.

    ``pid`` is its number on the engine's machine; 0 when it ended meanwhile, or is not known.
    """

    def __init__(self, message: str, pid: int) -> None:
        self.pid = pid
        super().__init__(message)


class Interrupted(KeyboardInterrupt):
    """The person, or the system, asked pausedemo to stop (SIGINT, SIGTERM).

    No PausedemoError: whoever handles those must let this one pass.
    """


def exit_code(error: BaseException) -> int:
    """The process exit code that an error means. The only place that knows."""
    match error:
        case UsageError() | InvalidFile():
            return EXIT_USAGE
        case EngineUnavailable() | EngineGone() | ImageUnavailable():
            return EXIT_NO_ENGINE
        case KeyboardInterrupt():
            return EXIT_INTERRUPTED
        case _:
            return EXIT_FAILED
