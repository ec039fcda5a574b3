"""What a scenario's report tells beyond pytest's own words, also from a worker of pytest-xdist.

Of a report's text only a string crosses from a worker to the terminal's process. What else belongs
to it goes along as plain data, and is put together again on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pytest

#: The attribute of a report that holds the plain data.
ATTRIBUTE: Final = "pausedemo"


class Writer(Protocol):
    """What pytest writes a report's text to."""

    hasmarkup: bool

    def write(self, msg: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest's short summary, and the message of JUnit XML, take from a failure."""

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


@dataclass(frozen=True, slots=True)
class ScenarioRepr:
    """A scenario's failure as text, for a report's ``longrepr``."""

    plain: str
    coloured: str
    reprcrash: Crash

    def __str__(self) -> str:
        return self.plain

    def toterminal(self, writer: Writer) -> None:
        """Write it as it suits the terminal."""
        writer.write(self.coloured if writer.hasmarkup else self.plain)


def attach(report: pytest.TestReport, status: str, run: Mapping[str, Any]) -> None:
    """Give a report what crosses to another process: plain data only.

    ``run`` is what the summary tells: the engine and the substitute images.
    """
    told: dict[str, Any] = {"status": status, **run}
    if isinstance(report.longrepr, ScenarioRepr):
        crash = report.longrepr.reprcrash
        told["coloured"] = report.longrepr.coloured
        told["crash"] = [crash.path, crash.lineno, crash.message]
    setattr(report, ATTRIBUTE, told)


def restore_longrepr(report: pytest.TestReport) -> None:
    """Give a report that crossed its form back."""
    told = getattr(report, ATTRIBUTE, {})
    if isinstance(report.longrepr, str) and "crash" in told:
        restored: Any = ScenarioRepr(report.longrepr, told["coloured"], Crash(*told["crash"]))
        report.longrepr = restored


def status_of(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """An error where something could not be seen: that says nothing of the engine's behaviour."""
    told = getattr(report, ATTRIBUTE, None)
    if told and report.failed and told["status"] == "error":
        return "error", "E", "ERROR"
    return None


def write_summary(reporter: pytest.TerminalReporter) -> None:
    """Name the engine that scenarios ran on, and the images that were others than wanted."""
    told = [
        getattr(report, ATTRIBUTE)
        for reports in reporter.stats.values()
        for report in reports
        if hasattr(report, ATTRIBUTE)
    ]
    lines = {f"engine: {one['engine']}": None for one in told if one.get("engine")}
    substitutes = {f"substitute: {line}" for one in told for line in one.get("substitutes", ())}
    if reporter.verbosity < 0:
        lines = {}
    lines |= dict.fromkeys(sorted(substitutes))
    if lines:
        reporter.section("pausedemo")
        for line in lines:
            reporter.write_line(line)
