"""What is known of a container's execs, and for how long: by dockerd and the embedded engine."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.embedded.api.conftest import EACH_ENGINE

pytestmark = EACH_ENGINE
SLEEP = ["sleep", "1000"]


@pytest.fixture
def container(sdk: docker.DockerClient, busybox_image: str) -> Iterator[Any]:
    """It sleeps; the test's end removes it."""
    made = sdk.containers.run(busybox_image, SLEEP, detach=True)
    yield made
    made.remove(force=True)


def create(container: Any, *argv: str) -> str:
    """Its id; it is not started."""
    made: str = container.client.api.exec_create(container.id, list(argv))["Id"]
    return made


def list_execs(container: Any) -> list[str] | None:
    found: list[str] | None = container.client.api.inspect_container(container.id)["ExecIDs"]
    return found


def state_of(container: Any, exec_id: str) -> tuple[bool, int | None]:
    found = container.client.api.exec_inspect(exec_id)
    return found["Running"], found["ExitCode"]


def list_ends(container: Any) -> list[str]:
    """Its events about an end so far, in their order."""
    events = container.client.events(
        decode=True, filters={"container": container.id}, since=1, until=f"{time.time():.9f}"
    )
    return [each["Action"] for each in events if each["Action"] in ("exec_die", "die")]


def test_a_container_has_those_that_run_and_those_that_were_not_started(container: Any) -> None:
    api = container.client.api
    running, waiting = create(container, *SLEEP), create(container, "true")
    ended = create(container, "sh", "-c", "exit 3")
    api.exec_start(running, detach=True)
    api.exec_start(ended)
    assert set(list_execs(container) or []) == {running, waiting}
    assert state_of(container, ended) == (False, 3)


def test_one_that_could_not_start_is_not_among_them(container: Any) -> None:
    failing = create(container, "/there-is-no-such-program")
    container.client.api.exec_start(failing)
    assert list_execs(container) is None
    assert state_of(container, failing) == (False, 126)


def test_a_container_that_has_ended_has_none(container: Any) -> None:
    api = container.client.api
    running, waiting = create(container, *SLEEP), create(container, "true")
    api.exec_start(running, detach=True)
    container.kill()
    assert list_execs(container) is None
    assert state_of(container, running) == (False, 137)
    container.start()
    assert list_execs(container) is None
    with pytest.raises(docker.errors.NotFound, match="No such exec instance"):
        api.exec_start(waiting)


def test_its_end_is_told_after_theirs(container: Any) -> None:
    for _ in range(3):
        container.client.api.exec_start(create(container, *SLEEP), detach=True)
    container.kill()
    assert list_ends(container) == ["exec_die"] * 3 + ["die"]


def test_input_that_nobody_reads_breaks_no_output(container: Any) -> None:
    # It sleeps until there is no room left on the way, so that input lies there at its end.
    api, script = container.client.api, "head -c 5 > /dev/null; sleep 1; echo out; exit 6"
    made = api.exec_create(container.id, ["sh", "-c", script], stdin=True)["Id"]
    with contextlib.closing(api.exec_start(made, tty=True, socket=True)) as stream:
        connection = stream._sock

        def send() -> None:
            with contextlib.suppress(OSError):  # it is refused, or the test is over
                connection.sendall(bytes(3_000_000))

        sender = threading.Thread(target=send)
        sender.start()
        connection.settimeout(30)
        output = b""
        while data := connection.recv(65536):
            output += data
        connection.shutdown(socket.SHUT_RDWR)
        sender.join(30)
        connection.close()
    assert output.endswith(b"out\n")
    assert not sender.is_alive()
    assert state_of(container, made) == (False, 6)
