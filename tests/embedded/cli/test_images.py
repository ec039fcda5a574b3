"""Images by the command line: load, save, tag, list, history, remove, commit."""

from __future__ import annotations

import json

from tests.embedded.cli.conftest import Docker

DAEMON = "Error response from daemon: "


def test_a_name_is_given_shown_and_taken(docker: Docker, busybox: str) -> None:
    docker("tag", busybox, "other:1")
    docker("tag", "other:1", "other:2")
    identity = docker("images", "-q", "--no-trunc", busybox).strip()
    form = "{{.Repository}}:{{.Tag}} {{.ID}}"
    assert docker("images", "--no-trunc", "--format", form, "other").splitlines() == [
        f"other:1 {identity}",
        f"other:2 {identity}",
    ]
    assert docker("images", "-q", "--filter", "reference=oth*:2").split() == [identity[7:19]]
    assert docker("rmi", "other:1", "other:2") == "Untagged: other:1\nUntagged: other:2\n"
    assert docker("images", "-q", "other") == ""


def test_what_is_saved_can_be_loaded_again(docker: Docker, busybox: str) -> None:
    made = docker("import", "-", "saved:1", stdin=_empty_tar()).strip()
    docker("tag", "saved:1", "saved:2")
    docker("save", "-o", "both.tar", "saved:1", "saved:2")
    removed = docker("rmi", "saved:1", "saved:2").splitlines()
    assert removed[:3] == ["Untagged: saved:1", "Untagged: saved:2", f"Deleted: {made}"]
    assert docker("load", "-i", "both.tar") == "Loaded image: saved:1\nLoaded image: saved:2\n"
    assert docker("images", "-q", "--no-trunc", "saved").split() == [made, made]
    data = docker.capture("save", busybox).stdout
    assert docker("load", stdin=data) == f"Loaded image: {busybox}\n"
    docker("rmi", "-f", "saved:1", "saved:2")


def test_an_image_in_use_stays(docker: Docker, busybox: str) -> None:
    container = docker("create", "--name", "user", busybox).strip()
    image = docker("images", "-q", busybox).strip()
    assert docker.complain("rmi", busybox) == (
        f'{DAEMON}conflict: unable to remove repository reference "{busybox}" (must force) - '
        f"container {container[:12]} is using its referenced image {image}"
    )
    assert docker.complain("rmi", "nosuch") == f"{DAEMON}No such image: nosuch:latest"
    assert docker.complain("tag", "nosuch", "x") == f"{DAEMON}No such image: nosuch:latest"
    said = docker.complain("image", "inspect", "nosuch")
    assert said == f"{DAEMON}no such image: nosuch: No such image: nosuch:latest"


def test_a_container_is_committed_with_what_it_changed(docker: Docker, busybox: str) -> None:
    docker(
        "run", "--name", "work", "-e", "A=1", busybox, "sh", "-c", "echo new > /new; rm /etc/group"
    )
    made = docker(
        "commit", "-m", "why", "-a", "who", "-c", 'CMD ["cat", "/new"]', "work", "kept:1"
    ).strip()
    assert docker("run", "--rm", "kept:1") == "new\n"
    docker("run", "--rm", "kept:1", "test", "-e", "/etc/group", code=1)
    (found,) = json.loads(docker("inspect", "kept:1"))
    assert (found["Id"], found["Author"], found["Comment"]) == (made, "who", "why")
    assert found["Config"]["Cmd"] == ["cat", "/new"]
    assert [one.partition("=")[0] for one in found["Config"]["Env"]] == ["A", "PATH"]
    assert docker("history", "--format", "{{.Comment}}", "kept:1").splitlines()[0] == "why"
    assert docker("diff", "work").splitlines() == ["C /etc", "D /etc/group", "A /new"]
    docker("rmi", "kept:1")


def test_a_committed_container_that_runs_runs_on(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "alive", busybox, "sleep", "1000")
    docker("exec", "alive", "touch", "/here")
    made = docker("commit", "alive").strip()
    assert docker("inspect", "-f", "{{.State.Status}}", "alive") == "running\n"
    assert docker("run", "--rm", made, "ls", "/here") == "/here\n"
    docker("rmi", made)


def _empty_tar() -> bytes:
    return bytes(10240)
