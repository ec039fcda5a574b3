"""The engine that a pytest process plays its scenarios on: found once, when the first one runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core.verdicts.results import EngineFacts, ImageUse, ScenarioResult
from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.cleanup import remove_left_behind
from pausedemo.pytest_plugin.options import Settings, read_settings
from pausedemo.report.text import join_lines
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.session import images_of, run_scenarios
from pausedemo.signals import signals_as_errors


class Venue:
    """An engine and its images. With pytest-xdist every worker has its own.

    An engine that does not answer, or has gone, is not asked again: all scenarios after it say so.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.facts: EngineFacts | None = None
        self._engine: Engine | None = None
        self._resolver: ImageResolver | None = None
        self._uses: dict[str, ImageUse] = {}
        self._failure: PausedemoError | None = None

    def open(self) -> EngineFacts:
        """The engine's facts, once it has answered. Raises what ``connect`` does, every time."""
        if self._failure is not None:
            raise self._failure
        if self.facts is None:
            try:
                self.facts = self._connect()
            except PausedemoError as error:
                self._failure = error
                raise
        return self.facts

    def prepare(self, scenario: Scenario) -> None:
        """Have the scenario's images on the engine. Raises ImageUnavailable when they cannot be."""
        self._resolve(sorted(images_of(scenario)))

    def play(self, scenario: Scenario) -> ScenarioResult:
        """Play it; nothing of it is on the engine afterwards, however it ends."""
        engine = self._engine
        if engine is None:
            raise RuntimeError("open() was not called")
        outcome = run_scenarios([scenario], engine, self._resolve, SystemClock(), SilentListener())
        self._failure = outcome.fatal
        if not outcome.result.scenarios and outcome.fatal is not None:
            raise outcome.fatal
        return outcome.result.scenarios[0]

    def describe(self) -> dict[str, Any]:
        """What a report tells of the run, as plain data."""
        if self.facts is None:
            return {}
        name, version = join_lines(self.facts.name), join_lines(self.facts.version)
        about = f"API {self.facts.api_version}, runtime {self.facts.runtime}"
        return {
            "engine": f"{name} {version}, {join_lines(about)}",
            "substitutes": [
                f"{join_lines(use.used)} stands in for {join_lines(use.wanted)}"
                for use in self._uses.values()
                if use.substitute
            ],
        }

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()

    def _connect(self) -> EngineFacts:
        self._engine = connect(self.settings.engine, runtime=self.settings.runtime or None)
        about = self._engine.describe()
        # What lives belongs to others, such as the next worker.
        remove_left_behind(self._engine, kept_too=False, unknown_too=False)
        self._resolver = ImageResolver(self._engine, Policy(self.settings.images))
        return EngineFacts(about.name, about.version, about.api_version, about.runtime)

    def _resolve(self, names: Sequence[str]) -> Sequence[ImageUse]:
        if self._resolver is None:
            raise RuntimeError("open() was not called")
        for image in self._resolver.resolve_all(names):
            self._uses[image.wanted] = ImageUse(image.wanted, image.used, image.substitute)
        return [self._uses[name] for name in names]


_VENUE: Final = pytest.StashKey[Venue]()


def find_venue(config: pytest.Config) -> Venue:
    """This process's venue."""
    if _VENUE not in config.stash:
        config.stash[_VENUE] = venue = Venue(read_settings(config))
        config.add_cleanup(venue.close)
    return config.stash[_VENUE]


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block a SIGTERM ends as Ctrl-C does, after everything was taken down.

    Only the main thread can have it so. Another one runs scenarios where somebody made it.
    """
    if threading.current_thread() is threading.main_thread():
        with signals_as_errors():
            yield
    else:
        yield


def is_skipped(error: PausedemoError, settings: Settings) -> bool:
    """Whether a scenario that meets this error was said to be skipped."""
    return isinstance(error, EngineUnavailable) and settings.no_engine == "skip"
