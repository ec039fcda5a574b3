"""What a build's query asks of the containers of its steps: the same of both engines."""

from __future__ import annotations

import json
from typing import Any

import docker
import pytest

from tests.embedded.api.conftest import EACH_ENGINE
from tests.embedded.build.bench import archive

MB = 1024 * 1024
SHOW = {
    "ulimit": "ulimit -n",
    "shm": "df -k /dev/shm | tail -1 | awk '{print $2}'",
    "hosts": "grep '1.2.3.4' /etc/hosts",
    "killed": "dd if=/dev/zero of=/dev/null bs=64M count=1; echo $?",
    "links": "ls /sys/class/net",
}


def build(
    sdk: docker.DockerClient, dockerfile: str, **query: Any
) -> tuple[int, list[dict[str, Any]]]:
    """Status, and the lines of the answer; a refusal is a line, too. What is built is removed."""
    answer = sdk.api.post(
        f"{sdk.api.base_url}/v1.41/build",
        params={"nocache": 1, "t": "pausedemo-test-build", **query},
        data=archive({"Dockerfile": dockerfile}).read(),
        headers={"Content-Type": "application/x-tar"},
    )
    if any("Successfully tagged" in line for line in answer.text.splitlines()):
        sdk.images.remove("pausedemo-test-build")
    return answer.status_code, [json.loads(line) for line in answer.text.splitlines()]


@EACH_ENGINE
@pytest.mark.parametrize(
    ("query", "shown", "said"),
    [
        ({"ulimits": '[{"Name":"nofile","Soft":77,"Hard":78}]'}, "ulimit", "77\n"),
        ({"shmsize": MB}, "shm", "1024\n"),
        ({"extrahosts": "a:1.2.3.4"}, "hosts", "1.2.3.4\ta\n"),
        ({"memory": 16 * MB, "memswap": 16 * MB}, "killed", "137\n"),
        ({"networkmode": "none"}, "links", "lo\n"),
    ],
)
def test_a_step_has_what_the_build_is_given(
    sdk: docker.DockerClient, busybox: str, query: dict[str, Any], shown: str, said: str
) -> None:
    status, lines = build(sdk, f"FROM {busybox}\nRUN {SHOW[shown]}\n", **query)
    assert status == 200
    assert said in "".join(line.get("stream", "") for line in lines)


@EACH_ENGINE
@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"memory": MB}, 200, "Minimum memory limit allowed is 6MB"),
        ({"isolation": "hyperv"}, 400, 'Unsupported isolation: "hyperv"'),
        (
            {"securityopt": "seccomp=unconfined"},
            400,
            "The daemon on this platform does not support setting security options on build",
        ),
    ],
)
def test_what_a_build_cannot_be_given_is_refused(
    sdk: docker.DockerClient, busybox: str, query: dict[str, Any], status: int, message: str
) -> None:
    answered, lines = build(sdk, f"FROM {busybox}\nRUN true\n", **query)
    assert answered == status
    assert lines[-1].get("error", lines[-1].get("message")) == message


@EACH_ENGINE
@pytest.mark.parametrize("name", ["FOO", "0", "$UNSET"])
def test_a_stop_signal_that_is_none_ends_the_build(
    sdk: docker.DockerClient, busybox: str, name: str
) -> None:
    status, lines = build(sdk, f"FROM {busybox}\nSTOPSIGNAL {name}\n")
    message = f"Invalid signal: {name.replace('$UNSET', '')}"
    assert (status, lines[-1].get("error")) == (200, message)


@EACH_ENGINE
@pytest.mark.parametrize("name", ["SIGRTMIN+3", "rtmax", "term", "15"])
def test_a_stop_signal_is_taken(sdk: docker.DockerClient, busybox: str, name: str) -> None:
    _, lines = build(sdk, f"FROM {busybox}\nSTOPSIGNAL {name}\n")
    assert lines[-1] == {"stream": "Successfully tagged pausedemo-test-build:latest\n"}
    container = sdk.containers.create(busybox, "true", stop_signal=name)
    container.remove()
