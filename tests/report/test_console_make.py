"""The console that commands make: its width, and an engine's facts on it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pausedemo.engine.port import Ability, EngineInfo
from pausedemo.report.console.engine import print_engine
from pausedemo.report.console.make import make_console

URL = f"unix:///run/{'long/' * 30}engine.sock"
ABOUT = EngineInfo(
    "embedded", "1", "1.41", "own", "x86_64", abilities=(Ability("cgroups", "v2" * 50, "limits"),)
)


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        *((text, 80) for text in ("0", "000", "-5", "", "x", "²", "9" * 5000)),
        ("100", 100),
        ("1", 1),
    ],
)
def test_columns_that_are_no_positive_number_are_unknown(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", _no_terminal)
    assert make_console().width == width


def _no_terminal(_descriptor: int) -> None:
    raise OSError


@pytest.mark.parametrize("width", [20, 80])
def test_an_engine_s_address_is_whole_and_no_line_ends_with_blanks(width: int) -> None:
    file = io.StringIO()
    print_engine(Console(file=file, width=width, force_terminal=False), ABOUT, URL)
    lines = file.getvalue().splitlines()
    assert f"Address       {URL}" in lines
    assert [line for line in lines if line != line.rstrip()] == []
    assert "…" not in file.getvalue()
