"""Many pods under one kubelet: on Docker, and on the embedded engine.

The kubelet is a process of its own, so that its processor time and its memory can be read. The
same pods are made on both engines, one after the other: first ten, then a hundred. At the hundred
twenty infra containers are killed at once, then the kubelet is left alone, then a container is
killed each second. Its memory is compared with itself: after the first half of these restarts,
and after the second.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.ground import Ground
from benchmarks.podground import PodGround, open_embedded
from benchmarks.ratios import Measure, Side
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.service.session import RELIST_S

FEW: Final = 10
MANY: Final = 100
KILLED: Final = 20
#: The most that a pod may take among many, by what it takes among few.
BOUND: Final = 1.5
#: Of a core, when nothing happens: in the time in which the kubelet lists everything once.
REST_SHARE: Final = 0.01
REST_S: Final = RELIST_S
SETTLE_S: Final = 15.0
#: A restart a second for so long, as often as the rounds of the other parts allow for it.
RESTARTS_PER_ROUND: Final = 12
LEAST_RESTARTS: Final = 24
RESTART_PERIOD_S: Final = 1.0
#: The most that the memory may be at the end, by what it was after half of the restarts.
MEMORY_BOUND: Final = 1.05


def measure_pods(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """All of it on the engine of the ground, and on an embedded one."""
    restarts = max(LEAST_RESTARTS, RESTARTS_PER_ROUND * rounds)
    measures, sides = _measure("docker", ground.engine, restarts)
    with open_embedded(ground) as engine:
        more, others = _measure("embedded", engine, restarts)
    return measures + more, sides + others


def _measure(name: str, engine: Engine, restarts: int) -> tuple[list[Measure], list[Side]]:
    with PodGround.open(engine) as pods, _run_kubelet(engine) as kubelet:
        # The first pod has the kubelet read what it reads once.
        pods.time_start(1)
        few_s = pods.time_start(FEW) / FEW
        pods.clear()
        many_s = pods.time_start(MANY) / MANY
        back_s = pods.time_kill(KILLED)
        time.sleep(SETTLE_S)
        share = kubelet.measure_share(REST_S)
        grown = kubelet.measure_memory(pods, restarts)
    half = restarts - restarts // 2
    measures = [
        Measure(f"{name}: a pod among {MANY} by one among {FEW}", (many_s / few_s,), BOUND),
        Measure(f"{name}: kubelet at rest by 1 % of a core", (share / REST_SHARE,), 1.0),
        Measure(
            f"{name}: memory after {restarts} restarts by after {restarts - half}",
            (grown[2] / grown[1],),
            MEMORY_BOUND,
        ),
        Measure(
            f"{name}: {KILLED} pods' new sandboxes by their start",
            (back_s / KILLED / many_s,),
            None,
        ),
        Measure(
            f"{name}: kB more a restart, first half",
            ((grown[1] - grown[0]) / (restarts - half),),
            None,
        ),
        Measure(f"{name}: kB more a restart, second half", ((grown[2] - grown[1]) / half,), None),
        Measure(f"{name}: the kubelet's MB at the end", (grown[2] / 1024,), None),
    ]
    return measures, [
        Side(f"{name}: a pod among {FEW}", (few_s,)),
        Side(f"{name}: a pod among {MANY}", (many_s,)),
        Side(f"{name}: {KILLED} killed pauses until all is back", (back_s,)),
    ]


class _KubeletProcess:
    """A kubelet, and what its process takes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._folder = Path(f"/proc/{process.pid}")

    def measure_share(self, seconds: float) -> float:
        """How much of a core it takes during so many seconds."""
        before, began = self._cpu_s(), time.monotonic()
        time.sleep(seconds)
        return (self._cpu_s() - before) / (time.monotonic() - began)

    def measure_memory(self, pods: PodGround, restarts: int) -> tuple[float, float, float]:
        """Resident kB before a container is killed each second, halfway, and at the end."""
        before = self._memory_kb()
        middle = before
        for turn in range(restarts):
            began = time.monotonic()
            pods.kill_one(turn)
            if turn + 1 == restarts // 2:
                pods.wait_restarted()
                middle = self._memory_kb()
            time.sleep(max(0.0, began + RESTART_PERIOD_S - time.monotonic()))
        pods.wait_restarted()
        return before, middle, self._memory_kb()

    def _cpu_s(self) -> float:
        """Source: proc(5), the fields utime and stime of ``stat``."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _memory_kb(self) -> float:
        for line in (self._folder / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return float(line.split()[1])
        raise PausedemoError("the kubelet has ended")


@contextlib.contextmanager
def _run_kubelet(engine: Engine) -> Iterator[_KubeletProcess]:
    command = [sys.executable, "-m", "pausedemo", "kubelet", "--engine", engine.url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    output = process.stdout
    if output is None:
        raise PausedemoError("the kubelet tells nothing")
    try:
        line = output.readline()
        if "looking after the pods" not in line:
            raise PausedemoError(f"the kubelet did not begin: {line.strip()}")
        # What it tells must not fill the pipe.
        reader = threading.Thread(target=lambda: [None for _ in output], daemon=True)
        reader.start()
        yield _KubeletProcess(process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.close()
