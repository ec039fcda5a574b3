"""``docker cp`` both ways, ``diff`` and ``export``."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests.embedded.cli.conftest import Docker

DAEMON = "Error response from daemon: "


@pytest.fixture(params=["running", "created"])
def box(request: pytest.FixtureRequest, docker: Docker, busybox: str) -> str:
    """A container, once one that runs and once one that never did."""
    docker("create", "--name", "box", busybox, "sleep", "1000")
    if request.param == "running":
        docker("start", "box")
    return "box"


def _read(docker: Docker, path: str) -> dict[str, bytes | None]:
    """Names and contents of what ``docker cp PATH -`` gives; None for what is no file."""
    data = docker.capture("cp", path, "-").stdout
    found: dict[str, bytes | None] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            found[member.name] = content.read() if content else None
    return found


def test_a_file_goes_in_and_comes_back(docker: Docker, box: str) -> None:
    data = bytes(range(256)) * 1000
    (docker.folder / "f").write_bytes(data)
    docker("cp", "f", f"{box}:/tmp")
    docker("cp", "f", f"{box}:/tmp/renamed")
    docker("cp", f"{box}:/tmp/renamed", "back")
    assert (docker.folder / "back").read_bytes() == data
    assert _read(docker, f"{box}:/tmp/f") == {"f": data}


def test_a_folder_goes_in_and_comes_back(docker: Docker, box: str) -> None:
    (docker.folder / "d/e").mkdir(parents=True)
    (docker.folder / "d/e/f").write_text("deep")
    (docker.folder / "d/link").symlink_to("e/f")
    docker("cp", "d", f"{box}:/tmp")  # into the folder
    docker("cp", "d/.", f"{box}:/tmp/new")  # as the folder
    for inside in ("d", "new"):
        expected = {
            inside: None,
            f"{inside}/e": None,
            f"{inside}/e/f": b"deep",
            f"{inside}/link": None,
        }
        assert _read(docker, f"{box}:/tmp/{inside}") == expected
    docker("cp", f"{box}:/tmp/d/.", "back")
    assert (docker.folder / "back/e/f").read_text() == "deep"
    assert (docker.folder / "back/link").readlink() == Path("e/f")


def test_a_tar_goes_in_from_the_standard_input(docker: Docker, box: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("a/b")
        member.size, member.mode, member.uid = 1, 0o640, 7
        tar.addfile(member, io.BytesIO(b"x"))
    docker("cp", "-", f"{box}:/home", stdin=packed.getvalue())
    assert _read(docker, f"{box}:/home/a") == {"a": None, "a/b": b"x"}


def test_a_link_is_copied_or_followed(docker: Docker, box: str) -> None:
    docker("cp", f"{box}:/bin/sh", "as-link")
    assert (docker.folder / "as-link").readlink() == Path("busybox")
    docker("cp", "-L", f"{box}:/bin/sh", "as-file")
    assert (docker.folder / "as-file").read_bytes()[:4] == b"\x7fELF"


def test_what_is_not_there_is_told(docker: Docker, box: str) -> None:
    assert docker.complain("cp", f"{box}:/nosuch", ".") == (
        f"{DAEMON}Could not find the file /nosuch in container {box}"
    )
    assert docker.complain("cp", f"{box}:/etc/passwd/", ".") == (
        f"{DAEMON}lstat /etc/passwd/: not a directory"
    )
    assert docker.complain("cp", "nosuch:/", ".") == f"{DAEMON}No such container: nosuch"


def test_nothing_is_copied_into_what_is_read_only(docker: Docker, busybox: str) -> None:
    (docker.folder / "f").write_text("x")
    docker(
        "run",
        "-d",
        "--name",
        "locked",
        "--read-only",
        "-v",
        "open:/open",
        "-v",
        "shut:/shut:ro",
        busybox,
        "sleep",
        "1000",
    )
    assert (
        docker.complain("cp", "f", "locked:/tmp/")
        == f"{DAEMON}container rootfs is marked read-only"
    )
    assert (
        docker.complain("cp", "f", "locked:/shut/") == f"{DAEMON}mounted volume is marked read-only"
    )
    docker("cp", "f", "locked:/open/")
    assert (
        docker("exec", "locked", "ls", "/open", "/shut", "/tmp") == "/open:\nf\n\n/shut:\n\n/tmp:\n"
    )


def test_diff_names_what_the_container_changed_and_nothing_else(
    docker: Docker, busybox: str
) -> None:
    docker(
        "run",
        "-t",
        "--name",
        "changed",
        busybox,
        "sh",
        "-c",
        "echo x > /new; rm /etc/group; mkdir /d",
    )
    expected = ["A /d", "A /new", "C /etc", "D /etc/group"]
    assert sorted(docker("diff", "changed").splitlines()) == expected
    docker("run", "--name", "same", busybox, "true")
    assert docker("diff", "same") == ""


def test_an_export_can_be_imported_and_run(docker: Docker, busybox: str) -> None:
    docker(
        "run",
        "--name",
        "source",
        "-v",
        "vol:/vol",
        busybox,
        "sh",
        "-c",
        "echo kept > /kept; echo > /vol/x",
    )
    tree = docker.capture("export", "source").stdout
    with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
        names = set(tar.getnames())
    assert {"kept", "etc/passwd", "vol", "dev", "proc"} <= names
    assert not {name for name in names if name.startswith(("proc/", "vol/", "dev/"))}
    docker("import", "-c", 'CMD ["cat", "/kept"]', "-m", "brought", "-", "imported:1", stdin=tree)
    assert docker("run", "--rm", "imported:1") == "kept\n"
    assert docker("history", "--format", "{{.Comment}}", "imported:1") == "brought\n"
    docker("rmi", "imported:1")
