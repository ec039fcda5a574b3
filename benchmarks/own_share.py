"""How much of a scenario's time is pausedemo's own: all that is not waiting for the engine.

A whole ``pausedemo run`` process, from its start to its end. By the clock it is the time in which
no request is under way and nobody pauses on purpose; the bound holds for that. By the processor it
is told too: user and system time, also of what works while a request is under way (the SDK, other
threads), which therefore lengthens nothing.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ground import Ground
from benchmarks.programs import run
from benchmarks.ratios import Measure, Side, compute_union_s

SCENARIOS: Final = ("network-share", "pid-share", "pause-kill")
BOUND: Final = 0.10


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the seconds of one process went. ``pause_s``: on purpose, no request under way."""

    wall_s: float
    engine_s: float
    pause_s: float
    cpu_s: float

    @property
    def own_s(self) -> float:
        return self.wall_s - self.engine_s - self.pause_s


def measure_own_share(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """Run each scenario ``rounds`` times, in turn."""
    runs: dict[str, list[Watched]] = {name: [] for name in SCENARIOS}
    for _ in range(rounds):
        for name in SCENARIOS:
            runs[name].append(_run_watched(ground, name))
    measures: list[Measure] = []
    sides: list[Side] = []
    for name, done in runs.items():
        by_clock = tuple(one.own_s / one.wall_s for one in done)
        by_processor = tuple(one.cpu_s / one.wall_s for one in done)
        measures.append(Measure(f"{name}: own share, by clock", by_clock, BOUND))
        measures.append(Measure(f"{name}: own share, by processor", by_processor, None))
        sides += [
            Side(f"{name}: whole process", tuple(one.wall_s for one in done)),
            Side(f"{name}: waiting for the engine", tuple(one.engine_s for one in done)),
            Side(f"{name}: pausing between looks", tuple(one.pause_s for one in done)),
            Side(f"{name}: own, by clock", tuple(one.own_s for one in done)),
            Side(f"{name}: own, by processor", tuple(one.cpu_s for one in done)),
        ]
    return measures, sides


def _run_watched(ground: Ground, scenario: str) -> Watched:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "waits.json"
        argv = [sys.executable, "-m", "benchmarks.watched", str(file), "run", scenario]
        cpu_before_s = _children_cpu_s()
        began = time.monotonic()
        run(argv, ground.environ)
        wall_s = time.monotonic() - began
        cpu_s = _children_cpu_s() - cpu_before_s
        waits = json.loads(file.read_text(encoding="utf-8"))
    engine_s = compute_union_s(waits["engine"])
    both_s = compute_union_s([*waits["engine"], *waits["pause"]])
    return Watched(wall_s, engine_s, both_s - engine_s, cpu_s)


def _children_cpu_s() -> float:
    """User and system time of all children that have ended: getrusage(2)."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
