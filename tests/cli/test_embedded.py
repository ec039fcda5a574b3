"""``engine info``, ``engine serve`` and ``--keep``, where the embedded engine is the only one."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pausedemo.engine.connect import connect, probe
from pausedemo.engine.endpoints import DEFAULT_SOCKET, Endpoint
from pausedemo.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root's way; others have their own tests")
nobody_answers = pytest.mark.skipif(
    probe(Endpoint(DEFAULT_SOCKET, "")) is None or Path("/run/podman/podman.sock").exists(),
    reason="this machine's own engine answers",
)
PROGRAM = "from pausedemo.cli import main; main()"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A person's environment in which nothing names an engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    (tmp_path / "run").mkdir()
    folders = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    own = {"HOME": str(tmp_path), "COLUMNS": "120", "PYTHONPATH": os.pathsep.join(sys.path)}
    return {**kept, **folders, **own}


def run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def serving(
    environ: Mapping[str, str], *arguments: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``engine serve``, once it answers, and its first line; stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "engine", "serve", *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.strip().rpartition("=")[2]
        while probe(Endpoint(url, "test")) is not None:
            assert process.poll() is None, process.communicate()[1]
        yield process, line
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize("wanted", ["embedded", pytest.param("auto", marks=nobody_answers)])
def test_engine_info_tells_what_the_machine_allows(wanted, environ, tmp_path):
    done = run(environ, "engine", "info", "--engine", wanted)
    assert (done.returncode, done.stderr) == (0, "")
    assert "embedded" in done.stdout.splitlines()[0]
    for row in ("user", "cgroups", "file system", "seccomp", "network"):
        assert any(line.strip().startswith(row) for line in done.stdout.splitlines())
    assert list((tmp_path / "run").iterdir()) == []


@nobody_answers
@pytest.mark.parametrize("command", [("engine", "info"), ("run", "network-share"), ("clean",)])
def test_where_neither_docker_nor_the_embedded_engine_can_be_all_is_told(
    command, environ, tmp_path
):
    (tmp_path / "file").write_text("")
    done = run({**environ, "XDG_CACHE_HOME": str(tmp_path / "file")}, *command)
    assert (done.returncode, done.stdout) == (EXIT_NO_ENGINE, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "pausedemo: no engine answers"
    assert lines[1].startswith(f"pausedemo:   tried {DEFAULT_SOCKET} (the default socket): ")
    assert lines[-2] == (
        f"pausedemo:   tried an embedded engine: cannot make {tmp_path}/file/pausedemo: "
        "Not a directory"
    )
    assert "start Docker" in lines[-1]


@pytest.mark.parametrize("wanted", ["embedded", pytest.param("auto", marks=nobody_answers)])
def test_nothing_can_be_kept_on_an_engine_that_ends_with_the_command(wanted, environ, tmp_path):
    done = run(environ, "run", "network-share", "--keep", "--engine", wanted)
    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    assert "pausedemo engine serve --socket PATH" in done.stderr
    assert "--engine unix://PATH" in done.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_engine_serve_says_how_to_reach_it_and_ends_when_told_to(number, environ, tmp_path):
    path, state = tmp_path / "e.sock", tmp_path / "state"
    with serving(environ, "--socket", str(path), "--state", str(state)) as (process, line):
        assert line == f"export DOCKER_HOST=unix://{path}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with contextlib.closing(connect(f"unix://{path}")) as engine:
            assert engine.describe().name == "embedded"
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert not path.exists()
    assert (state / "images").is_dir()


def test_a_second_engine_on_a_socket_or_a_folder_is_refused_and_the_first_goes_on(
    environ, tmp_path
):
    path, state = tmp_path / "e.sock", tmp_path / "state"
    with serving(environ, "--socket", str(path), "--state", str(state)):
        for other, folder, words in (
            (path, tmp_path / "other", f"an engine already listens at {path}"),
            (tmp_path / "o.sock", state, f"another engine uses {state}"),
        ):
            done = run(environ, "engine", "serve", "--socket", str(other), "--state", str(folder))
            assert done.returncode == EXIT_FAILED
            assert done.stderr.startswith(f"pausedemo: {words}")
            assert done.stderr.count("\n") == 1
        assert probe(Endpoint(f"unix://{path}", "test")) is None
    assert not (tmp_path / "o.sock").exists()


def test_on_an_engine_that_is_served_pods_are_kept_and_cleaned(environ, tmp_path):
    path, state = tmp_path / "e.sock", tmp_path / "state"
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: kept}\n"
        "spec: {containers: [{name: side, image: busybox, command: [sleep, '600']}]}\n"
    )
    scenario = tmp_path / "keeping.yaml"
    scenario.write_text(
        "name: keeping\ntitle: A pod that is kept\npods:\n  p: {manifest: pod.yaml}\n"
        "steps:\n- apply: {}\n"
    )
    # The images of whoever runs the tests: to build them here takes minutes.
    own = {name: value for name, value in environ.items() if name != "XDG_CACHE_HOME"}
    own |= {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME") if name in os.environ}
    with serving(environ, "--socket", str(path), "--state", str(state)):
        url = f"unix://{path}"
        done = run(own, "run", str(scenario), "--keep", "--engine", url, "--images", "local")
        assert done.returncode == 0, done
        assert "The pods were kept" in done.stdout
        with contextlib.closing(connect(url)) as engine:
            kept = {one.name for one in engine.list_containers({})}
            assert len(kept) == 2  # the program and its pause
        cleaned = run(own, "clean", "--engine", url)
        removed = {line.removeprefix("removed ") for line in cleaned.stdout.splitlines()}
        assert (cleaned.returncode, removed) == (0, kept)
