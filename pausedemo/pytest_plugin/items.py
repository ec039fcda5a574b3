"""A scenario file as a pytest file, and its scenario as a pytest item."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from pausedemo.core.verdicts.results import ScenarioResult, Status
from pausedemo.errors import InvalidFile, PausedemoError
from pausedemo.pytest_plugin.failure import describe_known, describe_stale, represent
from pausedemo.pytest_plugin.told import attach
from pausedemo.pytest_plugin.venue import Venue, find_venue, is_skipped, stoppable
from pausedemo.report.text import join_lines
from pausedemo.scenario.library import load_scenario
from pausedemo.scenario.parse import Scenario

MARKER: Final = "pausedemo"
#: pytest acts on these; a scenario's tag of that name is a keyword only.
NO_MARKERS: Final = frozenset({"parametrize", "skip", "skipif", "usefixtures", "xfail"})


class StaleDifferenceWarning(pytest.PytestWarning):
    """A scenario's file says that this engine differs, and it does not."""


class ScenarioWentWrong(Exception):
    """A scenario that ended otherwise than it should; pytest shows ``result``, no traceback."""

    def __init__(self, result: ScenarioResult) -> None:
        self.result = result
        super().__init__(f"{result.name}: {result.status}")


class ScenarioFile(pytest.File):
    """A file that holds one scenario. Collecting it needs no engine."""

    def collect(self) -> Iterator[ScenarioItem]:
        # What a person reads names the file as they would type it.
        path = Path(os.path.relpath(self.path))
        try:
            scenario = load_scenario(path)
        except PausedemoError as error:
            raise self.CollectError(_list_problems(error)) from error
        yield ScenarioItem.from_parent(self, name=scenario.name, scenario=scenario)


class ScenarioItem(pytest.Item):
    """A scenario. Its tags are markers, registered as they are met."""

    def __init__(self, *, scenario: Scenario, **others: Any) -> None:
        super().__init__(**others)
        self.scenario = scenario
        self.status: Status | None = None
        self.add_marker(MARKER)
        known = {str(line).partition(":")[0].strip() for line in self.config.getini("markers")}
        for tag in scenario.file.tags:
            self.extra_keyword_matches.add(tag)
            if tag in NO_MARKERS:
                continue
            if tag not in known:
                self.config.addinivalue_line("markers", f"{tag}: a tag of pausedemo's scenarios")
            self.add_marker(tag)

    @property
    def venue(self) -> Venue:
        return find_venue(self.config)

    def setup(self) -> None:
        """Find the engine and the images: what is wrong here says nothing of the scenario."""
        try:
            with stoppable():
                self._find_what_it_needs()
        except PausedemoError as error:
            trouble = error
        else:
            return
        # Out of the handler, or pytest would show the error twice, as the cause of its own.
        if is_skipped(trouble, self.venue.settings):
            pytest.skip(join_lines(str(trouble)))
        pytest.fail(str(trouble), pytrace=False)

    def runtest(self) -> None:
        with stoppable():
            result = self.venue.play(self.scenario)
        self.status = result.status
        if not result.status.is_good:
            raise ScenarioWentWrong(result)
        for line in describe_stale(result):
            self.warn(StaleDifferenceWarning(line))
        if result.status is Status.KNOWN_DIFFERENCE:
            if self.config.getoption("runxfail"):
                raise ScenarioWentWrong(result)
            pytest.xfail(describe_known(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        match excinfo.value:
            case ScenarioWentWrong() as wrong:
                return represent(wrong.result, self.config.get_terminal_writer().fullwidth)
            case StaleDifferenceWarning() | PausedemoError() as error:
                return str(error)
            case _:
                return super().repr_failure(excinfo, style)

    def _find_what_it_needs(self) -> None:
        facts = self.venue.open()
        if not self.scenario.applies_to(facts):
            pytest.skip(f"applies to {' or '.join(self.scenario.file.engines)} only")
        self.venue.prepare(self.scenario)
        # For JUnit XML; named as in pausedemo's own report.
        for name in ("name", "version", "api_version", "runtime"):
            self.user_properties.append((f"engine.{name}", join_lines(getattr(facts, name))))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say where a scenario was skipped: at its file, not in our code."""
    report = yield
    if isinstance(item, ScenarioItem):
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), line + 1, report.longrepr[2])
        # A plain string: pytest-xdist sends no enum.
        status = item.status.value if item.status else ""
        attach(report, status, item.venue.describe())
    return report


def _list_problems(error: PausedemoError) -> str:
    if not isinstance(error, InvalidFile):
        return str(error)
    problems = [
        replace(one, source=os.path.normpath(one.source), message=join_lines(one.message))
        for one in error.problems
    ]
    return "\n".join(map(str, problems))
