"""``docker exec`` without a terminal, and ``docker logs``."""

from __future__ import annotations

import re

import pytest

from tests.embedded.cli.conftest import Docker
from tests.embedded.cli.test_run import NO_USER, NOT_IN_PATH
from tests.waiting import wait_until

TALK = "for i in 1 2 3; do echo out$i; echo err$i >&2; done"
NO_FOLDER = 'chdir to cwd ("/none") set in config.json failed: no such file or directory'
OCI = "OCI runtime exec failed: exec failed: unable to start container process"


@pytest.fixture
def target(docker: Docker, busybox: str) -> str:
    """A container that runs."""
    docker("run", "-d", "--name", "target", busybox, "sleep", "1000")
    return "target"


@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_input_comes_back_byte_for_byte(docker: Docker, target: str, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert docker.capture("exec", "-i", target, "cat", stdin=data).stdout == data


def test_the_end_of_the_input_is_told(docker: Docker, target: str) -> None:
    assert docker("exec", "-i", target, "wc", "-c", stdin=b"x" * 1_000_000) == "1000000\n"


def test_without_i_there_is_no_input(docker: Docker, target: str) -> None:
    assert docker("exec", target, "cat", stdin=b"lost") == ""


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["@", "sh", "-c", "echo $$ >&2; echo $HOME"], "/root\n"),
        (
            ["-w", "/etc", "-e", "A=2", "-u", "nobody", "@", "sh", "-c", "pwd; echo $A; id -un"],
            "/etc\n2\nnobody\n",
        ),
        (["-u", "7:8", "@", "id"], "uid=7 gid=8 groups=8\n"),
    ],
)
def test_an_option_does_what_it_says(
    docker: Docker, target: str, words: list[str], out: str
) -> None:
    assert docker("exec", *(target if word == "@" else word for word in words)) == out


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        (["@", "sh", "-c", "exit 9"], 9, ""),
        (["@", "sh", "-c", "kill -9 $$"], 137, ""),
        (["@", "nosuch"], 126, f"{OCI}: {NOT_IN_PATH}: unknown\r\n"),
        (["-w", "/none", "@", "pwd"], 126, f"{OCI}: {NO_FOLDER}: unknown\r\n"),
        (["-u", "nosuch", "@", "id"], 126, f"{NO_USER}\r\n"),
    ],
)
def test_an_exec_ends_with_dockers_code(
    docker: Docker, target: str, words: list[str], code: int, out: str
) -> None:
    assert docker("exec", *(target if word == "@" else word for word in words), code=code) == out


def test_a_detached_exec_runs_by_itself(docker: Docker, target: str) -> None:
    docker("exec", "-d", target, "sh", "-c", "echo done > /mark")
    wait_until("it has run", lambda: "/mark" in docker("diff", target))
    wait_until("it has written", lambda: docker("exec", target, "cat", "/mark") == "done\n")


def test_logs_keep_the_streams_apart(docker: Docker, busybox: str) -> None:
    docker("run", "--name", "talk", busybox, "sh", "-c", TALK)
    done = docker.capture("logs", "talk")
    assert done.stdout.split() == [b"out1", b"out2", b"out3"]
    assert done.stderr.split() == [b"err1", b"err2", b"err3"]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--tail", "2"], ["3"]),
        (["--tail", "0"], []),
        (["--tail", "all"], ["1", "2", "3"]),
        (["--since", "10m"], ["1", "2", "3"]),
        (["--until", "10m"], []),
        (["--since", "2099-01-01T00:00:00"], []),
    ],
)
def test_logs_are_cut_as_asked(
    docker: Docker, busybox: str, words: list[str], lines: list[str]
) -> None:
    docker("run", "--name", "talk", busybox, "sh", "-c", TALK.replace("; echo err$i >&2", "; echo"))
    expected = [f"out{one}" for one in lines]
    assert docker("logs", *words, "talk").split() == expected


def test_timestamps_are_those_of_the_lines(docker: Docker, busybox: str) -> None:
    docker("run", "--name", "talk", busybox, "echo", "one")
    line = docker("logs", "-t", "talk")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n", line)
    stamp = line.split()[0]
    assert docker("logs", "--since", stamp, "talk") == "one\n"


def test_following_a_log_goes_on_until_the_container_ends(docker: Docker, busybox: str) -> None:
    docker("run", "-d", "-i", "--name", "talk", busybox, "sh", "-c", "echo first; sleep 1000")
    following = docker.start("logs", "-f", "talk")
    with following:
        assert following.stdout is not None
        try:
            assert following.stdout.readline() == b"first\n"
            docker("kill", "talk")
            assert (following.stdout.read(), following.wait(60)) == (b"", 0)
        finally:
            following.kill()


def test_a_log_that_is_not_kept_cannot_be_read(docker: Docker, busybox: str) -> None:
    docker("run", "--name", "mute", "--log-driver", "none", busybox, "echo", "x")
    assert docker.complain("logs", "mute") == (
        "Error response from daemon: configured logging driver does not support reading"
    )


def test_attach_takes_input_and_shows_what_comes_from_now_on(docker: Docker, busybox: str) -> None:
    docker(
        "run", "-d", "-i", "--name", "reading", busybox, "sh", "-c", "read a; echo got $a; exit 6"
    )
    assert docker("attach", "reading", stdin=b"hello\n", code=6) == "got hello\n"


def test_attach_without_input_leaves_the_programs_input_alone(docker: Docker, busybox: str) -> None:
    docker("create", "-i", "--name", "listening", busybox, "sh", "-c", "read a; echo got $a")
    docker("start", "listening")
    watching = docker.start("attach", "--no-stdin", "listening")
    with watching:
        try:
            wait_until("it is attached", lambda: _attached(docker, "listening"))
            docker("attach", "listening", stdin=b"hello\n")
            assert watching.communicate(timeout=60) == (b"got hello\n", b"")
        finally:
            watching.kill()


def _attached(docker: Docker, container: str) -> str:
    """What the engine tells of clients that have attached so far."""
    words = ("--since", "10m", "--until", "-1s", "--filter", "event=attach")
    return docker("events", *words, "--filter", f"container={container}")
