"""What is in the image, and what the Dockerfile makes of the same sources."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any, Final

import docker
import pytest

from pausedemo.engine.docker import DockerEngine
from tests.pause.pod import Pod

pytestmark = pytest.mark.engine

TITLE: Final = "org.opencontainers.image.title"
LICENSES: Final = "org.opencontainers.image.licenses"


@pytest.fixture(params=["pause_image", "dockerfile_image"])
def image(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def read_image(client: docker.APIClient, reference: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The configuration of an image, and all its files of all its layers."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(client.get_image(reference)))) as archive:
        (manifest,) = json.loads(read_member(archive, "manifest.json"))
        config = json.loads(read_member(archive, manifest["Config"]))["config"]
        files: dict[str, bytes] = {}
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(read_member(archive, name))) as layer:
                files |= {path: read_member(layer, path) for path in layer.getnames()}
    return config, files


def read_member(archive: tarfile.TarFile, path: str) -> bytes:
    content = archive.extractfile(path)
    assert content is not None, f"{path} is no file"
    return content.read()


def test_it_holds_pause_and_nothing_else(
    client: docker.APIClient, image: str, native_program: Path
) -> None:
    _, files = read_image(client, image)
    # The very same bytes from the recipe and from the Dockerfile: one compiler, one set of flags.
    assert files == {"pause": native_program.read_bytes()}


def test_it_runs_pause_as_user_65535(client: docker.APIClient, image: str) -> None:
    config, _ = read_image(client, image)
    assert config["User"] == "65535:65535"
    assert config["Entrypoint"] == ["/pause"]
    assert not config["Cmd"]


def test_the_dockerfile_names_title_and_licence(
    engine: DockerEngine, dockerfile_image: str
) -> None:
    found = engine.find_image(dockerfile_image)
    assert found is not None
    assert (found.labels[TITLE], found.labels[LICENSES]) == ("pause", "Apache-2.0")


def test_the_process_is_user_65535(pod: Pod) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in pod.shell("cat /proc/1/status").splitlines()
        if ":\t" in line
    )
    assert status["Uid"].split() == ["65535"] * 4
    assert status["Gid"].split() == ["65535"] * 4
