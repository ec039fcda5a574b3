"""Scenarios that are played several times, or several at once, on the engine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.verdicts.results import ImageUse
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig
from pausedemo.errors import EXIT_FAILED, EXIT_PASSED, EXIT_USAGE
from pausedemo.images.resolve import ResolvedImage
from pausedemo.scenario.library import load_scenarios
from pausedemo.scenario.listener import SilentListener
from pausedemo.scenario.schedule import Plan
from pausedemo.scenario.session import run_scenarios
from tests.scenario.conftest import Cli, Stager, write_scenario

ALONE = """
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {containers: [{name: a, image: busybox, command: [sleep, "3600"]}]}
"""
#: The kernel throws the coin: half of all random UUIDs begin with 0 to 7.
TOSS = "read -r coin < /proc/sys/kernel/random/uuid; case $coin in [0-7]*) exit 1;; esac"
COIN = f'[sh, -c, "{TOSS}"]'
HELLO = "[echo, hello]"
#: Often enough that all of them end alike once in ten thousand million runs.
OFTEN = 35
GOOD = "- apply: {}\n- exec: {container: a, command: [echo, hello]}"
BAD = '- apply: {}\n- exec: {container: a, command: ["false"]}'
LOOKING = """
- apply: {}
- namespaces: {containers: [POD, a]}
  expect: {namespaces: {shared: {net: [POD, a]}}}
"""


@pytest.fixture(autouse=True)
def images(pause_image: str, busybox_image: str) -> None:
    """There before, so that no run builds them."""


def write_bare(folder: Path, command: str, name: str) -> Path:
    """A command in one container: far less to make than a pod, for what is played often."""
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\ntitle: A command\n"
        "containers: {a: {image: busybox, command: [sleep, '3600'], network: none}}\n"
        f"steps:\n- run: {{containers: [a]}}\n- exec: {{container: a, command: {command}}}\n"
    )
    return path


def read(report: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(report.read_text())["scenarios"]}


def test_what_passes_only_sometimes_is_flaky_and_fails_the_run(cli: Cli, tmp_path: Path) -> None:
    coin = write_bare(tmp_path, COIN, "coin")
    good = write_bare(tmp_path, HELLO, "good")
    report = tmp_path / "report.json"
    done = cli("run", coin, good, "--repeat", str(OFTEN), "-j", "4", "--json", report)
    assert done.returncode == EXIT_FAILED, done
    scenarios = read(report)
    assert scenarios["coin"]["status"] == "flaky"
    attempts = scenarios["coin"]["attempts"]
    assert len(attempts) == OFTEN
    assert set(attempts) == {"passed", "failed"}
    # What is shown is an attempt that went wrong.
    assert [step["status"] for step in scenarios["coin"]["steps"]] == ["passed", "failed"]
    assert scenarios["good"]["status"] == "passed"
    assert scenarios["good"]["attempts"] == ["passed"] * OFTEN
    assert f"{attempts.count('failed')} of {OFTEN} attempts went wrong" in done.stdout
    # Each scenario is told once, whatever the attempts.
    assert done.stdout.count("━━ good") == 1


def test_until_failure_ends_with_the_attempt_that_went_wrong(cli: Cli, tmp_path: Path) -> None:
    coin = write_bare(tmp_path, COIN, "coin")
    report = tmp_path / "report.json"
    done = cli("run", coin, "--until-failure", "--repeat", str(OFTEN), "--json", report)
    assert done.returncode == EXIT_FAILED, done
    found = read(report)["coin"]
    attempts = found.get("attempts", [found["status"]])
    assert attempts == [*["passed"] * (len(attempts) - 1), "failed"]
    assert found["steps"][1]["status"] == "failed"


def test_until_failure_of_what_never_fails_passes(cli: Cli, tmp_path: Path) -> None:
    good = write_scenario(tmp_path, GOOD, ALONE, name="good")
    report = tmp_path / "report.json"
    done = cli("run", good, "--until-failure", "--repeat", "3", "--json", report)
    assert done.returncode == EXIT_PASSED, done
    assert read(report)["good"]["attempts"] == ["passed"] * 3


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_fail_fast_plays_no_more(cli: Cli, tmp_path: Path, jobs: str) -> None:
    files = [write_scenario(tmp_path, BAD, ALONE, name="bad")]
    files += [write_scenario(tmp_path, GOOD, ALONE, name=f"good-{number}") for number in range(6)]
    report = tmp_path / "report.json"
    done = cli("run", *files, "-x", "-j", jobs, "--json", report)
    assert done.returncode == EXIT_FAILED, done
    scenarios = read(report)
    assert scenarios["bad"]["status"] == "failed"
    assert len(scenarios) < len(files)


def test_two_runs_at_once_with_four_jobs_each_do_not_meet(
    cli: Cli, tmp_path: Path, engine: DockerEngine
) -> None:
    """All pods have one name and all scenarios the same names, in both runs."""
    steps = """
        - run: {containers: [c]}
        - stop: {container: c, grace_s: 0}
        - apply: {pod: p}
        - namespaces: {pod: p, containers: [POD, a]}
          expect: {namespaces: {shared: {net: [POD, a]}}}
    """
    bare = "containers: {c: {image: busybox, command: [sleep, '60'], network: none}}\nsteps:"
    for number in range(6):
        path = write_scenario(tmp_path, steps, ALONE, name=f"same-{number}")
        path.write_text(path.read_text().replace("steps:", bare, 1))
    reports = [tmp_path / f"{number}.json" for number in range(2)]

    def play(report: Path) -> Any:
        return cli("run", tmp_path, "-j", "4", "--repeat", "2", "--json", report)

    with ThreadPoolExecutor(2) as threads:
        for done in threads.map(play, reports):
            assert done.returncode == EXIT_PASSED, done
    for report in reports:
        assert list(read(report)) == [f"same-{number}" for number in range(6)]
        assert all(len(one["attempts"]) == 2 for one in read(report).values())
    assert engine.list_containers({naming.POD_NAME: "alone"}) == ()


def test_a_run_looks_at_the_node_through_one_container(
    stager: Stager, resolve: Callable[[str], ResolvedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    create = stager.engine.create_container

    def note(config: ContainerConfig) -> str:
        made.append(config.name)
        return create(config)

    monkeypatch.setattr(stager.engine, "create_container", note)
    for number in range(4):
        write_scenario(stager.folder, LOOKING, ALONE, name=f"looking-{number}")

    def find(names: Sequence[str]) -> list[ImageUse]:
        return [ImageUse(name, resolve(name).used, False) for name in names]

    outcome = run_scenarios(
        load_scenarios([str(stager.folder)]),
        stager.engine,
        find,
        SystemClock(),
        SilentListener(),
        plan=Plan(jobs=4),
    )
    assert (outcome.result.exit_code, outcome.fatal) == (EXIT_PASSED, None)
    nodes = [name for name in made if name.startswith("pausedemo-node-")]
    assert len(nodes) == 1
    assert nodes[0] not in [row.name for row in stager.engine.list_containers({})]


def test_the_node_s_container_is_made_again_where_it_has_ended(stager: Stager) -> None:
    first = stager.node.exec(["cat", "/proc/sys/kernel/random/boot_id"], 20)
    (container,) = (
        row
        for row in stager.engine.list_containers({naming.OWNER: None})
        if row.name.startswith(f"pausedemo-node-{stager.node._id}")
    )
    stager.engine.kill_container(container.id)
    assert stager.node.exec(["cat", "/proc/sys/kernel/random/boot_id"], 20) == first
    stager.engine.remove_container(f"pausedemo-node-{stager.node._id}-2")
    assert stager.node.exec(["cat", "/proc/sys/kernel/random/boot_id"], 20) == first
    stager.node.close()
    names = [row.name for row in stager.engine.list_containers({naming.OWNER: None})]
    assert not [name for name in names if stager.node._id in name]


def test_what_is_kept_of_several_at_once_are_the_pods_alone(
    cli: Cli, tmp_path: Path, engine: DockerEngine
) -> None:
    pod = ALONE.replace("name: alone", f"name: kept-{uuid.uuid4().hex[:8]}")
    name = pod.split("name: ")[1].split("}")[0]
    for number in range(3):
        write_scenario(tmp_path, LOOKING, pod, name=f"kept-{number}")
    try:
        done = cli("run", tmp_path, "-j", "3", "--keep")
        assert done.returncode == EXIT_PASSED, done
        kept = engine.list_containers({naming.POD_NAME: name})
        assert len(kept) == 6
        assert len({row.labels[naming.POD_UID] for row in kept}) == 3
        run = kept[0].labels[naming.RUN]
        assert {row.id for row in engine.list_containers({naming.RUN: run})} == {
            row.id for row in kept
        }
    finally:
        for row in engine.list_containers({naming.POD_NAME: name}):
            engine.remove_container(row.id)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-j", "0"), "'0' is not auto or a number from 1 to 64"),
        (("-j", "many"), "'many' is not auto or a number from 1 to 64"),
        (("--repeat", "0"), "0 is not in the range"),
    ],
)
def test_a_plan_that_is_none_is_refused(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    done = cli("run", "pid-share", *arguments)
    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    assert message in done.stderr
