"""Containers outside of pods, on the engine: what is made, seen, refused and taken down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.verdicts.results import StepResult
from pausedemo.scenario.library import load_scenario
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.runner import play
from tests.scenario.conftest import Stager

HEAD = """
name: bare
title: Containers outside of pods
containers:
  pause: {image: pause, ipc: shareable}
  a:
    image: busybox
    command: [sleep, "3600"]
    network: container:pause
    ipc: container:pause
    pid: container:pause
  late: {image: busybox, command: [sleep, "3600"], network: "container:pause"}
steps:
"""


def play_text(stager: Stager, steps: str, *, portraits: bool = False) -> tuple[StepResult, ...]:
    path: Path = stager.folder / "bare.yaml"
    path.write_text(HEAD + steps)
    settings = replace(stager.settings, portraits=portraits)
    played = play(load_scenario(path), stager.engine, SystemClock(), settings, SilentListener())
    assert stager.left() == []
    return played.result.steps


def statuses(steps: tuple[StepResult, ...]) -> list[str]:
    return [step.status.value for step in steps]


def test_they_join_each_other_and_are_seen_by_the_names_of_the_file(stager: Stager) -> None:
    steps = play_text(
        stager,
        """
- run: {containers: [pause, a, late]}
- namespaces: {containers: [NODE, pause, a]}
  expect:
    namespaces: {shared: {net: [pause, a], pid: [pause, a]}, separate: {net: [NODE, a]}}
- top: {container: a}
  expect: {ps: {count: 1, has: [{command: sleep 3600}]}}
- inspect: {container: a}
  expect: {state: running, network_mode: {matches: '^container:[0-9a-f]{64}$'}, restart_count: 0}
- pause: {container: a}
- wait: {container: a, state: paused}
- unpause: {container: a}
- restart: {container: a, grace_s: 0}
- exec: {container: a, command: [sh, -c, 'echo out; echo err >&2'], detach: true}
- logs: {container: a}
  expect: {stdout: "", stderr: ""}
- remove: {container: a, force: true}
- inspect: {container: a}
  expect: {state: running}
""",
    )
    assert statuses(steps) == ["passed"] * 11 + ["error"]
    assert "No such container" in steps[-1].output or "no such container" in steps[-1].output
    first, second, _ = steps[0].command.split("\n")
    assert first.startswith("docker run -d --name pausedemo-")
    assert "-pause --ipc shareable" in first
    assert second.count("container:pausedemo-") == 3
    assert "docker exec -d pausedemo-" in steps[8].command


def test_a_refusal_can_be_what_is_expected(stager: Stager) -> None:
    steps = play_text(
        stager,
        """
- create: {container: late}
- start: {container: late}
  expect: {error: {matches: '(?i)no such container|cannot join'}}
- run: {containers: [pause, a]}
  expect: {error: {contains: anything}}
- stop: {container: pause, grace_s: 1}
""",
    )
    assert statuses(steps) == ["passed", "passed", "failed", "skipped"]
    assert steps[1].output.startswith("cannot start container ")
    assert steps[2].failures[0].actual is None


def test_members_go_before_what_they_joined(stager: Stager) -> None:
    steps = play_text(stager, "- run: {containers: [pause, a, late]}\n")
    assert statuses(steps) == ["passed"]


def test_a_portrait_is_taken_when_others_run_than_before(stager: Stager) -> None:
    steps = play_text(
        stager,
        """
- run: {containers: [pause]}
- run: {containers: [a, late]}
- inspect: {container: a}
  expect: {state: running}
- stop: {container: a, grace_s: 0}
""",
        portraits=True,
    )
    assert [step.portrait is not None for step in steps] == [False, True, False, True]
    both, one = steps[1].portrait, steps[3].portrait
    assert both is not None
    assert one is not None
    assert [(resident.name, resident.pod) for resident in both.residents] == [
        ("pause", ""),
        ("a", ""),
        ("late", ""),
    ]
    pause, a, _ = (resident.namespaces for resident in both.residents)
    assert {kind for kind in pause if pause[kind] == a[kind]} >= {"net", "ipc", "pid"}
    assert pause["mnt"] != a["mnt"]
    assert both.node["net"] != pause["net"]
    assert [resident.name for resident in one.residents] == ["pause", "late"]


@pytest.mark.parametrize("label", [naming.RUN, naming.OWNER, naming.SCENARIO])
def test_they_bear_the_labels_by_which_they_are_taken_down(stager: Stager, label: str) -> None:
    path = stager.folder / "bare.yaml"
    path.write_text(HEAD + "- run: {containers: [pause, a, late]}\n")
    scenario = load_scenario(path)
    try:
        play(scenario, stager.engine, SystemClock(), stager.settings, SilentListener(), keep=True)
        found = stager.engine.list_containers({label: None, naming.RUN: stager.run})
        assert len(found) == 3
        joined = [row.name for row in found if naming.JOINED in row.labels]
        assert [name.rpartition("-")[2] for name in joined] == ["pause"]
    finally:
        for name in stager.left():
            stager.engine.remove_container(name)
