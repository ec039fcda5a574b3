"""The README's section on pods: its commands do what it shows, on the engine that comes along."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from pausedemo.engine.connect import connect
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve, skip_or_fail
from tests.waiting import wait_until

ROOT: Final = Path(__file__).parents[1]
TITLE: Final = "## Pods on Docker, as with kubectl\n"
TIMEOUT_S: Final = 60

#: What is another each time: ages, ids, inodes, and the blanks that their widths ask for.
_CHANGING: Final = (
    (re.compile(r"\b\d+[smh]\b"), "AGE"),
    (re.compile(r"\b\d{10}\b"), "INODE"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"[ ]+"), " "),
)


def read_section() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition(TITLE)[2].partition("\n## ")[0]


def read_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", read_section(), re.DOTALL | re.MULTILINE)


def read_commands() -> list[tuple[str, str]]:
    """Each command with what it is shown to print."""
    found: list[tuple[str, str]] = []
    for block in read_blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def without_what_changes(text: str) -> str:
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


@dataclass
class Shell:
    """A shell in a folder with the README's manifest, whose ``pausedemo`` is this checkout's."""

    folder: Path
    environ: dict[str, str]
    background: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: str) -> None:
        """A command that ends with ``&``."""
        made = subprocess.Popen(
            ["sh", "-c", f"exec {command.removesuffix('&')}"],
            cwd=self.folder,
            env=self.environ,
            start_new_session=True,
        )
        self.background.append(made)

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.stdout

    def close(self) -> None:
        for process in reversed(self.background):
            process.send_signal(signal.SIGTERM)
            process.wait(TIMEOUT_S)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    if shutil.which("docker") is None:
        skip_or_fail("needs the docker command")
    program = tmp_path / "bin" / "pausedemo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pausedemo "$@"\n')
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    environ["PYTHONPATH"] = str(ROOT)
    environ.pop("DOCKER_HOST", None)
    (tmp_path / "web.yaml").write_text(read_blocks("yaml")[0])
    made = Shell(tmp_path, environ)
    try:
        yield made
    finally:
        made.close()


def test_the_pods_of_the_readme_do_what_it_shows(shell: Shell, cache: ImageCache) -> None:
    socket = shell.folder / "engine.sock"
    for written, shown in read_commands():
        command = written.replace("/tmp/engine.sock", str(socket))
        if command.endswith("&"):
            shell.start(command)
            if "engine serve" in command:
                prepare_engine(socket, cache)
        elif command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            shell.environ[name] = value
        else:
            check(shell, command, shown)
    for python in read_blocks("python")[:1]:
        (shell.folder / "example.py").write_text(python + "print('passed')\n")
        assert shell.run(f"{sys.executable} example.py") == "passed\n"


def test_the_fixture_of_the_readme_makes_a_pod(shell: Shell, cache: ImageCache) -> None:
    socket = shell.folder / "engine.sock"
    shell.start(f"pausedemo engine serve --socket {socket} &")
    prepare_engine(socket, cache)
    (shell.folder / "test_web.py").write_text(read_blocks("python")[1])
    out = shell.run(
        f"{sys.executable} -m pytest -q -p no:cacheprovider --pausedemo-engine unix://{socket} ."
    )
    assert "1 passed" in out, out


def prepare_engine(socket: Path, cache: ImageCache) -> None:
    """Wait until it answers, and give it the images: no registry is asked by a test."""
    wait_until("the engine's socket", socket.exists)
    with contextlib.closing(connect(f"unix://{socket}")) as engine:
        resolve = make_resolve(engine, cache)
        for name in ("pause", "busybox"):
            resolve(name)


def check(shell: Shell, command: str, shown: str) -> None:
    """What looks is asked until it shows what the README does: a person waits a moment."""
    expected = without_what_changes(shown)
    if not command.startswith(
        tuple(f"pausedemo {word}" for word in ("get", "events", "describe", "logs"))
    ):
        assert without_what_changes(shell.run(command)) == expected, command
        return
    last = ""

    def shows() -> bool:
        nonlocal last
        last = without_what_changes(shell.run(command))
        return last == expected

    try:
        wait_until(command, shows)
    except AssertionError as error:
        raise AssertionError(f"{command}\nshows\n{last}\nnot\n{expected}") from error
