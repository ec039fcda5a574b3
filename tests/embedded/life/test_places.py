"""Sockets and state folders: whose they are, and who is refused."""

from __future__ import annotations

import signal
import socket
import stat
from pathlib import Path

import pytest

from tests.embedded.engines import RunningEngine, find_processes, host_mounts, make_pod
from tests.embedded.life.conftest import Start


def refused(engine: RunningEngine) -> str:
    """What an engine says that does not start."""
    assert engine.process.wait(60) == 1
    return engine.complaints()


def test_the_socket_is_for_its_owner_only(start: Start) -> None:
    mode = start().socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_stale_socket_is_taken_over(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "stale"))
    assert start(socket=tmp_path / "stale").stop() == 0
    assert not (tmp_path / "stale").exists()


def test_a_live_socket_is_refused_and_goes_on_answering(start: Start) -> None:
    engine = start()
    second = start("second", socket=engine.socket, ready=False)
    assert refused(second) == f"pausedemo: an engine already listens at {engine.socket}\n"
    with engine.client() as client:
        assert client.ping()


def test_a_file_that_is_no_socket_is_refused_and_kept(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = refused(start(socket=tmp_path / "file", ready=False))
    assert said == f"pausedemo: {tmp_path / 'file'} is there and is no socket: name another path\n"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_state_folder_in_use_is_refused_and_its_containers_live_on(
    start: Start, images: tuple[str, str]
) -> None:
    engine = start()
    with engine.client() as client:
        pod = make_pod(client, "pod", *images)
        second = start("second", state=engine.state, ready=False)
        assert refused(second) == (
            f"pausedemo: another engine uses {engine.state}: stop it, or name another folder with "
            "--state\n"
        )
        assert not second.socket.exists()
        assert pod[1].exec_run(["cat", "/etc/hostname"]).exit_code == 0


@pytest.mark.parametrize("is_file", [True, False], ids=["a file", "below a file"])
def test_a_start_that_fails_leaves_nothing(start: Start, tmp_path: Path, is_file: bool) -> None:
    (tmp_path / "file").write_text("")
    state = tmp_path / "file" if is_file else tmp_path / "file" / "state"
    before = sorted(tmp_path.iterdir())
    (tmp_path / "failing").mkdir()
    engine = start("failing", state=state, ready=False)
    assert refused(engine).startswith(f"pausedemo: cannot keep anything in {state} (")
    assert [one.name for one in (tmp_path / "failing").iterdir()] == ["stderr"]
    assert sorted(one for one in tmp_path.iterdir() if one.name != "failing") == before
    assert not find_processes(str(tmp_path))
    assert not host_mounts(str(tmp_path))


def test_two_engines_do_not_see_each_others_things(start: Start, images: tuple[str, str]) -> None:
    one, two = start("one"), start("two")
    with one.client() as first, two.client() as second:
        make_pod(first, "pod", *images)
        first.images.get(images[1]).tag("only-here")
        first.networks.create("mine")
        first.volumes.create("mine")
        assert second.containers.list(all=True) == []
        names = {tag for image in second.images.list() for tag in image.tags}
        assert names == set(images)
        assert sorted(each.name for each in second.networks.list()) == ["bridge", "host", "none"]
        assert second.volumes.list() == []
        # The same names are free there; and one's end is not the other's.
        pod = make_pod(second, "pod", *images)
        assert one.stop(signal.SIGKILL) == -signal.SIGKILL
        start("one")
        assert pod[1].exec_run(["true"]).exit_code == 0
    assert two.stop() == 0
    assert one.socket.exists()
