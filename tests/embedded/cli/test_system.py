"""``docker version``, ``info``, ``events`` and ``system prune``."""

from __future__ import annotations

import pausedemo
from tests.embedded.cli.conftest import Docker


def test_version_names_this_engine(docker: Docker) -> None:
    form = "{{.Server.Platform.Name}} {{.Server.Version}} {{.Server.MinAPIVersion}} {{.Server.Os}}"
    assert docker("version", "--format", form) == (
        f"pausedemo embedded engine {pausedemo.__version__} 1.24 linux\n"
    )
    assert "Server: pausedemo embedded engine" in docker("version")


def test_info_counts_what_is_there(docker: Docker, busybox: str) -> None:
    docker("create", "--name", "made", busybox)
    docker("run", "-d", "--name", "runs", busybox, "sleep", "1000")
    form = "{{.Containers}} {{.ContainersRunning}} {{.ContainersStopped}} {{.OSType}}"
    done = docker.capture("info", "--format", form)
    assert (done.stdout, done.stderr) == (b"2 1 1 linux\n", b"")


def test_events_of_the_past_are_told_and_end(docker: Docker, busybox: str) -> None:
    docker("run", "--cidfile", "id", "--rm", busybox, "true")
    container = (docker.folder / "id").read_text()
    # Until the next second, for the command line tells whole seconds only.
    words = ("--since", "10m", "--until", "-1s", "--filter", f"container={container}")
    told = docker("events", *words, "--format", "{{.Action}}").split()
    assert [one for one in told if one != "resize"] == [
        "create", "attach", "start", "die", "destroy",
    ]  # fmt: skip


def test_prune_removes_what_nobody_uses(docker: Docker, busybox: str) -> None:
    made = docker("create", "--name", "made", busybox).strip()
    docker("run", "-d", "--name", "runs", "--network", "none", busybox, "sleep", "1000")
    docker("network", "create", "unused")
    out = docker("system", "prune", "--force")
    assert f"Deleted Containers:\n{made}\n" in out
    assert "Deleted Networks:\nunused\n" in out
    assert docker("ps", "-a", "--format", "{{.Names}}") == "runs\n"


def test_who_looks_into_a_container_is_seen(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "seen", busybox, "sleep", "1000")
    docker("top", "seen")
    docker("cp", "seen:/etc/passwd", "passwd")
    docker("cp", "passwd", "seen:/tmp")
    docker.capture("export", "seen")
    words = ("--since", "10m", "--until", "-1s", "--filter", "container=seen")
    told = docker("events", *words, "--format", "{{.Action}}").split()
    assert told == ["create", "start", "top", "archive-path", "extract-to-dir", "export"]
