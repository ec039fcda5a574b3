"""What a person reads first."""

from __future__ import annotations

import pytest

from pausedemo.cli import SECTIONS
from tests.cli.conftest import Invoke


def test_commands_stand_by_their_purpose(invoke: Invoke) -> None:
    lines = invoke("--help").stdout.splitlines()
    for title, commands in SECTIONS.items():
        start = lines.index(f"{title}:") + 1
        listed = [line.split()[0] for line in lines[start : start + len(commands)]]
        assert listed == list(commands)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", [name for one in SECTIONS.values() for name in one])
def test_each_command_says_what_it_is_for(invoke: Invoke, command: str) -> None:
    ended = invoke(command, "--help")
    assert ended.code == 0
    assert ended.stdout.startswith(f"Usage: pausedemo {command} ")
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_completion_shows_a_line_for_each_shell(invoke: Invoke) -> None:
    lines = invoke("completion", "--help").stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("  bash, in"))
    shown = [line.split()[0].rstrip(",:") for line in lines[start : start + 3]]
    assert shown == ["bash", "zsh", "fish"]
    assert not any("\\" in line or "\b" in line for line in lines)


def test_compare_names_every_engine_by_its_word(invoke: Invoke) -> None:
    shown = invoke("compare", "--help").stdout
    assert "--engine [LABEL=]auto|docker|podman|embedded|URL[+RUNTIME]" in shown
