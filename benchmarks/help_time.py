"""``pausedemo --help``, the installed command, by ``python -c pass`` of the same environment."""

from __future__ import annotations

import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.programs import run
from benchmarks.ratios import Measure, Side, compute_ratios
from pausedemo.errors import PausedemoError

BOUND: Final = 5.0
#: A pair takes less than a tenth of a second, and one that was disturbed must not decide.
PAIRS_PER_ROUND: Final = 5


def measure_help(environ: Mapping[str, str], rounds: int) -> tuple[list[Measure], list[Side]]:
    """Run both in turn, five times a round, after once to warm up."""
    command = Path(sysconfig.get_path("scripts")) / "pausedemo"
    if not command.exists():
        raise PausedemoError(f"there is no {command}: install pausedemo into this environment")
    ours_s: list[float] = []
    python_s: list[float] = []
    for _ in range(rounds * PAIRS_PER_ROUND + 1):
        ours_s.append(_time([str(command), "--help"], environ))
        python_s.append(_time([sys.executable, "-c", "pass"], environ))
    del ours_s[0], python_s[0]
    measure = Measure("--help, by python -c pass", compute_ratios(ours_s, python_s), BOUND)
    sides = [Side("--help", tuple(ours_s)), Side("python -c pass", tuple(python_s))]
    return [measure], sides


def _time(argv: Sequence[str], environ: Mapping[str, str]) -> float:
    began = time.monotonic()
    run(argv, environ)
    return time.monotonic() - began
