"""Scenario files as pytest tests, ``pytest scenarios/``; and pods for other tests.

pytest loads this in every project of an environment that holds pausedemo. So only what knows a
scenario from another file is imported here; all else follows with the first scenario collected.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pausedemo.pytest_plugin.options import add_options, read_folders, read_settings
from pausedemo.pytest_plugin.pods import pausedemo_engine, pausedemo_pod
from pausedemo.pytest_plugin.recognise import has_suffix, is_meant
from pausedemo.pytest_plugin.told import restore_longrepr, status_of, write_summary

if TYPE_CHECKING:
    from pausedemo.pytest_plugin.items import ScenarioFile

__all__ = ["pausedemo_engine", "pausedemo_pod"]

#: The marker of every scenario, whatever its tags.
MARKER: Final = "pausedemo"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse wrong settings, and register the marker."""
    read_settings(config)
    config.addinivalue_line(
        "markers", f"{MARKER}: a scenario of pausedemo; the scenario's tags are markers too"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Take scenarios. A YAML file that is asked for by its path is one if nobody else wants it."""
    taken = yield
    if has_suffix(file_path):
        asked = parent.session.isinitpath(file_path) and not taken
        if asked or is_meant(file_path, read_folders(parent.config)):
            taken.append(_take(file_path, parent))
    return taken


def _take(file_path: Path, parent: pytest.Collector) -> ScenarioFile:
    from pausedemo.pytest_plugin import items

    plugins = parent.config.pluginmanager
    if not plugins.is_registered(items):
        plugins.register(items, items.__name__)
    return items.ScenarioFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Before the terminal: a report that comes from another process has lost its form."""
    restore_longrepr(report)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Tell an error of a scenario from a failure."""
    return status_of(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the engine, where scenarios ran."""
    write_summary(terminalreporter)
