"""Where an image is built: a folder that goes away, and programs that end when we do."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pausedemo.errors import Interrupted, PausedemoError, TimedOut
from pausedemo.host import find_program

_POLL_S: Final = 0.2
_GRACE_S: Final = 10
_LAST_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a recipe is given. ``folder`` is empty, its own, and removed with all it holds.

    ``advance`` tells that a new step begins. ``stop`` is set when the work is to be given up.
    """

    folder: Path
    advance: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise Interrupted when the work is to be given up."""
        if self.stop.is_set():
            raise Interrupted("building images was interrupted")

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program to its end; what it printed. ``env`` comes on top of our environment.

        The program has a session of its own, and all of it is ended, TERM first, at the
        deadline, at an interrupt, and when ``stop`` is set. Raises PausedemoError with its last
        words when it fails, TimedOut, Interrupted.
        """
        self.check()
        program = find_program(argv[0])
        if program is None:
            raise PausedemoError(f"cannot run {argv[0]}: it is not installed")
        log = self.folder / "log"
        with log.open("w+b") as output:
            process = subprocess.Popen(
                [*_end_with_us(), str(program), *argv[1:]],
                cwd=cwd or self.folder,
                env={**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(self.folder), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = self._wait(process, argv[0], timeout_s)
            finally:
                _end_session(process)
            output.seek(0)
            printed = output.read().decode(errors="replace")
        if code != 0:
            last = "; ".join(printed.strip().splitlines()[-_LAST_LINES:]) or "it said nothing"
            raise PausedemoError(f"{argv[0]} ended with {code}: {last}")
        return printed

    def _wait(self, process: subprocess.Popen[bytes], name: str, timeout_s: float) -> int:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                self.check()
                if time.monotonic() > deadline:
                    raise TimedOut(f"{name} had not ended after {timeout_s:.0f} s") from None


def _end_with_us() -> tuple[str, ...]:
    """What to start a program through so that it ends even when we are killed.

    PR_SET_PDEATHSIG, prctl(2), by util-linux's setpriv; BusyBox's has no such option. Python
    has no safe place to set it in a process of several threads.
    """
    setpriv = find_program("setpriv")
    if setpriv is None or setpriv.resolve().name != "setpriv":
        return ()
    return (str(setpriv), "--pdeathsig", "TERM", "--")


def _end_session(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            continue
