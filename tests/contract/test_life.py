"""A container's life, and the refusals on the way: create, start, stop, kill, remove, inspect."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from pausedemo.engine.port import ContainerInfo, ContainerState
from pausedemo.errors import Conflict, EngineError, NotFound
from tests.contract.conftest import LABEL, Maker
from tests.waiting import wait_until

ABSENT = "pausedemo-contract-no-such-container"


def wait_for_end(make: Maker, container: str) -> ContainerInfo:
    def look() -> ContainerInfo | None:
        info = make.engine.inspect_container(container)
        return info if info.state is ContainerState.EXITED else None

    return wait_until("the container ends", look)


def test_a_created_container_has_not_run(make: Maker) -> None:
    config = make.config("sleep", "7")
    container = make.create(name=config.name, command=config.command)
    info = make.engine.inspect_container(container)
    assert len(container) == 64
    assert (info.id, info.name, info.image) == (container, config.name, make.written(config.image))
    assert info.labels[LABEL] == make.id
    assert (info.state, info.pid, info.exit_code, info.error) == (ContainerState.CREATED, 0, 0, "")
    assert (info.started_at, info.finished_at) == (None, None)
    assert info.network_mode == "none"
    assert info.image_id.startswith("sha256:")


def test_a_running_container_has_a_process_and_a_start_time(make: Maker) -> None:
    info = make.engine.inspect_container(make.run())
    assert info.state is ContainerState.RUNNING
    assert info.pid > 1
    assert info.started_at is not None
    assert timedelta(0) <= info.started_at - info.created_at < timedelta(minutes=5)
    assert info.finished_at is None


@pytest.mark.parametrize("exit_code", [0, 1, 3, 255])
def test_the_exit_code_is_the_main_process_s(make: Maker, exit_code: int) -> None:
    info = wait_for_end(make, make.run("sh", "-c", f"exit {exit_code}"))
    assert (info.exit_code, info.pid, info.ip, info.oom_killed) == (exit_code, 0, "", False)
    # In no order: dockerd may note the start of a short life after its end.
    assert info.started_at is not None
    assert info.finished_at is not None


def test_what_a_program_leaves_in_the_node_s_pid_namespace_ends_with_it(make: Maker) -> None:
    marks = [str(7 * 10**9 + uuid.uuid4().int % 10**9) for _ in range(5)]
    for mark in marks:
        # It has ended before anybody could look at it.
        wait_for_end(make, make.run("sh", "-c", f"sleep {mark} & exit 0", pid_mode="host"))
    wait_until("nothing is left of them", lambda: not find_words(marks))


def find_words(words: list[str]) -> list[str]:
    """Command lines of this machine that have one of the words."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(one.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if any(word in line for word in words)]


@pytest.mark.differs(("podman 5", "it notes the needless start as the container's error"))
def test_start_leaves_a_container_that_runs_as_it_is(make: Maker) -> None:
    container = make.run()
    before = make.engine.inspect_container(container)
    make.engine.start_container(container)
    assert make.engine.inspect_container(container) == before


def test_a_container_that_ended_starts_again(make: Maker) -> None:
    container = make.run("true")
    first = wait_for_end(make, container)
    make.engine.start_container(container)
    assert first.started_at is not None
    again = wait_until(
        "it ran again",
        lambda: (
            info
            if (info := make.engine.inspect_container(container)).started_at != first.started_at
            else None
        ),
    )
    assert again.id == container


@pytest.mark.differs(("podman", "it notes no exit code of a start that failed"))
def test_a_program_that_is_not_there_cannot_be_started_and_says_so(make: Maker) -> None:
    container = make.create("/no/such/program")
    with pytest.raises(EngineError, match="no such file"):
        make.engine.start_container(container)
    info = make.engine.inspect_container(container)
    assert info.state is ContainerState.CREATED
    assert info.exit_code == 127
    assert "/no/such/program" in info.error


def test_stop_sends_term_first(make: Maker) -> None:
    script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"
    container = make.run("sh", "-c", script)
    wait_until("it is ready", lambda: make.engine.read_logs(container)[0] == b"ready\n")
    make.engine.stop_container(container, grace_s=60)
    assert make.engine.inspect_container(container).exit_code == 5


def test_stop_kills_after_the_grace(make: Maker) -> None:
    # PID 1 that does not ask for TERM does not get it: pid_namespaces(7).
    container = make.run("sleep", "1000")
    make.engine.stop_container(container, grace_s=0)
    info = make.engine.inspect_container(container)
    assert (info.state, info.exit_code) == (ContainerState.EXITED, 137)


def test_stop_leaves_a_container_that_does_not_run_as_it_is(make: Maker) -> None:
    created = make.create()
    make.engine.stop_container(created, grace_s=60)
    assert make.engine.inspect_container(created).state is ContainerState.CREATED
    ended = make.run("true")
    before = wait_for_end(make, ended)
    make.engine.stop_container(ended, grace_s=60)
    assert make.engine.inspect_container(ended) == before


def test_kill_sends_the_signal_that_it_is_told(make: Maker) -> None:
    script = "trap 'echo got it' USR1; echo ready; while :; do sleep 0.01; done"
    container = make.run("sh", "-c", script)
    wait_until("it is ready", lambda: make.engine.read_logs(container)[0] == b"ready\n")
    make.engine.kill_container(container, "USR1")
    wait_until("it got it", lambda: b"got it\n" in make.engine.read_logs(container)[0])
    make.engine.kill_container(container)
    assert wait_for_end(make, container).exit_code == 137


@pytest.mark.parametrize("started", [False, True])
def test_kill_of_a_container_that_does_not_run_is_a_conflict(make: Maker, started: bool) -> None:
    container = make.run("true") if started else make.create("true")
    if started:
        wait_for_end(make, container)
    with pytest.raises(Conflict, match="running"):
        make.engine.kill_container(container)


def test_a_name_that_is_taken_is_a_conflict(make: Maker) -> None:
    name = make.config().name
    make.create(name=name)
    with pytest.raises(Conflict, match=name):
        make.create(name=name)


def test_a_removed_container_s_name_is_free_again(make: Maker) -> None:
    name = make.config().name
    first = make.run(name=name)
    make.engine.remove_container(first)
    assert make.create(name=name) != first


def test_removal_kills_and_a_second_removal_is_no_error(make: Maker) -> None:
    container = make.run()
    make.engine.remove_container(container)
    make.engine.remove_container(container)
    with pytest.raises(NotFound):
        make.engine.inspect_container(container)


def test_removals_at_the_same_time_all_end_with_the_container_gone(make: Maker) -> None:
    container = make.run()
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(make.engine.remove_container, container) for _ in range(8)]
        for call in calls:
            call.result()
            with pytest.raises(NotFound):
                make.engine.inspect_container(container)


def test_who_is_not_there_is_not_found(make: Maker) -> None:
    for call in (
        lambda: make.engine.start_container(ABSENT),
        lambda: make.engine.stop_container(ABSENT, 0),
        lambda: make.engine.kill_container(ABSENT),
        lambda: make.engine.inspect_container(ABSENT),
        lambda: make.engine.exec(ABSENT, ["true"], timeout_s=5),
        lambda: make.engine.put_file(ABSENT, "/x", b"", 0o644),
        lambda: make.engine.read_logs(ABSENT),
    ):
        with pytest.raises(NotFound, match=ABSENT) as caught:
            call()
        assert caught.value.status == 404
    make.engine.remove_container(ABSENT)


def test_an_image_that_is_not_there_is_not_found(make: Maker) -> None:
    with pytest.raises(NotFound, match="no-such-image"):
        make.create(image="pausedemo/no-such-image:1")


def test_what_was_configured_is_what_runs(make: Maker) -> None:
    script = 'echo "$WHO $PWD $(id -u):$(id -g) $(hostname)"'
    container = make.run(
        *("-c", script),
        entrypoint=("sh",),
        env={"WHO": "it is  me"},
        working_dir="/tmp",
        user="65534:65534",
        hostname="some-host",
    )
    wait_for_end(make, container)
    assert make.engine.read_logs(container) == (b"it is  me /tmp 65534:65534 some-host\n", b"")


def test_modes_of_joined_containers_are_told_by_full_id(make: Maker) -> None:
    first = make.run(ipc_mode="shareable")
    joined = f"container:{make.engine.inspect_container(first).name}"
    second = make.run(network_mode=joined, ipc_mode=joined, pid_mode=joined)
    info = make.engine.inspect_container(second)
    assert (info.network_mode, info.ipc_mode, info.pid_mode) == (f"container:{first}",) * 3


def test_a_list_holds_all_that_bear_all_labels_newest_first(make: Maker) -> None:
    first = make.create(labels={**make.labels, "colour": "red"})
    second = make.run("true", labels={**make.labels, "colour": "blue"})
    third = make.run(labels={**make.labels, "colour": "red", "size": ""})
    bystander = make.run(labels={"colour": "red"})
    wait_for_end(make, second)

    def ids(**labels: str | None) -> set[str]:
        return {row.id for row in make.engine.list_containers({**make.labels, **labels})}

    assert ids() == {first, second, third}
    assert ids(colour="red") == {first, third}
    assert ids(colour=None) == {first, second, third}
    assert ids(size=None) == {third}
    assert ids(colour="green") == set()
    assert bystander in {row.id for row in make.engine.list_containers({"colour": "red"})}
    rows = make.engine.list_containers(make.labels)
    assert [row.created_at for row in rows] == sorted((r.created_at for r in rows), reverse=True)
    (row,) = (row for row in rows if row.id == third)
    info = make.engine.inspect_container(third)
    assert (row.name, row.image, row.labels) == (info.name, info.image, info.labels)
    assert (row.state, row.command) == (ContainerState.RUNNING, "sleep 1000")
    assert row.status.startswith("Up ")
    assert row.created_at == info.created_at.replace(microsecond=0)


def test_a_list_can_be_asked_for_while_containers_come_and_go(make: Maker) -> None:
    def live() -> None:
        for _ in range(5):
            make.engine.remove_container(make.run("true"))

    with ThreadPoolExecutor(4) as threads:
        lives = [threads.submit(live) for _ in range(3)]
        while not all(life.done() for life in lives):
            for row in make.engine.list_containers(make.labels):
                assert row.labels[LABEL] == make.id
        for life in lives:
            life.result()
    assert make.engine.list_containers(make.labels) == ()
