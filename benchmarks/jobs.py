"""What several scenarios at once gain: the whole catalogue with -j 4 against -j 1.

Whole ``pausedemo run`` processes, one after the other, each first in every second round. Nearly
all of it is the engine's work. So on two processors the ratio cannot fall far below a half; it
does where the engine waits, for a disk, for a grace, for the kernel to take a network down.
"""

from __future__ import annotations

import sys
import time
from typing import Final

from benchmarks.ground import Ground
from benchmarks.programs import run
from benchmarks.ratios import Measure, Side, compute_ratios, rotate

BOUND: Final = 0.60
JOBS: Final = ("1", "4")
#: The three experiments need Ghost and nginx, and one is half the time of all the others.
SELECT: Final = "not article"
#: A run of the catalogue takes as long as several rounds of the other parts.
ROUNDS_PER_RUN: Final = 3
TIMEOUT_S: Final = 1800


def measure_jobs(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """Run the catalogue with each number of jobs, a third as often as ``rounds``."""
    seconds: dict[str, list[float]] = {jobs: [] for jobs in JOBS}
    for turn in range(max(1, rounds // ROUNDS_PER_RUN)):
        for jobs in rotate(JOBS, turn):
            seconds[jobs].append(_run_catalogue(ground, jobs))
    one, four = (seconds[jobs] for jobs in JOBS)
    name = "catalogue: -j 4 against -j 1"
    sides = [Side(f"catalogue: -j {jobs}", tuple(seconds[jobs])) for jobs in JOBS]
    return [Measure(name, compute_ratios(four, one), BOUND)], sides


def _run_catalogue(ground: Ground, jobs: str) -> float:
    argv = [sys.executable, "-m", "pausedemo", "run", "--all", "--select", SELECT]
    began = time.monotonic()
    run([*argv, "--quiet", "--images", "local", "--jobs", jobs], ground.environ, TIMEOUT_S)
    return time.monotonic() - began
