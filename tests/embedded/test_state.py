"""One engine to a folder, one to a socket; what a dead one left is taken over."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from pausedemo.embedded.errors import Conflict, ServerError
from pausedemo.embedded.state import (
    ROOT_STATE,
    bind_socket,
    find_state,
    make_key,
    open_spare_state,
    open_state,
)


def test_a_folder_has_one_engine_at_a_time(tmp_path):
    state = open_state(tmp_path / "s")
    with pytest.raises(Conflict, match=r"another engine uses .*/s: stop it, or name another"):
        open_state(tmp_path / "s")
    state.close()
    open_state(tmp_path / "s").close()
    assert (tmp_path / "s").is_dir()


def test_folders_have_keys_and_places_of_their_own(tmp_path):
    one, two = open_state(tmp_path / "a"), open_state(tmp_path / "b")
    assert len({one.key, two.key}) == 2
    assert one.key == make_key(tmp_path / "a")
    assert len(one.key) == 12
    assert one.key.isalnum()
    assert {one.containers, one.images, one.volumes} == {
        tmp_path / "a" / name for name in ("containers", "images", "volumes")
    }
    one.close()
    two.close()


def test_a_sweep_takes_containers_away_and_leaves_the_rest(tmp_path):
    state = open_state(tmp_path / "s")
    for folder in (state.containers / "c1" / "upper", state.images, state.volumes):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    state.sweep()
    left = sorted(str(one.relative_to(state.path)) for one in state.path.rglob("*"))
    assert left == [
        *("containers", "images", "images/file", "keeping", "lock"),
        *("volumes", "volumes/file"),
    ]
    state.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match=r"cannot keep anything in .*: name another folder"):
        open_state(tmp_path / "file" / "s")


def test_while_a_folder_is_used_another_engine_gets_a_spare_one_that_goes_with_it(tmp_path):
    first = open_spare_state(tmp_path / "s")
    second = open_spare_state(tmp_path / "s")
    third = open_spare_state(tmp_path / "s")
    assert (first.path, first.temporary) == (tmp_path / "s", False)
    assert second.temporary
    assert third.temporary
    assert len({first.path, second.path, third.path}) == 3
    assert stat.S_IMODE(second.path.stat().st_mode) == 0o711
    for state in (third, second, first):
        state.close()
    assert [one.name for one in tmp_path.iterdir()] == ["s"]


def _open_and_die(path: Path) -> None:
    kept = open_state(path)
    open_spare_state(path)
    assert kept.lock
    os._exit(0)  # as by SIGKILL: nothing is closed


def test_what_a_killed_engine_left_is_taken_over(tmp_path):
    child = multiprocessing.get_context("spawn").Process(
        target=_open_and_die, args=(tmp_path / "s",)
    )
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert len(list(tmp_path.iterdir())) == 2
    state = open_spare_state(tmp_path / "s")
    assert (state.path, [one.name for one in tmp_path.iterdir()]) == (tmp_path / "s", ["s"])
    state.close()


def test_a_lock_in_a_folder_that_was_swept_away_meanwhile_is_not_taken_for_one(
    tmp_path, monkeypatch
):
    lock = fcntl.flock
    locked: list[int] = []

    def lock_late(descriptor: int, how: int) -> None:
        if not locked:
            shutil.rmtree(tmp_path / "s")  # as another engine does with what it finds left
        if how & fcntl.LOCK_NB:  # the engine's own, not the one that the keeper holds as well
            locked.append(descriptor)
        lock(descriptor, how)

    monkeypatch.setattr("pausedemo.embedded.state.fcntl.flock", lock_late)
    state = open_state(tmp_path / "s")
    assert len(locked) == 2
    with pytest.raises(Conflict):
        open_state(tmp_path / "s")
    state.close()


def test_a_folder_belongs_to_its_socket(monkeypatch, tmp_path):
    path = Path("/run/engine.sock")
    assert find_state(path, rootless=False) == ROOT_STATE / make_key(path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert find_state(path, rootless=True) == tmp_path / "pausedemo/embedded" / make_key(path)
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_state(path, rootless=True) == (
        tmp_path / ".local/share/pausedemo/embedded" / make_key(path)
    )


def test_a_socket_is_for_its_owner_only_and_answers(tmp_path):
    path = tmp_path / "new" / "engine.sock"
    before = os.umask(0o022)
    os.umask(before)
    with bind_socket(path) as listening, socket.socket(socket.AF_UNIX) as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        client.connect(str(path))
        listening.accept()[0].close()
    after = os.umask(before)
    assert after == before


def test_a_stale_socket_is_taken_over(tmp_path):
    path = tmp_path / "engine.sock"
    bind_socket(path).close()
    assert path.exists()
    with bind_socket(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_live_socket_is_refused_and_goes_on(tmp_path):
    path = tmp_path / "engine.sock"
    with bind_socket(path):
        with pytest.raises(Conflict, match="an engine already listens at"):
            bind_socket(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone(tmp_path, kind):
    path = tmp_path / "thing"
    match kind:
        case "file":
            path.write_text("mine")
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="is there and is no socket"):
        bind_socket(path)
    assert path.lstat().st_mode
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["x" * 200, "file/engine.sock"])
def test_a_place_where_no_socket_can_be_is_said(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(Conflict, match="cannot listen at"):
        bind_socket(tmp_path / name)
