"""Many at once, and clients that do not keep up."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker

from pausedemo.engine.connect import connect
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve
from tests.embedded.api.figures import (
    count_descriptors,
    measure_memory,
    read_memory,
    settle,
    wait_for_rest,
)
from tests.embedded.api.wire import hijacked, open_socket, render_request
from tests.embedded.engines import RunningEngine, running_engine

EXECS = 200
BYTES = 64 * 1024
MANY = 500
MEMORY_LIMIT = 60_000_000
#: How much more an engine may hold while somebody does not read: buffers, not the output itself.
HELD = 16 * 1024 * 1024
LINE = "0123456789" * 10
LINES = 1_000_000

WRITE_BOTH = (
    f"head -c {BYTES} /dev/zero | tr '\\0' o; head -c {BYTES} /dev/zero | tr '\\0' e >&2; exit 7"
)


def read_exec_ids(client: Any, container: Any) -> list[str]:
    return client.api.inspect_container(container.id)["ExecIDs"] or []


def test_two_hundred_execs_at_once_lose_no_byte(
    client: Any, embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    container = run()

    def execute(_number: int) -> tuple[int, bytes | None, bytes | None]:
        # One for each thread: the SDK keeps connections for 25 URLs, whatever it is told, and
        # closes those of the eldest although a thread may be about to give one back.
        own = docker.APIClient(embedded.url, version=client.api.api_version, timeout=60)
        with contextlib.closing(own):
            made = own.exec_create(container.id, ["sh", "-c", WRITE_BOTH])["Id"]
            out, err = own.exec_start(made, demux=True)
            return own.exec_inspect(made)["ExitCode"], out, err

    with ThreadPoolExecutor(EXECS) as threads:
        results = list(threads.map(execute, range(EXECS)))

    wrong = [
        (code, len(out or b""), len(err or b""))
        for code, out, err in results
        if (code, out, err) != (7, b"o" * BYTES, b"e" * BYTES)
    ]
    assert wrong == []
    assert not settle(lambda: read_exec_ids(client, container), lambda left: not left)


def test_first_bytes_of_an_exec_are_never_lost(run: Callable[..., Any]) -> None:
    container = run()
    outputs = [container.exec_run(["echo", "here"], demux=True).output for _ in range(100)]
    assert outputs == [(b"here\n", None)] * 100


@contextlib.contextmanager
def many_containers(client: Any, image: str, count: int) -> Iterator[list[str]]:
    """So many that run."""
    ids: list[str] = []
    try:
        for _ in range(count):
            ids.append(client.api.create_container(image)["Id"])
            client.api.start(ids[-1])
        yield ids
    finally:
        for one in ids:
            client.api.remove_container(one, force=True)


def test_a_fresh_engine_with_a_hundred_containers_takes_less_than_60_mb(
    tmp_path: Path, cache: ImageCache
) -> None:
    with running_engine(tmp_path) as engine, contextlib.closing(connect(engine.url)) as port:
        image = make_resolve(port, cache)("pause").used
        client = docker.DockerClient(engine.url)
        with contextlib.closing(client), many_containers(client, image, 100):
            resident, keeper = measure_memory(engine.pid)
    print(f"resident: engine {resident / 1e6:.1f} MB, its keeper adds {keeper / 1e6:.1f} MB")
    assert resident + keeper < MEMORY_LIMIT


def test_five_hundred_containers_are_alive_at_once(embedded: RunningEngine, pause: str) -> None:
    # What the engine opens with its first container it keeps: the seccomp filter's file.
    first = docker.DockerClient(embedded.url)
    with contextlib.closing(first), many_containers(first, pause, 1):
        pass
    wait_for_rest(embedded.pid)
    before = count_descriptors(embedded.pid)
    client = docker.DockerClient(embedded.url)
    with contextlib.closing(client), many_containers(client, pause, MANY) as ids:
        alive = {one["Id"] for one in client.api.containers(quiet=True)}
        resident, keeper = measure_memory(embedded.pid)
    print(f"resident: engine {resident / 1e6:.1f} MB, its keeper adds {keeper / 1e6:.1f} MB")
    assert alive >= set(ids)
    left = settle(lambda: count_descriptors(embedded.pid), lambda now: now <= before)
    assert left <= before


def test_an_attached_client_that_does_not_read_stops_its_container_and_nobody_else(
    embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    other = run()
    before = read_memory(embedded.pid)["Rss"]
    flooding = run(
        ["sh", "-c", "until [ -e /go ]; do sleep 0.01; done; cat /dev/zero"],
        log_config={"Type": "none"},
    )
    target = f"/containers/{flooding.id}/attach?stdout=1&stream=1"
    with hijacked(embedded.socket, target) as stuck:
        flooding.exec_run("touch /go")
        assert stuck.recv(1, socket.MSG_PEEK)
        other_output = [other.exec_run("echo well").output for _ in range(50)]
        held = read_memory(embedded.pid)["Rss"] - before
    assert other_output == [b"well\n"] * 50
    assert held < HELD


def test_a_client_of_exec_that_does_not_read_is_not_buffered(
    embedded: RunningEngine, client: Any, run: Callable[..., Any]
) -> None:
    container = run()
    before = read_memory(embedded.pid)["Rss"]
    made = client.api.exec_create(container.id, ["cat", "/dev/zero"])["Id"]
    with hijacked(embedded.socket, f"/exec/{made}/start", b"{}") as stuck:
        assert stuck.recv(1, socket.MSG_PEEK)
        outputs = [container.exec_run("echo well").output for _ in range(50)]
        held = read_memory(embedded.pid)["Rss"] - before
    assert outputs == [b"well\n"] * 50
    assert held < HELD


def test_a_listener_that_does_not_read_events_is_not_waited_for(
    embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    container = run()
    before = read_memory(embedded.pid)["Rss"]
    with open_socket(embedded.socket) as deaf:
        deaf.sendall(render_request("GET", "/events"))
        for number in range(1000):
            container.rename(f"renamed-{number % 2}")
        held = read_memory(embedded.pid)["Rss"] - before
    assert held < HELD


def test_a_hundred_megabytes_of_log_stay_within_its_rotation(
    embedded: RunningEngine, client: Any, run: Callable[..., Any]
) -> None:
    before = read_memory(embedded.pid)["Rss"]
    container = run(
        ["sh", "-c", f"yes {LINE} | head -n {LINES}; echo last"],
        log_config={"Type": "json-file", "Config": {"max-size": "1m", "max-file": "3"}},
    )
    assert container.wait(timeout=60)["StatusCode"] == 0
    log = Path(client.api.inspect_container(container.id)["LogPath"])
    parts = sorted(log.parent.glob(f"{log.name}*"))
    assert [part.name for part in parts] == [log.name, f"{log.name}.1", f"{log.name}.2"]
    assert sum(part.stat().st_size for part in parts) < 3.5 * 1024 * 1024
    assert container.logs(tail=1) == b"last\n"
    assert read_memory(embedded.pid)["Rss"] - before < HELD
