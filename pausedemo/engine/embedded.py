"""The embedded engine in a process beside us, for as long as we use it.

It holds the far end of a pipe: when we are gone, however we went, it sees the pipe's end and
ends with all its containers. Its images are kept in the cache for the next time.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from pausedemo.engine.endpoints import Endpoint
from pausedemo.errors import EngineUnavailable
from pausedemo.host import cache_dir

START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 60
WHAT: Final = "an embedded engine"
REMEDY: Final = "see what this machine allows with: pausedemo engine info --engine embedded"


class EmbeddedProcess:
    """A running embedded engine of ours. ``endpoint`` is where it answers; ``close`` ends it."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, pipe: int) -> None:
        self._process = process
        self._folder = folder
        self._pipe: int | None = pipe
        self.endpoint = Endpoint(f"unix://{folder}/engine.sock", WHAT)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def close(self) -> None:
        """End it and its containers, and wait for that. A second call does nothing."""
        pipe, self._pipe = self._pipe, None
        if pipe is None:
            return
        os.close(pipe)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def start_embedded(state: Path | None = None) -> EmbeddedProcess:
    """Start an engine and wait until it answers.

    ``state`` keeps its images and volumes, in the cache unless named; while another engine has
    it, a temporary one is used. Raises EngineUnavailable with the engine's own words.
    """
    state = state or cache_dir() / "embedded"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(
            tempfile.mkdtemp(
                prefix="pausedemo-", dir=runtime if runtime and Path(runtime).is_dir() else None
            )
        )
    except OSError as error:
        why = f"cannot make {error.filename}: {error.strerror}"
        raise EngineUnavailable([(WHAT, why)], REMEDY) from error
    said = folder / "stderr"
    alive_read, alive_write = os.pipe()
    ready_read, ready_write = os.pipe()
    command = [sys.executable, "-m", "pausedemo.embedded"]
    command += ["--socket", str(folder / "engine.sock"), "--state-if-free", str(state)]
    command += ["--until-eof", str(alive_read), "--ready", str(ready_write)]
    try:
        with said.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=(alive_read, ready_write),
                start_new_session=True,
            )
    except OSError as error:
        for descriptor in (alive_read, alive_write, ready_read, ready_write):
            os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)
        raise EngineUnavailable([(WHAT, str(error))], REMEDY) from error
    os.close(alive_read)
    os.close(ready_write)
    engine = EmbeddedProcess(process, folder, alive_write)
    try:
        ready, _, _ = select.select([ready_read], [], [], START_TIMEOUT_S)
        if ready and os.read(ready_read, 1):
            return engine
    finally:
        os.close(ready_read)
    words = said.read_text(errors="replace").strip().splitlines()
    with contextlib.suppress(OSError):
        engine.close()
    why = words[-1].removeprefix("pausedemo: ") if words else "it did not start in time"
    raise EngineUnavailable([(WHAT, why)], REMEDY)
