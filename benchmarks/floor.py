"""What nothing can be faster than: a process in new namespaces in C, and a veth of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

from pausedemo.embedded.events import EventBus
from pausedemo.embedded.network.model import Attachment
from pausedemo.embedded.network.networks import Networks
from pausedemo.images.recipes.pause import compile_pause
from pausedemo.resources import pause_dir

SOURCE: Final = Path(__file__).with_name("floor.c")
TIMEOUT_S: Final = 120


class Floor:
    """The two that a container cannot do without, each measured once per call."""

    def __init__(
        self, asks: IO[str], answers: IO[str], runner: asyncio.Runner, networks: Networks
    ) -> None:
        self._asks = asks
        self._answers = answers
        self._runner = runner
        self._networks = networks
        self._numbers = itertools.count()

    def measure_process(self) -> float:
        """Seconds from the clone of a process to its exec. OSError when it could not be made."""
        self._asks.write(".")
        self._asks.flush()
        line = self._answers.readline()
        if not line:
            raise OSError("the floor could not make a process in namespaces")
        return int(line) / 1e6

    def measure_veth(self) -> float:
        """Seconds to make a network namespace that is on the bridge."""
        return self._runner.run(self._measure_veth())

    async def _measure_veth(self) -> float:
        name = f"floor{next(self._numbers)}"
        began = time.perf_counter()
        sandbox = await self._networks.connect_sandbox(name, name, [Attachment("bridge")])
        took_s = time.perf_counter() - began
        await self._networks.release(sandbox)
        return took_s


@contextlib.contextmanager
def open_floor() -> Iterator[Floor | None]:
    """The floor of this machine; None where there is no C compiler, or no right to namespaces."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.getuid() != 0:
        yield None
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        program, floor = folder / "pause", folder / "floor"
        compile_pause(pause_dir() / "pause.c", program)
        subprocess.run([compiler, "-O2", "-o", floor, SOURCE], check=True, timeout=TIMEOUT_S)
        cloning = stack.enter_context(
            subprocess.Popen(
                [floor, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        stack.callback(cloning.kill)
        runner = stack.enter_context(asyncio.Runner())
        networks = Networks(rootless=False, events=EventBus())
        runner.run(networks.open())
        stack.callback(lambda: runner.run(networks.close()))
        asks, answers = cast(IO[str], cloning.stdin), cast(IO[str], cloning.stdout)
        yield Floor(asks, answers, runner, networks)
