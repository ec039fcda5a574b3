"""Containers looked at and led through their life by the command line."""

from __future__ import annotations

import functools
import json
import select
from typing import IO

import pytest

from tests.embedded.cli.conftest import Docker
from tests.waiting import wait_until

STEADY = ["sh", "-c", "trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done"]


def test_ps_shows_what_was_asked_for(docker: Docker, busybox: str) -> None:
    docker("run", "--name", "done", "-l", "k=v", busybox, "sh", "-c", "exit 3", code=3)
    docker("run", "-d", "--name", "busy", "-v", "vol:/v", busybox, "sleep", "1000")
    form = "{{.Names}}|{{.Image}}|{{.Command}}|{{.State}}|{{.Networks}}|{{.Mounts}}"
    assert docker("ps", "--all", "--no-trunc", "--format", form).splitlines() == [
        f'busy|{busybox}|"sleep 1000"|running|bridge|vol',
        f"done|{busybox}|\"sh -c 'exit 3'\"|exited|bridge|",
    ]
    assert docker("ps", "--format", "{{.Names}}") == "busy\n"
    assert docker("ps", "-l", "--format", "{{.Names}}") == "busy\n"
    assert docker("ps", "-a", "--format", "{{.Status}}").startswith("Up ")
    assert "Exited (3) " in docker("ps", "-a")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["exited=3"], ["done"]),
        (["label=k"], ["done"]),
        (["label=k=other"], []),
        (["name=bus"], ["busy"]),
        (["status=running"], ["busy"]),
        (["status=exited", "status=running"], ["busy", "done"]),
        (["since=done"], ["busy"]),
        (["before=busy"], ["done"]),
        (["ancestor=@"], ["busy", "done"]),
        (["ancestor=@", "name=done"], ["done"]),
        (["volume=vol"], ["busy"]),
        (["network=bridge"], ["busy", "done"]),
        (["network=host"], []),
        (["publish=80"], []),  # the container's; published is the host's, as for dockerd
        (["publish=1-65535"], ["busy"]),
        (["expose=81/tcp"], []),
    ],
)
def test_ps_filters(docker: Docker, busybox: str, filters: list[str], names: list[str]) -> None:
    docker("run", "--name", "done", "-l", "k=v", busybox, "sh", "-c", "exit 3", code=3)
    docker("run", "-d", "--name", "busy", "-v", "vol:/v", "-p", "80", busybox, "sleep", "1000")
    words = [word for one in filters for word in ("--filter", one.replace("@", busybox))]
    assert docker("ps", "--all", "--format", "{{.Names}}", *words).split() == names


def test_an_unknown_filter_is_refused(docker: Docker) -> None:
    said = docker.complain("ps", "--filter", "bogus=1")
    assert said == "Error response from daemon: Invalid filter 'bogus'"


def test_the_life_of_a_container_and_its_events(docker: Docker, busybox: str) -> None:
    container = docker("create", "--name", "born", busybox, *STEADY).strip()
    watching = docker.start(
        "events", "--filter", f"container={container}", "--format", "{{.Action}}"
    )
    with watching:
        assert watching.stdout is not None
        try:
            # Nothing tells when it listens: the first event that is seen, does.
            wait_until("events are heard", functools.partial(_touch, docker, watching.stdout))
            for words in (
                ["start", "born"],
                ["pause", "born"],
                ["unpause", "born"],
                ["restart", "born"],
                ["kill", "-s", "TERM", "born"],
            ):
                docker(*words)
            assert docker("wait", "born") == "4\n"
            docker("rm", "born")
            seen: list[str] = []
            while "destroy" not in seen:
                seen.append(watching.stdout.readline().decode().strip())
        finally:
            watching.kill()
    kept = [one for one in seen if one != "rename"]
    assert kept == [
        "start",
        "pause",
        "unpause",
        "kill",
        "die",
        "stop",
        "start",
        "restart",
        "kill",
        "die",
        "destroy",
    ]


def _touch(docker: Docker, stream: IO[bytes]) -> bool:
    docker("rename", "born", "other")
    docker("rename", "other", "born")
    return bool(select.select([stream], [], [], 0.1)[0])


def test_a_container_that_goes_by_itself_survives_a_restart(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--rm", "--name", "shy", busybox, *STEADY)
    docker("restart", "-t", "0", "shy")
    assert docker("inspect", "-f", "{{.State.Status}}", "shy") == "running\n"
    docker("stop", "-t", "0", "shy")
    wait_until("it is gone", lambda: docker("ps", "-aq") == "")


def test_stop_asks_first_and_the_code_is_the_programs(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "polite", busybox, *STEADY)
    wait_until("it is ready", lambda: docker("logs", "polite"))
    assert docker("stop", "polite") == "polite\n"
    assert docker("inspect", "-f", "{{.State.ExitCode}}", "polite") == "4\n"
    assert docker("stop", "polite") == "polite\n"
    assert docker("wait", "polite") == "4\n"


def test_what_cannot_be_done_now_is_told_in_dockers_words(docker: Docker, busybox: str) -> None:
    container = docker("run", "-d", "--name", "one", busybox, "sleep", "1000").strip()
    daemon = "Error response from daemon: "
    hint = "Stop the container before attempting removal or force remove"
    assert docker.complain("rm", "one") == (
        f"{daemon}You cannot remove a running container {container}. {hint}"
    )
    assert docker.complain("unpause", "one") == f"{daemon}Container {container} is not paused"
    docker("pause", "one")
    assert docker("ps", "--format", "{{.Status}}").strip().endswith("(Paused)")
    assert docker.complain("exec", "one", "true") == (
        f"{daemon}Container {container} is paused, unpause the container before exec"
    )
    docker("kill", "one")
    assert docker.complain("kill", "one") == (
        f"{daemon}Cannot kill container: one: Container {container} is not running"
    )
    assert docker.complain("exec", "one", "true") == f"{daemon}Container {container} is not running"
    said = docker.complain("kill", "nosuch")
    assert said == f"{daemon}Cannot kill container: nosuch: No such container: nosuch"
    for words in (["rm"], ["start"], ["stop"], ["wait"], ["logs"], ["top"], ["diff"]):
        said = docker.complain(*words, "nosuch").splitlines()[0]
        assert said == f"{daemon}No such container: nosuch"
    assert docker.complain("inspect", "nosuch") == "Error: No such object: nosuch"


def test_rename_gives_the_name_away_and_takes_it(docker: Docker, busybox: str) -> None:
    docker("create", "--name", "old", busybox)
    docker("rename", "old", "new")
    assert docker("ps", "-a", "--format", "{{.Names}}") == "new\n"
    docker("create", "--name", "old", busybox)
    assert "is already in use by container" in docker.complain("rename", "old", "new")


def test_top_shows_the_containers_processes_only(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "tall", busybox, "sh", "-c", "sleep 1000 & wait")
    wait_until("both run", lambda: len(docker("top", "tall").splitlines()) == 3)
    rows = [
        row.split(maxsplit=1)[1] for row in docker("top", "tall", "-o", "pid,args").splitlines()
    ]
    assert rows == ["COMMAND", "sh -c sleep 1000 & wait", "sleep 1000"]
    assert docker("top", "tall", "aux").split()[:2] == ["USER", "PID"]


def test_inspect_tells_what_was_asked_for(docker: Docker, busybox: str) -> None:
    docker("create", "--name", "asked", "-e", "A=1", "-l", "k=v", "-p", "80:81", busybox, "ls")
    (found,) = json.loads(docker("inspect", "asked"))
    assert found["Config"]["Cmd"] == ["ls"]
    assert found["HostConfig"]["PortBindings"] == {"81/tcp": [{"HostIp": "", "HostPort": "80"}]}
    assert "A=1" in found["Config"]["Env"]
    assert (found["State"]["Status"], found["Name"]) == ("created", "/asked")


def test_sizes_are_those_of_what_was_written(docker: Docker, busybox: str) -> None:
    docker("run", "--name", "wrote", busybox, "sh", "-c", "head -c 20000 /dev/zero > /x")
    assert docker("ps", "-as", "--format", "{{.Size}}").startswith("20kB (virtual ")
    assert docker("inspect", "-s", "-f", "{{.SizeRw}}", "wrote") == "20000\n"
    assert "Total reclaimed space: 20kB" in docker("container", "prune", "-f")
    assert docker("ps", "-aq") == ""


def test_stats_are_told_once(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "--name", "counted", busybox, "sleep", "1000")
    assert docker("stats", "--no-stream", "--format", "{{.Name}}", "counted") == "counted\n"
