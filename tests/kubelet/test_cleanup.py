"""Taking down: what is ours and nobody's any more, fast, and never what is somebody else's."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from pausedemo.core import naming
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig, ContainerSummary, VolumeInfo
from pausedemo.errors import NotFound
from pausedemo.kubelet.cleanup import (
    Holder,
    list_unknown,
    remove_labelled,
    remove_left_behind,
)
from pausedemo.kubelet.owner import Life, Owner
from tests.kubelet.kit import TEST_LABEL, Kits
from tests.waiting import wait_until

SHOW_OWNER = """
from pausedemo.kubelet.owner import Owner
import sys
print(Owner.this_process(), flush=True)
sys.stdin.read()
"""

Create = Callable[..., str]


class Scoped:
    """The engine, of which only one test's containers are seen: no one else's are at risk."""

    def __init__(self, engine: DockerEngine, scope: str) -> None:
        self._engine = engine
        self._scope = scope

    def list_containers(self, labels: Mapping[str, str | None]) -> tuple[ContainerSummary, ...]:
        return self._engine.list_containers({**labels, TEST_LABEL: self._scope})

    def list_volumes(self, labels: Mapping[str, str | None]) -> tuple[VolumeInfo, ...]:
        return self._engine.list_volumes({**labels, TEST_LABEL: self._scope})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture
def scope() -> str:
    return uuid.uuid4().hex[:12]


@pytest.fixture
def scoped(engine: DockerEngine, scope: str) -> Holder:
    return cast(Holder, Scoped(engine, scope))


@pytest.fixture
def create(engine: DockerEngine, busybox_image: str, scope: str) -> Iterator[Create]:
    with contextlib.ExitStack() as made:

        def create(owner: object = None, **labels: str) -> str:
            """A running container; by default one that nobody of ours made."""
            ours = {} if owner is None else {naming.OWNER: str(owner)}
            name = f"cleanup-{scope}-{uuid.uuid4().hex[:8]}"
            config = ContainerConfig(
                name=name,
                image=busybox_image,
                command=("sleep", "3600"),
                labels={TEST_LABEL: scope, **ours, **labels},
                network_mode="none",
            )
            made.callback(engine.remove_container, engine.create_container(config))
            engine.start_container(name)
            return name

        yield create


@contextlib.contextmanager
def another_process() -> Iterator[tuple[Owner, subprocess.Popen[str]]]:
    """A process of its own, with the mark it would put on what it makes."""
    with subprocess.Popen(
        [sys.executable, "-c", SHOW_OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            owner = Owner.parse(process.stdout.readline().strip())
            assert owner is not None
            yield owner, process
        finally:
            process.kill()


@pytest.fixture
def dead() -> Owner:
    """The mark of a process that was killed."""
    with another_process() as (owner, process):
        assert owner.life() is Life.ALIVE
        process.kill()
    assert owner.life() is Life.DEAD
    return owner


ELSEWHERE = Owner("00000000-0000-0000-0000-000000000000", 4026531836, 1, 1)


def left(engine: DockerEngine, scope: str) -> set[str]:
    return {row.name for row in engine.list_containers({TEST_LABEL: scope})}


def test_what_a_dead_owner_left_is_removed_and_nothing_else(
    engine: DockerEngine, create: Create, scope: str, scoped: Holder, dead: Owner
) -> None:
    with another_process() as (alive, _process):
        doomed = {create(dead), create(dead)}
        stays = {
            create(),
            create(alive),
            create(Owner.this_process()),
            create(ELSEWHERE),
            create(dead, **{naming.KEEP: "true"}),
            create("no mark of ours"),
        }
        before = {name: engine.inspect_container(name) for name in stays}
        cleaned = remove_left_behind(scoped, kept_too=False, unknown_too=False)
    assert (set(cleaned.removed), cleaned.failures) == (doomed, ())
    assert left(engine, scope) == stays
    assert {name: engine.inspect_container(name) for name in stays} == before


def test_what_was_kept_is_removed_when_that_is_asked_for(
    engine: DockerEngine, create: Create, scope: str, scoped: Holder, dead: Owner
) -> None:
    kept = create(dead, **{naming.KEEP: "true"})
    stays = {create(), create(Owner.this_process(), **{naming.KEEP: "true"}), create(ELSEWHERE)}
    cleaned = remove_left_behind(scoped, kept_too=True, unknown_too=False)
    assert (cleaned.removed, cleaned.failures) == ((kept,), ())
    assert left(engine, scope) == stays


def test_the_volumes_of_a_dead_owner_s_pods_go_and_others_stay(
    engine: DockerEngine, scope: str, scoped: Holder, dead: Owner
) -> None:
    kept = {naming.OWNER: str(dead), naming.POD_UID: scope, naming.KEEP: "true"}
    labels: dict[str, dict[str, str]] = {
        "dead": {naming.OWNER: str(dead), naming.POD_UID: scope},
        "alive": {naming.OWNER: str(Owner.this_process()), naming.POD_UID: scope},
        "engine": {naming.OWNER: naming.ENGINE_OWNER, naming.POD_UID: scope},
        "kept": kept,
        "no-pod": {naming.OWNER: str(dead)},
    }
    try:
        for name, ours in labels.items():
            engine.create_volume(f"cleanup-{scope}-{name}", {TEST_LABEL: scope, **ours})
        cleaned = remove_left_behind(scoped, kept_too=False, unknown_too=False)
        assert (cleaned.removed, cleaned.failures) == ((f"cleanup-{scope}-dead",), ())
        cleaned = remove_left_behind(scoped, kept_too=True, unknown_too=False)
        assert (cleaned.removed, cleaned.failures) == ((f"cleanup-{scope}-kept",), ())
        left_ones = {one.name for one in scoped.list_volumes({})}
        assert left_ones == {f"cleanup-{scope}-{name}" for name in ("alive", "engine", "no-pod")}
    finally:
        for name in labels:
            engine.remove_volume(f"cleanup-{scope}-{name}")


def test_what_cannot_be_told_is_listed_and_removed_only_when_that_is_asked_for(
    engine: DockerEngine, create: Create, scope: str, scoped: Holder
) -> None:
    unknown = {create(ELSEWHERE), create("no mark of ours")}
    stays = {create(), create(Owner.this_process())}
    assert {row.name for row in list_unknown(scoped)} == unknown
    assert remove_left_behind(scoped, kept_too=True, unknown_too=False).removed == ()
    cleaned = remove_left_behind(scoped, kept_too=True, unknown_too=True)
    assert (set(cleaned.removed), cleaned.failures) == (unknown, ())
    assert left(engine, scope) == stays


def test_a_process_id_that_came_back_is_not_taken_for_the_owner() -> None:
    me = Owner.this_process()
    assert me.life() is Life.ALIVE
    assert Owner(me.boot, me.pid_namespace, me.pid, me.start_ticks + 1).life() is Life.DEAD
    assert Owner.parse(str(me)) == me


def test_a_pod_is_removed_members_first_at_once_and_its_neighbours_stay(
    kits: Kits, create: Create
) -> None:
    kit, neighbour = kits.make(), kits.make()
    kit.sync()
    neighbour.sync()
    bystander = create()
    before = kits.engine.inspect_container(bystander)
    told = []
    with kits.engine.events({naming.POD_UID: kit.pod.uid}) as stream:
        cleaned = remove_labelled(kits.engine, {TEST_LABEL: kit.pod.uid})
        for event in stream:
            told.append((event.action, event.attributes["name"].split("_")[1], event))
            if len(told) == 6:
                break
    assert cleaned.failures == ()
    assert len(cleaned.removed) == 3
    assert kit.rows() == ()
    assert neighbour.names() == ["POD_0", "a_0", "b_0"]
    assert kits.engine.inspect_container(bystander) == before
    destroyed = [name for action, name, _ in told if action == "destroy"]
    assert sorted(destroyed[:2]) == ["a", "b"]
    assert destroyed[2] == "POD"
    # 137: killed. Nobody asked sleep, as PID 1 deaf to TERM, and waited for its grace.
    exits = {name: event.attributes["exitCode"] for action, name, event in told if action == "die"}
    assert exits["a"] == exits["b"] == "137"


def test_teardown_sends_no_term(engine: DockerEngine, create: Create, scope: str) -> None:
    name = create(Owner.this_process())
    docker = engine._client
    filters = {"container": [name], "event": ["kill", "stop", "die", "destroy"]}
    stream = docker.events(decode=True, filters=filters)
    with contextlib.closing(stream):
        remove_labelled(engine, {TEST_LABEL: scope})
        seen: list[tuple[str, str]] = []
        while not seen or seen[-1][0] != "destroy":
            raw = next(stream)
            attributes = raw["Actor"]["Attributes"]
            seen.append((raw["Action"], attributes.get("signal") or attributes.get("exitCode", "")))
    assert seen == [("kill", "9"), ("die", "137"), ("destroy", "")]


def test_removals_by_two_at_once_are_no_failure(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    with ThreadPoolExecutor(4) as threads:
        labels = {TEST_LABEL: kit.pod.uid}
        calls = [threads.submit(remove_labelled, kits.engine, labels) for _ in range(4)]
        assert [call.result().failures for call in calls] == [()] * 4
    assert kit.rows() == ()


def test_a_container_that_goes_meanwhile_is_no_failure(
    engine: DockerEngine, create: Create, scope: str, dead: Owner
) -> None:
    class Slow(Scoped):
        """Between the list and the removal somebody else removes it."""

        def remove_container(self, container: str) -> None:
            engine.remove_container(container)
            engine.remove_container(container)

    name = create(dead)
    slow = cast(Holder, Slow(engine, scope))
    assert remove_left_behind(slow, kept_too=False, unknown_too=False).removed == (name,)
    with pytest.raises(NotFound):
        engine.inspect_container(name)
    wait_until("it is off the list", lambda: name not in left(engine, scope))
