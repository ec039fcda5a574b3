"""Real shells, asked what they would offer after a Tab."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pexpect
import pytest

TIMEOUT_S: Final = 60
#: bash calls the completion function as readline does, and prints what it put into COMPREPLY.
_BASH: Final = r"""
eval "$(pausedemo completion bash)"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
compopt() { echo "compopt $1 $2"; }
spec=$(complete -p pausedemo)
function=${spec#*-F }
"${function%% *}" pausedemo
printf '%s\n' "${COMPREPLY[@]}"
"""


@dataclass(frozen=True, slots=True)
class Shells:
    """Shells in whose PATH ``pausedemo`` is this checkout's."""

    environ: dict[str, str]
    folder: Path

    def ask_bash(self, *words: str) -> list[str]:
        """What bash would offer for the last word."""
        done = self._run("bash", "--norc", "-c", _BASH, "bash", *words)
        return done.splitlines()

    def ask_fish(self, line: str) -> list[str]:
        """What fish would offer at the end of a line; a description stands behind a tab."""
        script = "pausedemo completion fish | source; complete --do-complete $argv[1]"
        return self._run("fish", "--no-config", "-c", script, line).splitlines()

    def ask_zsh(self, line: str, until: str) -> str:
        """What an interactive zsh shows after two Tabs, up to ``until``.

        Its completion works nowhere but in its line editor, so it is given a terminal.
        """
        need("zsh")
        zsh = pexpect.spawn(
            "zsh",
            ["-f", "-i"],
            env={**self.environ, "TERM": "dumb", "PS1": "ready> "},
            cwd=str(self.folder),
            encoding="utf-8",
            timeout=TIMEOUT_S,
            dimensions=(60, 200),
        )
        with zsh:
            zsh.expect_exact("ready> ")
            zsh.sendline("PS1='set'; autoload -Uz compinit && compinit -u && echo loa''ded")
            zsh.expect_exact("loaded")
            zsh.sendline('eval "$(pausedemo completion zsh)" && echo def""ined')
            zsh.expect_exact("defined")
            zsh.send(f"{line}\t\t")
            zsh.expect_exact(until)
            before = str(zsh.before)
            zsh.sendcontrol("c")
            return before + until

    def _run(self, shell: str, *arguments: str) -> str:
        need(shell)
        done = subprocess.run(
            [shell, *arguments],
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here: apt-get install {shell}")


@pytest.fixture
def shells(tmp_path: Path) -> Shells:
    (folder := tmp_path / "bin").mkdir()
    program = folder / "pausedemo"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pausedemo "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environ = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    (here := tmp_path / "here").mkdir()
    (here / "mine.yaml").touch()
    return Shells(environ, here)
