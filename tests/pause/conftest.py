"""Programs, images and pods for the tests of pause."""

from __future__ import annotations

import contextlib
import platform
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.images.recipes.pause import compile_pause
from pausedemo.resources import pause_dir
from tests.pause import compiler
from tests.pause.pod import Pod

AARCH64_COMPILER = "aarch64-linux-gnu-gcc"


@pytest.fixture(scope="session")
def native_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pause, compiled for this machine as the recipe does it."""
    output = tmp_path_factory.mktemp("native") / "pause"
    compile_pause(pause_dir() / "pause.c", output)
    return output


@pytest.fixture(scope="session")
def aarch64_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pause for aarch64, from a cross compiler unless this machine is one."""
    if platform.machine() == "aarch64":
        pytest.skip("this machine is aarch64: the native program is this one")
    if shutil.which(AARCH64_COMPILER) is None:
        pytest.skip(f"no {AARCH64_COMPILER} (Debian: gcc-aarch64-linux-gnu)")
    output = tmp_path_factory.mktemp("aarch64") / "pause"
    compile_pause(pause_dir() / "pause.c", output, AARCH64_COMPILER)
    return output


@pytest.fixture(params=["native", "aarch64"])
def program(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The words that start pause on this machine: itself, or an emulator and itself."""
    if request.param == "native":
        return (str(request.getfixturevalue("native_program")),)
    path = request.getfixturevalue("aarch64_program")
    for emulator in ("qemu-aarch64-static", "qemu-aarch64"):
        if found := shutil.which(emulator):
            return (found, str(path))
    return pytest.skip("no qemu-aarch64 (Debian: qemu-user-static)")


@pytest.fixture(scope="session")
def client(engine: DockerEngine) -> Iterator[docker.APIClient]:
    """The SDK itself, for what pausedemo never asks of an engine: import, build, save."""
    client = docker.APIClient(base_url=engine.url, version="auto")
    with contextlib.closing(client):
        yield client


@pytest.fixture(scope="session")
def import_image(
    engine: DockerEngine, client: docker.APIClient
) -> Iterator[Callable[[str, bytes, list[str]], str]]:
    """Make an image of one layer; its reference. All are removed at the end."""
    with contextlib.ExitStack() as stack:

        def make(name: str, layer: bytes, changes: list[str]) -> str:
            repository, tag = f"pausedemo-test-pause-{name}", uuid.uuid4().hex[:12]
            reference = f"{repository}:{tag}"
            stack.callback(engine.remove_image, reference)
            client.import_image_from_data(layer, repository=repository, tag=tag, changes=changes)
            return reference

        yield make


@pytest.fixture(scope="session")
def dockerfile_image(
    engine: DockerEngine,
    client: docker.APIClient,
    import_image: Callable[[str, bytes, list[str]], str],
) -> Iterator[str]:
    """The image that pause/Dockerfile makes, this machine's own compiler in its first stage."""
    compiler_image = import_image("compiler", compiler.pack_compiler("cc"), ["ENV PATH=/usr/bin"])
    reference = f"pausedemo-test-pause-dockerfile:{uuid.uuid4().hex[:12]}"
    with contextlib.ExitStack() as stack:
        stack.callback(engine.remove_image, reference)
        arguments = {"COMPILER": compiler_image}
        for image in compiler.build_image(client, pause_dir(), reference, arguments):
            stack.callback(engine.remove_image, image)
        yield reference


@pytest.fixture
def empty_pod(engine: DockerEngine, pause_image: str, busybox_image: str) -> Iterator[Pod]:
    """A pod without anything in it yet; what a test puts there is removed at the end."""
    pod = Pod(engine, pause_image, busybox_image)
    with contextlib.ExitStack() as stack:
        stack.callback(pod.remove)
        yield pod


@pytest.fixture
def pod(empty_pod: Pod) -> Pod:
    """A pod with pause and the observer."""
    empty_pod.start()
    return empty_pod
