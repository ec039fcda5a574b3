"""The OCI runtime of all containers: what an engine is asked for, and what it cannot do."""

from __future__ import annotations

import contextlib
import uuid

import pytest

from pausedemo.engine.connect import connect, make_client
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.port import ContainerConfig, EngineInfo
from pausedemo.engine.runtimes import check_runtime
from pausedemo.errors import UsageError

DOCKER = EngineInfo("docker", "26.1.5", "1.45", "runc", "amd64", ("crun", "runc"))
PODMAN = EngineInfo("podman", "5.4.2", "1.41", "crun", "amd64", ("crun", "runc"))
# In every Docker since 20.10, and not its default.
SHIM = "io.containerd.runc.v2"


@pytest.mark.parametrize(
    ("wanted", "about"),
    [("runc", DOCKER), ("crun", DOCKER), ("io.containerd.kata.v2", DOCKER), ("crun", PODMAN)],
)
def test_a_runtime_that_the_engine_uses_is_accepted(wanted: str, about: EngineInfo) -> None:
    check_runtime(wanted, about)


def test_an_unknown_runtime_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        check_runtime("runx", DOCKER)
    assert str(caught.value) == (
        "docker 26.1.5 has no runtime 'runx'; it has: crun, runc"
        " (more are added with dockerd's --add-runtime, or in its daemon.json)"
    )


def test_podman_would_ignore_it_and_is_told_of_with_the_remedy() -> None:
    with pytest.raises(UsageError, match=r'runs everything .* with crun.*runtime = "runc"'):
        check_runtime("runc", PODMAN)


def test_all_containers_run_with_the_runtime_that_was_chosen(
    engine_endpoint: Endpoint, busybox_image: str
) -> None:
    with (
        contextlib.closing(connect(engine_endpoint.url, runtime=SHIM)) as engine,
        contextlib.closing(make_client(engine_endpoint, 60)) as client,
    ):
        assert engine.describe().runtime == SHIM
        config = ContainerConfig(
            name=f"runtime-{uuid.uuid4().hex[:8]}", image=busybox_image, command=("true",)
        )
        container = engine.create_container(config)
        try:
            engine.start_container(container)
            assert client.inspect_container(container)["HostConfig"]["Runtime"] == SHIM
        finally:
            engine.remove_container(container)


def test_an_engine_s_own_list_is_what_is_told(engine_endpoint: Endpoint) -> None:
    with pytest.raises(UsageError, match=r"has no runtime 'no-such-runtime'; it has: .*runc"):
        connect(engine_endpoint.url, runtime="no-such-runtime")
