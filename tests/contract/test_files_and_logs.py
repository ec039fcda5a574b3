"""Files put into containers, and what their main processes wrote."""

from __future__ import annotations

import os

import pytest

from pausedemo.errors import NotFound
from tests.contract.conftest import Maker
from tests.waiting import wait_until


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"", 0o644),
        (b"text\n", 0o600),
        (bytes(range(256)) * 4, 0o755),
        (os.urandom(1_000_000), 0o444),
    ],
    ids=["empty", "text", "every byte", "a megabyte"],
)
def test_a_file_arrives_whole_with_its_mode_and_root_s(
    make: Maker, content: bytes, mode: int
) -> None:
    container = make.run()
    make.engine.put_file(container, "/tmp/a file", content, mode)
    read = make.engine.exec(container, ["cat", "/tmp/a file"], timeout_s=60)
    assert read.stdout == content
    stat = make.engine.exec(container, ["stat", "-c", "%a %u:%g %s", "/tmp/a file"], timeout_s=60)
    assert stat.stdout.decode() == f"{mode:o} 0:0 {len(content)}\n"


def test_a_file_is_replaced(make: Maker) -> None:
    container = make.run()
    for content in (b"a longer first one", b"second"):
        make.engine.put_file(container, "/at-the-root", content, 0o644)
    read = make.engine.exec(container, ["cat", "/at-the-root"], timeout_s=60)
    assert read.stdout == b"second"


def test_a_file_may_come_before_the_first_start(make: Maker) -> None:
    container = make.create("cat", "/tmp/early")
    make.engine.put_file(container, "/tmp/early", b"early\n", 0o644)
    make.engine.start_container(container)
    wait_until("it was read", lambda: make.engine.read_logs(container) == (b"early\n", b""))


@pytest.mark.differs(("podman", "it makes the folders that are missing"))
def test_a_folder_that_is_not_there_is_not_found(make: Maker) -> None:
    with pytest.raises(NotFound, match="/no/such/folder"):
        make.engine.put_file(make.run(), "/no/such/folder/file", b"", 0o644)


def test_logs_are_what_was_written_so_far_the_streams_apart(make: Maker) -> None:
    script = "echo out; echo err >&2; while [ ! -e /tmp/go ]; do sleep 0.01; done; echo more"
    container = make.run("sh", "-c", script)
    first = (b"out\n", b"err\n")
    wait_until("it wrote", lambda: make.engine.read_logs(container) == first)
    make.engine.put_file(container, "/tmp/go", b"", 0o644)
    wait_until("it went on", lambda: make.engine.read_logs(container) == (b"out\nmore\n", b"err\n"))


def test_long_logs_come_whole(make: Maker) -> None:
    container = make.run("sh", "-c", "seq 1 50000; seq 1 50000 >&2")
    wanted = b"".join(b"%d\n" % number for number in range(1, 50001))
    wait_until("it wrote all", lambda: make.engine.read_logs(container) == (wanted, wanted))


def test_a_container_that_never_ran_has_empty_logs(make: Maker) -> None:
    assert make.engine.read_logs(make.create()) == (b"", b"")
