"""A proxy that does not lie is not noticed: by the docker command, by streams, by many at once.

The port's own contract is asked of it in tests/contract/.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mutation.proxy import Proxy
from pausedemo.engine.connect import connect
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerConfig

Docker = Callable[..., subprocess.CompletedProcess[bytes]]
LABEL = "pausedemo.test/transparent"


@pytest.fixture
def name(engine: DockerEngine) -> Iterator[str]:
    """A container's name; whatever has it at the end is removed."""
    chosen = f"pausedemo-test-transparent-{uuid.uuid4().hex[:12]}"
    yield chosen
    engine.remove_container(chosen)


def test_input_output_and_exit_code_of_a_run(
    docker: Docker, proxy: Proxy, busybox_image: str, name: str
) -> None:
    # Taken over by a 101, half closed by the command when its own input ends.
    script = "sha256sum; echo said >&2; exit 7"
    stdin = bytes(range(256)) * 4096
    arguments = ("run", "-i", "--name", name, "--network", "none", busybox_image, "sh", "-c")
    done = docker(proxy.url, *arguments, script, stdin=stdin)
    assert done.stdout.split() == [hashlib.sha256(stdin).hexdigest().encode(), b"-"]
    assert (done.stderr, done.returncode) == (b"said\n", 7)


def test_an_exec_with_input(docker: Docker, proxy: Proxy, busybox_image: str, name: str) -> None:
    started = docker(
        *(proxy.url, "run", "-d", "--name", name, "--network", "none"),
        *(busybox_image, "sleep", "1000"),
    )
    assert started.returncode == 0, started.stderr
    done = docker(proxy.url, "exec", "-i", name, "sh", "-c", "cat; exit 9", stdin=b"through\n")
    assert (done.stdout, done.stderr, done.returncode) == (b"through\n", b"", 9)


def test_an_image_is_the_same_to_the_byte(
    docker: Docker, proxy: Proxy, engine: DockerEngine, pause_image: str
) -> None:
    through = docker(proxy.url, "save", pause_image)
    assert through.returncode == 0, through.stderr
    assert through.stdout == docker(engine.url, "save", pause_image).stdout
    assert len(through.stdout) > 1000


def test_an_event_comes_while_the_stream_is_open(
    proxy: Proxy, engine: DockerEngine, busybox_image: str, name: str
) -> None:
    through = connect(proxy.url)
    with contextlib.closing(through), through.events({LABEL: name}) as stream:
        config = ContainerConfig(name=name, image=busybox_image, labels={LABEL: name})
        container = engine.create_container(config)
        event = next(stream)
        assert (event.action, event.container_id) == ("create", container)


def test_many_ask_at_once(proxy: Proxy, engine: DockerEngine) -> None:
    through = connect(proxy.url)
    with contextlib.closing(through), ThreadPoolExecutor(16) as threads:
        answers = [threads.submit(through.describe) for _ in range(200)]
        assert {answer.result() for answer in answers} == {engine.describe()}


def test_an_engine_that_is_not_there_is_a_closed_connection(docker: Docker, proxy: Proxy) -> None:
    proxy.scene.socket += ".gone"
    done = docker(proxy.url, "version")
    assert done.returncode != 0
    assert b"EOF" in done.stderr
