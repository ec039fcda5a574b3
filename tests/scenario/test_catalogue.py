"""The catalogue as it lies in its files: what each scenario of it must have to teach and to test.

That each holds on an engine is shown by playing them: ``pytest scenarios``.
"""

from __future__ import annotations

import pytest

from pausedemo.resources import scenarios_dir
from pausedemo.scenario.kinds import ActingStep, JudgedStep
from pausedemo.scenario.library import load_scenario
from pausedemo.scenario.parse import Scenario
from pausedemo.scenario.session import images_of

FOLDERS = ("network", "ipc-uts", "pid", "signals", "lifecycle", "kubelet")
SMALL = 14

#: The behaviours that a pod rests on; each has a scenario of its name.
BEHAVIOURS = {
    "network": {
        *("net-join", "net-listen", "net-port-conflict", "net-same-ip", "net-full-id"),
        *("net-publish-member", "net-hostname-member", "net-files", "net-missing"),
        *("net-stopped", "net-frozen", "net-self", "host-network", "own-network"),
    },
    "ipc-uts": {
        *("uts-not-shared", "ipc-shareable", "ipc-shm", "host-pid", "host-ipc", "own-ipc"),
    },
    "pid": {
        *("pid-isolated", "pid-shared", "pid-parents", "pid-top", "zombie-reaped", "zombie-kept"),
        *("init-kill9", "init-term", "proc-root", "signal-sibling", "init-flag"),
    },
    "signals": {
        *("stop-isolated", "stop-shared", "stop-trap", "exit-leaves-child", "stop-multiprocess"),
    },
    "lifecycle": {
        *("pause-kill-shared", "pause-stop-shared", "pause-stop-isolated", "pause-restart-alone"),
        *("member-rejoin", "member-start-no-pause", "pause-removed", "engine-restart-policy"),
    },
}
PATHS = sorted(path for folder in FOLDERS for path in (scenarios_dir() / folder).glob("*.yaml"))


@pytest.fixture(scope="module", params=PATHS, ids=[path.stem for path in PATHS])
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return load_scenario(request.param)


@pytest.mark.parametrize("folder", BEHAVIOURS)
def test_every_behaviour_has_its_scenario(folder: str) -> None:
    there = {path.stem for path in PATHS if path.parent.name == folder}
    assert there >= BEHAVIOURS[folder]


def test_each_teaches_and_says_what_it_rests_on(scenario: Scenario) -> None:
    file = scenario.file
    assert len(file.explain.split()) > 15
    assert file.source
    assert all(link.startswith("https://") for link in file.source)
    assert not file.title.endswith(".")


def test_each_is_small_and_needs_only_pause_and_busybox(scenario: Scenario) -> None:
    assert images_of(scenario) <= {"pause", "busybox"}
    assert len(scenario.file.steps) <= SMALL
    assert all(step.name for step in scenario.file.steps)


def test_each_is_tagged_by_where_it_lies(scenario: Scenario) -> None:
    folder = next(path.parent.name for path in PATHS if path.stem == scenario.name)
    assert folder in scenario.file.tags


def test_each_expects_something_beyond_that_its_steps_can_be_done(scenario: Scenario) -> None:
    """A scenario of actions that merely succeed would hold on nearly any engine."""
    assert any(
        isinstance(step, JudgedStep)
        and (not isinstance(step, ActingStep) or "error" in step.expect.model_fields_set)
        for step in scenario.file.steps
    )


def test_each_difference_has_a_reason_of_its_own(scenario: Scenario) -> None:
    for step in scenario.file.steps:
        for outcome in step.differs.values():
            why = outcome if isinstance(outcome, str) else outcome.why
            assert len(why.split()) > 3
