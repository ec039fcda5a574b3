"""The suite notices: a few mutations of each kind, each shown to one scenario that must fail.

All of them, shown to all scenarios: ``nox -s mutants``, which writes docs/mutants.md.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mutation.bad_pause import BadPause
from mutation.findings import How
from mutation.mutant import TRUTH, Fate
from mutation.play import Ground, play
from mutation.proxy import lying_engine
from mutation.table import MUTATIONS
from pausedemo.core import naming
from pausedemo.core.verdicts.results import ImageUse
from pausedemo.engine.connect import connect
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig
from pausedemo.images.resolve import ResolvedImage
from pausedemo.kubelet.owner import Owner
from pausedemo.scenario.library import load_scenarios
from tests.scenario.conftest import POD, write_scenario

#: How long a step of these scenarios may take on a true engine before we give a false one up.
USUAL_S = 1.0


@pytest.fixture(scope="module")
def ground(
    engine: DockerEngine, engine_socket: str, resolve: Callable[[str], ResolvedImage]
) -> Ground:
    found = [resolve(name) for name in ("pause", "busybox")]
    images = {one.wanted: ImageUse(one.wanted, one.used, one.substitute) for one in found}
    del engine
    return Ground(engine_socket, images)


@pytest.fixture(autouse=True, scope="module")
def leave_no_image(engine: DockerEngine, ground: Ground) -> Iterator[None]:
    del ground
    yield
    for bad in BadPause:
        engine.remove_image(bad.reference)


@pytest.mark.parametrize(
    ("mutation", "scenario"),
    [
        ("drops-pid-mode", "pid-shared"),
        ("network-of-its-own", "net-join"),
        ("pid-joined-unasked", "pid-isolated"),
        ("shm-of-its-own", "ipc-shm"),
        ("uts-of-the-node", "uts-not-shared"),
        ("pause-keeps-zombies", "zombie-reaped"),
        ("pause-fails-at-term", "pause-stop-shared"),
        ("init-for-everyone", "zombie-kept"),
        ("stop-kills-at-once", "stop-isolated"),
        ("siblings-die", "stop-multiprocess"),
        ("child-left-behind", "exit-leaves-child"),
        ("restart-policy-lost", "engine-restart-policy"),
        ("network-outlives-pause", "pause-stop-isolated"),
        ("start-starts-pause", "member-start-no-pause"),
        ("hostname-dropped", "net-hostname-member"),
        ("refusals-without-id", "net-stopped"),
        ("exit-code-0", "pause-kill-shared"),
        ("name-instead-of-id", "net-full-id"),
        ("top-of-all", "pid-top"),
        ("exec-as-root", "proc-root"),
        ("exec-does-nothing", "pre-stop"),
        ("exec-exit-code-0", "probe-liveness"),
        # By its output, too: a machine under load makes up for a second that nobody waited.
        ("stop-without-grace", "stop-trap"),
        ("volumes-dropped", "restart-always"),
    ],
)
def test_a_mutation_is_noticed(
    mutation: str, scenario: str, ground: Ground, engine: DockerEngine
) -> None:
    (loaded,) = load_scenarios([scenario])
    pace = [USUAL_S] * len(loaded.file.steps)
    found = play(MUTATIONS[mutation], loaded, ground, pace).finding
    assert found.caught, found
    assert found.step, found
    assert engine.list_containers({naming.OWNER: str(Owner.this_process())}) == ()


def test_a_container_that_joins_itself_is_no_sandbox_to_start_first(ground: Ground) -> None:
    (loaded,) = load_scenarios(["net-self"])
    found = play(MUTATIONS["start-starts-pause"], loaded, ground).finding
    assert (found.how, found.told) == (How.PASSED, 0), found


KUBELET = """
- apply: {}
- kill: {container: POD}
- containers: {}
  within_s: 60
  expect: {containers: {count: 3, only: [{state: running, attempt: 1}]}}
- exec: {container: side, command: [echo, whole]}
  expect: {stdout: "whole\\n"}
"""


@pytest.mark.parametrize(
    "mutation", [name for name, one in MUTATIONS.items() if one.fate is Fate.TOLERATED]
)
def test_an_oddity_is_tolerated(mutation: str, ground: Ground, tmp_path: Path) -> None:
    # Its containers let the whole grace pass when their sandbox is replaced.
    pod = POD.replace("spec:", "spec:\n  terminationGracePeriodSeconds: 1")
    (loaded,) = load_scenarios([str(write_scenario(tmp_path, KUBELET, pod, kubelet=True))])
    found = play(MUTATIONS[mutation], loaded, ground).finding
    assert found.how is How.PASSED, found
    assert found.told, found


def test_an_engine_that_ignores_filters_makes_nobody_else_s_containers_ours(
    engine_socket: str, engine: DockerEngine, busybox_image: str
) -> None:
    name = f"pausedemo-test-stranger-{uuid.uuid4().hex[:12]}"
    with contextlib.ExitStack() as stack:
        engine.create_container(ContainerConfig(name=name, image=busybox_image))
        stack.callback(engine.remove_container, name)
        proxy = stack.enter_context(lying_engine(engine_socket, MUTATIONS["list-without-filters"]))
        through = stack.enter_context(contextlib.closing(connect(proxy.url)))
        assert name in {row.name for row in through.list_containers({})}
        wanted: dict[str, str | None] = {naming.RUN: "nobody", naming.OWNER: None}
        assert through.list_containers(wanted) == ()
        assert proxy.told


def test_a_crash_of_ours_is_told_as_such(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_arguments: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("pausedemo.scenario.runner.make_performer", crash)
    (loaded,) = load_scenarios([str(write_scenario(tmp_path, "- apply: {}"))])
    found = play(TRUTH, loaded, ground).finding
    assert (found.how, found.said, found.told) == (How.CRASHED, "ZeroDivisionError()", 0)
