"""Binds of what cannot be there: refused at the same moment, and in the same words, by both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
import pytest
from docker.types import Mount

from tests.embedded.api.conftest import EACH_ENGINE

BELOW_A_FILE = (
    "failed to create shim: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
    'error mounting "FOLDER/file/below" to rootfs at "/etc/zz": stat FOLDER/file/below: '
    "not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? "
    "Check if the specified host path exists and is the expected type"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path


def read(error: docker.errors.APIError, folder: Path) -> tuple[int | None, str]:
    text = str(error.explanation).replace(str(folder), "FOLDER")
    return error.status_code, text.replace("create shim task:", "create shim:")


@EACH_ENGINE
@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("FOLDER/file/below", (400, BELOW_A_FILE)),
        (
            "/proc/nosuch/below",
            (
                500,
                "error while creating mount source path '/proc/nosuch/below': "
                "mkdir /proc/nosuch: no such file or directory",
            ),
        ),
    ],
)
def test_a_source_that_cannot_be_made_fails_the_start(
    sdk: docker.DockerClient, busybox: str, folder: Path, source: str, answer: tuple[int, str]
) -> None:
    bind = f"{source.replace('FOLDER', str(folder))}:/etc/zz:ro"
    container = sdk.containers.create(busybox, "true", volumes=[bind])
    try:
        with pytest.raises(docker.errors.APIError) as raised:
            container.start()
        container.reload()
        assert container.status == "created"
    finally:
        container.remove()
    assert read(raised.value, folder) == answer


@EACH_ENGINE
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("file/below", "stat FOLDER/file/below: not a directory"),
        ("nosuch", "bind source path does not exist: FOLDER/nosuch"),
    ],
)
def test_a_mount_whose_source_is_not_there_is_refused(
    sdk: docker.DockerClient, busybox: str, folder: Path, source: str, problem: str
) -> None:
    mounts = [Mount("/zz", str(folder / source), type="bind")]
    with pytest.raises(docker.errors.APIError) as raised:
        sdk.containers.create(busybox, "true", mounts=mounts)
    wanted = 400, f'invalid mount config for type "bind": {problem}'
    assert read(raised.value, folder) == wanted


@EACH_ENGINE
def test_a_source_that_is_gone_is_made_anew_at_the_start(
    sdk: docker.DockerClient, busybox: str, folder: Path
) -> None:
    made: Any = sdk.containers.create(busybox, "true", volumes=[f"{folder}/made/deep:/data"])
    try:
        made.start()
        made.wait()
        (folder / "made/deep").rmdir()
        made.start()
        assert made.wait()["StatusCode"] == 0
    finally:
        made.remove(force=True)
    assert (folder / "made/deep").is_dir()
