"""The command line in this process, as a person would type it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pausedemo import cli


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


Invoke = Callable[..., Ended]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    def call(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["pausedemo", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert isinstance(caught.value.code, int)
        return Ended(caught.value.code, *capsys.readouterr())

    return call
