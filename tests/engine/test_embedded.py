"""The embedded engine beside us: when it is started, and that it never outlives who uses it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pausedemo.engine.connect import KEEPS_NOTHING, START_DOCKER, connect, probe
from pausedemo.engine.embedded import WHAT, start_embedded
from pausedemo.errors import EngineUnavailable, UsageError
from tests.engine.test_connect import answer, listening

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root's way; others have their own tests")
pytestmark = [
    needs_root,
    pytest.mark.skipif(Path("/run/podman/podman.sock").exists(), reason="podman answers here"),
]

#: Starts an engine, says its process id, and dies as nobody can prepare for.
START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from pausedemo.engine.embedded import start_embedded
print(start_embedded(Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """A person's environment where no engine answers; images would be kept in a folder of it."""
    for name in [name for name in os.environ if name.startswith("DOCKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("pausedemo.engine.endpoints.DEFAULT_SOCKET", f"unix://{tmp_path}/default")
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return {"XDG_RUNTIME_DIR": str(tmp_path / "run")}


@pytest.fixture
def impossible(nothing, tmp_path, monkeypatch):
    """As ``nothing``, and an embedded engine cannot be, either: its cache cannot be made."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    return nothing


def test_it_answers_until_it_is_closed_and_leaves_its_images_only(tmp_path, nothing):
    del nothing
    engine = start_embedded(tmp_path / "state")
    ended = os.pidfd_open(engine.pid)
    folder = Path(engine.endpoint.url.removeprefix("unix://")).parent
    try:
        assert probe(engine.endpoint) is None
        assert folder.parent == tmp_path / "run"
    finally:
        engine.close()
        engine.close()
    is_over = bool(select.select([ended], [], [], 0)[0])
    os.close(ended)
    assert is_over
    assert list((tmp_path / "run").iterdir()) == []
    assert list((tmp_path / "state" / "containers").iterdir()) == []


def test_a_second_one_at_the_same_time_keeps_its_images_elsewhere_and_takes_them_away(
    tmp_path, nothing
):
    del nothing
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            engine = start_embedded(tmp_path / "state")
            stack.callback(engine.close)
            assert probe(engine.endpoint) is None
        assert len(list(tmp_path.glob("state*"))) == 2
    assert list(tmp_path.glob("state*")) == [tmp_path / "state"]


def test_it_ends_when_its_user_is_killed(tmp_path, nothing):
    del nothing
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_DIE, str(tmp_path / "state")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as user:
        assert user.stdout is not None
        ended = os.pidfd_open(int(user.stdout.readline()))
        user.communicate(timeout=60)
        assert user.returncode == -signal.SIGKILL
    try:
        assert select.select([ended], [], [], 60)[0]
    finally:
        os.close(ended)


def test_where_the_runtime_folder_is_missing_it_takes_another(tmp_path, nothing, monkeypatch):
    del nothing
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "absent"))
    engine = start_embedded(tmp_path / "state")
    try:
        assert probe(engine.endpoint) is None
    finally:
        engine.close()
    assert not (tmp_path / "absent").exists()


def test_a_folder_that_cannot_be_is_told_with_what_to_ask_next(tmp_path, nothing):
    del nothing
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(EngineUnavailable) as caught:
            start_embedded(state)
        ((what, why),) = caught.value.tried
        assert what == WHAT
        assert why.startswith("cannot ")
        assert "engine info --engine embedded" in caught.value.remedy
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("wanted", ["auto", "embedded"])
def test_where_no_engine_answers_the_embedded_one_is_started_and_ends_with_its_use(
    wanted, nothing, tmp_path
):
    engine = connect(wanted, nothing, tmp_path)
    with contextlib.closing(engine):
        about = engine.describe()
        path = Path(engine.url.removeprefix("unix://"))
        assert path.is_socket()
    assert about.name == "embedded"
    assert [one.name for one in about.abilities] == [
        *("user", "cgroups", "file system", "seccomp", "network"),
    ]
    assert not path.exists()


def test_asked_for_by_name_it_goes_before_a_chosen_engine(nothing, tmp_path):
    environ = {**nothing, "DOCKER_HOST": f"unix://{tmp_path}/absent"}
    with contextlib.closing(connect("embedded", environ, tmp_path)) as engine:
        assert engine.describe().name == "embedded"


def test_an_engine_that_answers_is_not_replaced(nothing, tmp_path):
    body = b'{"ApiVersion": "1.41", "Version": "1"}'
    with listening(tmp_path / "default", answer(body)):
        engine = connect("auto", nothing, tmp_path)
        engine.close()
    assert engine.url == f"unix://{tmp_path}/default"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        ("docker", {}),
        ("podman", {}),
        ("unix:///no/such.sock", {}),
        ("auto", {"DOCKER_HOST": "unix:///no/such.sock"}),
        ("auto", {"DOCKER_CONTEXT": "absent"}),
    ],
)
def test_an_engine_that_a_person_chose_is_never_replaced_by_the_embedded_one(
    wanted, more, nothing, tmp_path
):
    with pytest.raises(EngineUnavailable) as caught:
        connect(wanted, {**nothing, **more}, tmp_path)
    assert WHAT not in dict(caught.value.tried)
    assert not (tmp_path / "cache").exists()


def test_where_neither_can_be_all_that_was_tried_is_told(impossible, tmp_path):
    with pytest.raises(EngineUnavailable) as caught:
        connect("auto", impossible, tmp_path)
    *_, (what, why) = caught.value.tried
    assert len(caught.value.tried) == 6
    assert (what, why) == (WHAT, f"cannot make {tmp_path}/file/cache/pausedemo: Not a directory")
    assert caught.value.remedy == START_DOCKER


@pytest.mark.parametrize("wanted", ["auto", "embedded"])
def test_an_engine_that_must_last_is_not_started_for_one_command(wanted, nothing, tmp_path):
    with pytest.raises(UsageError) as caught:
        connect(wanted, nothing, tmp_path, lasting=True)
    assert str(caught.value) == KEEPS_NOTHING
    assert not (tmp_path / "cache").exists()
    assert list((tmp_path / "run").iterdir()) == []


def test_a_runtime_that_the_embedded_engine_does_not_have_is_refused_and_nothing_left(
    nothing, tmp_path
):
    with pytest.raises(UsageError, match="runsc"):
        connect("embedded", nothing, tmp_path, runtime="runsc")
    assert list((tmp_path / "run").iterdir()) == []
