"""What nothing can be faster than: a process in new namespaces in C, and a veth of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from pausedemo.embedded.events import EventBus
from pausedemo.embedded.network.model import Attachment
from pausedemo.embedded.network.networks import Networks

SOURCE: Final = Path(__file__).with_name("floor.c")
TIMEOUT_S: Final = 120


def measure_floor(rounds: int, program: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of each round: of the process, and of the network beside it.

    Nothing where there is no C compiler, or no right to make namespaces.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.getuid() != 0:
        return (), ()
    with tempfile.TemporaryDirectory() as folder:
        floor = Path(folder) / "floor"
        subprocess.run([compiler, "-O2", "-o", floor, SOURCE], check=True, timeout=TIMEOUT_S)
        done = subprocess.run(
            [floor, str(rounds), program],
            check=True,
            timeout=TIMEOUT_S,
            capture_output=True,
            text=True,
        )
    seconds = tuple(int(line) / 1e6 for line in done.stdout.split())
    return seconds, asyncio.run(_measure_veth(rounds))


async def _measure_veth(rounds: int) -> tuple[float, ...]:
    networks = Networks(rootless=False, events=EventBus())
    await networks.open()
    took = []
    try:
        for turn in range(rounds):
            began = time.perf_counter()
            sandbox = await networks.connect_sandbox(
                f"{turn:064x}", f"floor{turn}", [Attachment("bridge")]
            )
            took.append(time.perf_counter() - began)
            await networks.release(sandbox)
    finally:
        await networks.close()
    return tuple(took)
