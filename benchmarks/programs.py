"""Other programs, run to their end."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from pausedemo.errors import PausedemoError

TIMEOUT_S: Final = 120


def run(argv: Sequence[str], environ: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> str:
    """Run a program; its stripped stdout. PausedemoError with what it said when it fails."""
    try:
        done = subprocess.run(
            argv,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PausedemoError(f"cannot run {argv[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or "it said nothing"
        raise PausedemoError(f"{shlex.join(argv[:6])} ... ended with {done.returncode}: {said}")
    return done.stdout.strip()
