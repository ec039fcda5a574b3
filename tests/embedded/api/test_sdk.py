"""The docker SDK's own calls, all options of them, on the embedded engine."""

from __future__ import annotations

import io
import tarfile
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import docker
import pytest

from tests.embedded.api.figures import settle
from tests.embedded.api.wire import ask, hijacked
from tests.embedded.engines import RunningEngine

#: Not Container: the SDK's stubs know fewer options, and more kinds of answers, than it has.
Run = Callable[..., Any]


@pytest.fixture
def label() -> str:
    """One that no other container has."""
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def trio(client: Any, run: Run, label: str) -> dict[str, Any]:
    """One that runs, one that has ended with 3, one that was never started."""
    running = run(labels={label: "yes"}, name=f"{label}-running", ports={"80/tcp": None})
    ended = run(["sh", "-c", "exit 3"], labels={label: "no"}, name=f"{label}-ended")
    ended.wait()
    image = running.attrs["Config"]["Image"]
    created = client.containers.create(image, labels={label: "no"}, name=f"{label}-created")
    return {"running": running, "ended": ended, "created": created}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "running ended created"),
        ({"status": "running"}, "running"),
        ({"status": ["exited", "created"]}, "ended created"),
        ({"status": "paused"}, ""),
        ({"exited": "3"}, "ended"),
        ({"exited": "0"}, ""),
        ({"name": "LABEL-run"}, "running"),
        ({"name": "/LABEL-ended"}, "ended"),
        ({"id": "ID"}, "running"),
        ({"label": "LABEL=no"}, "ended created"),
        ({"ancestor": "IMAGE"}, "running ended created"),
        ({"ancestor": "gone"}, ""),
        ({"before": "LABEL-ended"}, "running"),
        ({"since": "LABEL-ended"}, "created"),
        ({"network": "bridge"}, "running ended created"),
        ({"network": "host"}, ""),
        ({"expose": "80/tcp"}, "running"),
        ({"volume": "gone"}, ""),
        ({"health": "none"}, "running ended created"),
    ],
    ids=str,
)
def test_filters_of_list_choose(
    client: Any,
    trio: dict[str, Any],
    label: str,
    filters: dict[str, Any],
    expected: str,
) -> None:
    image = trio["running"].attrs["Config"]["Image"]

    def fill(text: str) -> str:
        return (
            text.replace("LABEL", label).replace("ID", trio["running"].id).replace("IMAGE", image)
        )

    filled = {
        key: [fill(one) for one in value] if isinstance(value, list) else fill(value)
        for key, value in filters.items()
    }
    own = filled.pop("label", label)
    found = client.containers.list(all=True, filters={"label": [label, own], **filled})
    assert {one.name.removeprefix(f"{label}-") for one in found} == set(expected.split())
    trio["created"].remove()


def test_a_filter_that_is_none_is_refused(client: Any) -> None:
    with pytest.raises(docker.errors.APIError, match="Invalid filter 'colour'") as caught:
        client.containers.list(filters={"colour": "red"})
    assert caught.value.status_code == 400


def test_prune_takes_those_that_do_not_run_and_bear_the_label(
    client: Any, trio: dict[str, Any], label: str
) -> None:
    gone = client.containers.prune({"label": f"{label}=no"})["ContainersDeleted"]
    assert set(gone) == {trio["ended"].id, trio["created"].id}
    assert [one.id for one in client.containers.list(all=True, filters={"label": label})] == [
        trio["running"].id
    ]


def test_run_returns_output_or_raises_with_the_exit_code(client: Any, busybox: str) -> None:
    script = ["sh", "-c", "echo out; echo err >&2"]
    assert client.containers.run(busybox, script, remove=True, stderr=True) == b"out\nerr\n"
    with pytest.raises(docker.errors.ContainerError) as caught:
        client.containers.run(busybox, ["sh", "-c", "echo why >&2; exit 9"], remove=True)
    error: Any = caught.value
    assert (error.exit_status, error.stderr) == (9, b"why\n")
    with pytest.raises(docker.errors.ImageNotFound):
        client.containers.get(client.containers.create("no/such:image").id)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"cmd": ["sh", "-c", "echo $A-$B"], "environment": {"A": "1", "B": "two"}}, b"1-two\n"),
        ({"cmd": "pwd", "workdir": "/tmp"}, b"/tmp\n"),
        ({"cmd": "id -u", "user": "1000"}, b"1000\n"),
        ({"cmd": "id -g", "user": "1000:1001"}, b"1001\n"),
        ({"cmd": "id -un", "user": "nobody"}, b"nobody\n"),
        ({"cmd": "tty", "tty": True}, b"/dev/pts/0\r\n"),
        ({"cmd": ["sh", "-c", "echo o; echo e >&2"], "demux": True}, (b"o\n", b"e\n")),
        ({"cmd": ["sh", "-c", "echo o; echo e >&2"], "stdout": False}, b"e\n"),
        ({"cmd": "echo x", "detach": True}, ""),
    ],
    ids=str,
)
def test_exec_run_does_as_its_options_say(run: Run, options: dict[str, Any], expected: Any) -> None:
    assert run().exec_run(**options).output == expected


def test_exec_streams_what_comes_when_it_comes(
    embedded: RunningEngine, client: Any, run: Run
) -> None:
    container = run()
    command = ["sh", "-c", "echo a; until [ -e /go ]; do sleep 0.01; done; echo b"]
    made = client.api.exec_create(container.id, command, tty=True)["Id"]
    # Not by the SDK: the socket of its stream stays open (docker-py, _read_from_socket).
    with hijacked(embedded.socket, f"/exec/{made}/start", b'{"Tty": true}') as connection:
        assert connection.recv(100) == b"a\r\n"
        container.exec_run("touch /go")
        assert connection.recv(100) == b"b\r\n"
        assert connection.recv(100) == b""


@pytest.mark.parametrize(
    ("command", "code"), [("true", 0), ("false", 1), ("nothere", 126), ("/etc", 126)]
)
def test_exit_code_of_an_exec(run: Run, command: str, code: int) -> None:
    assert run().exec_run(command).exit_code == code


def test_logs_are_streamed_to_the_end(run: Run) -> None:
    container = run(["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done"])
    assert b"".join(container.logs(stream=True, follow=True)) == b"1\n2\n3\n"
    assert container.logs(tail=2) == b"2\n3\n"
    assert container.logs(stdout=False) == b""
    stamped = container.logs(timestamps=True).decode().splitlines()
    assert [line.split(" ", 1)[1] for line in stamped] == ["1", "2", "3"]


@pytest.mark.parametrize("condition", ["not-running", "next-exit", "removed"])
def test_wait_ends_on_its_condition(run: Run, condition: str) -> None:
    container = run(["sh", "-c", "trap 'exit 4' TERM; sleep 100 & wait"])
    waited: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: waited.append(container.wait(condition=condition)))
    waiting.start()
    settle(lambda: container.exec_run("pidof sleep").output, bool)
    container.stop(timeout=5)
    if condition == "removed":
        container.remove()
    waiting.join(20)
    assert waited == [{"StatusCode": 4}]


@pytest.mark.parametrize(
    ("version", "told"),
    [("v1.41", b'{"Error": null, "StatusCode": 4}\n'), ("v1.42", b'{"StatusCode": 4}\n')],
)
def test_that_a_wait_met_no_error_is_told_to_old_clients_only(
    embedded: RunningEngine, run: Run, version: str, told: bytes
) -> None:
    container = run(["sh", "-c", "exit 4"])
    path = f"/{version}/containers/{container.id}/wait"
    assert ask(embedded.socket, "POST", path).body == told


def test_events_tell_a_containers_life_in_order(client: Any, run: Run, label: str) -> None:
    # It listens before anything happens, and the engine ends the stream.
    events = client.events(decode=True, filters={"label": label}, until=int(time.time()) + 3)
    container = run("sleep 1000", labels=[label])
    container.exec_run("true")
    container.pause()
    container.unpause()
    container.rename(f"{label}-new")
    container.kill()
    container.remove()
    actions = [event["Action"] for event in events]
    assert actions == [
        *("create", "start", "exec_create: true ", "exec_start: true ", "exec_die"),
        *("pause", "unpause", "rename", "kill", "die", "destroy"),
    ]


def test_top_and_stats_tell_of_the_processes(run: Run) -> None:
    container = run()
    top = container.top(ps_args="-o pid,comm")
    assert [row[1] for row in top["Processes"]] == ["sleep"]
    stats = container.stats(stream=False)
    assert stats["id"] == container.id
    assert stats["pids_stats"]["current"] == 1
    assert stats["name"] == f"/{container.name}"


def test_an_archive_goes_in_and_comes_out(run: Run) -> None:
    container, sent = run(), io.BytesIO()
    with tarfile.open(fileobj=sent, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"hello"))
    assert container.put_archive("/tmp", sent.getvalue())
    chunks, stat = container.get_archive("/tmp/file")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        member = tar.extractfile("file")
        assert member is not None
        assert member.read() == b"hello"
    assert (stat["name"], stat["size"]) == ("file", 5)


def test_networks_and_volumes_come_and_go(client: Any, run: Run, label: str) -> None:
    network = client.networks.create(label, labels={label: ""})
    volume = client.volumes.create(label, labels={label: ""})
    try:
        first = run(network=label, name=f"{label}-1", volumes=[f"{label}:/data"])
        second = run(network=label, name=f"{label}-2", volumes=[f"{label}:/data:ro"])
        assert first.exec_run(["sh", "-c", "echo x > /data/file"]).exit_code == 0
        assert second.exec_run("cat /data/file").output == b"x\n"
        assert second.exec_run(f"ping -c1 -w5 {label}-1").exit_code == 0
        assert {one.name for one in client.networks.list(filters={"label": label})} == {label}
        network.reload()
        assert {one.id for one in network.containers} == {first.id, second.id}
        for one in (first, second):
            one.remove(force=True)
        network.remove()
        assert client.networks.list(filters={"label": label}) == []
    finally:
        for one in client.containers.list(all=True, filters={"network": label}):
            one.remove(force=True)
        for left in client.networks.list(filters={"label": label}):
            left.remove()
        volume.remove(force=True)


def test_who_is_told_of_an_end_may_take_the_network(client: Any, run: Run, label: str) -> None:
    pool = docker.types.IPAMPool(subnet="10.201.7.0/29")
    network = client.networks.create(label, ipam=docker.types.IPAMConfig(pool_configs=[pool]))
    fixed = {label: client.api.create_endpoint_config(ipv4_address="10.201.7.3")}
    try:
        for end in ("stop", "kill", "remove"):
            # sleep heeds no TERM where it is the first process: stop would wait for ten seconds.
            one = run(network=label, networking_config=fixed, stop_signal="KILL")
            if end == "remove":
                one.remove(force=True)
            else:
                getattr(one, end)()
        network.remove()
        assert client.networks.list(names=[label]) == []
    finally:
        for one in client.containers.list(all=True, filters={"network": label}):
            one.remove(force=True)
        for left in client.networks.list(names=[label]):
            left.remove()


def test_a_restart_policy_starts_again_with_growing_pauses(run: Run) -> None:
    container = run(
        ["sh", "-c", "exit 2"],
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 3},
    )

    def count() -> tuple[str, int]:
        container.reload()
        return container.status, container.attrs["RestartCount"]

    assert settle(count, lambda now: now == ("exited", 3)) == ("exited", 3)
    assert container.attrs["State"]["ExitCode"] == 2


def test_too_much_memory_is_an_oom_kill(client: Any, run: Run, label: str) -> None:
    if not client.info()["MemoryLimit"]:
        pytest.skip("no memory cgroup may be written here")
    container = run(
        ["sh", "-c", "exec tail /dev/zero"], mem_limit="16m", memswap_limit="16m", labels=[label]
    )
    assert container.wait(timeout=50)["StatusCode"] == 137
    container.reload()
    assert container.attrs["State"]["OOMKilled"] is True
    container.remove()
    filters = {"label": label, "event": ["oom", "die", "destroy"]}
    events = client.events(decode=True, filters=filters, since=1, until=int(time.time()) + 1)
    assert [event["Action"] for event in events] == ["oom", "die", "destroy"]
