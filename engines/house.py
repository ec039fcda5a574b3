"""A house for an engine: a root filesystem, namespaces and control groups of its own.

The engine's PID 1 is the end of everything. When it ends, the kernel ends all other processes
of its PID namespace, containers too, and with the last of them go the mounts, the network with
its links and firewall rules, and the IPC objects. A process that holds a house and is killed
takes the house with it (PR_SET_PDEATHSIG), so nothing here depends on a clean end but a folder
and some empty control groups, which the next one to use the house clears.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engines import cgroups
from pausedemo.engine.connect import probe
from pausedemo.engine.endpoints import Endpoint
from pausedemo.errors import PausedemoError
from pausedemo.host import Tool, find_program, require

TOOLS: Final = (
    *(Tool(name, "util-linux") for name in ("unshare", "setpriv", "pivot_root")),
    Tool("mount", "mount"),
    Tool("ip", "iproute2"),
)
ENTER: Final = Path(__file__).with_name("enter.sh")
START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 30
KILL_TIMEOUT_S: Final = 10
POLL_S: Final = 0.05
LOG_LINES_SHOWN: Final = 8
NAMESPACES: Final = ("--mount", "--pid", "--net", "--ipc", "--uts")


@dataclass(frozen=True, slots=True)
class House:
    """Where an engine lives. ``data`` stays; ``run_dir`` is gone afterwards.

    Inside, ``data`` is ``/data`` and ``run_dir/run`` is ``/run/engine``.
    """

    name: str
    root: Path
    data: Path
    run_dir: Path

    @property
    def shared(self) -> Path:
        return self.run_dir / "run"

    @property
    def socket(self) -> Path:
        return self.shared / "engine.sock"

    @property
    def log_file(self) -> Path:
        return self.run_dir / "log"

    @property
    def group(self) -> str:
        """The name of its control group in every hierarchy."""
        return f"pausedemo-{self.name}"


@contextlib.contextmanager
def live_in(house: House, command: Sequence[str], files: Mapping[str, str]) -> Iterator[Endpoint]:
    """An engine runs in ``house`` within the block and answers at the endpoint given.

    ``command`` starts it, inside; ``files`` are there first, as ``/run/engine/NAME``. Enter it in
    the thread that lives longest: the engine ends with the thread that started it (prctl(2)).
    Raises PausedemoError with its log's last lines when it does not come up.
    """
    require(*TOOLS)
    _clear(house)
    scratch = house.run_dir / "scratch"
    for folder in (house.data, house.shared, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    house.run_dir.chmod(0o700)
    for name, text in files.items():
        (house.shared / name).write_text(text)
    cgroups.make_groups(house.group)
    argv = [str(find_program("setpriv")), "--pdeathsig", "KILL", "--"]
    argv += [str(find_program("unshare")), *NAMESPACES, "--fork", "--kill-child", "--"]
    argv += ["sh", str(ENTER), str(house.root), str(scratch), str(house.data), str(house.shared)]
    argv += [house.group, *command]
    with house.log_file.open("wb") as log:
        process = subprocess.Popen(
            argv,
            cwd="/",
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the person's command: the engine ends after it.
            start_new_session=True,
        )
    try:
        endpoint = Endpoint(f"unix://{house.socket}", house.name)
        _wait_for(endpoint, process, house)
        yield endpoint
    finally:
        _stop(process)
        _clear(house)


def _wait_for(endpoint: Endpoint, process: subprocess.Popen[bytes], house: House) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while (why := probe(endpoint)) is not None:
        if process.poll() is not None:
            raise PausedemoError(f"it ended at once; its log ends:\n{_read_log_end(house)}")
        if time.monotonic() > deadline:
            late = f"it did not answer within {START_TIMEOUT_S} s ({why})"
            raise PausedemoError(f"{late}; its log ends:\n{_read_log_end(house)}")
        time.sleep(POLL_S)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the engine to end, then make it. ``unshare`` ignores TERM, and ends with its child."""
    for pid in _children_of(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()  # and with it its child, by --kill-child
        process.wait(KILL_TIMEOUT_S)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command's name may hold spaces and brackets: count from its closing bracket.
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def _clear(house: House) -> None:
    """Remove what is left of a house that nobody lives in, by us or by one that was killed."""
    cgroups.remove_groups(house.group)
    shutil.rmtree(house.run_dir, ignore_errors=True)
    with contextlib.suppress(OSError):
        house.run_dir.parent.rmdir()  # unless another house is there


def _read_log_end(house: House) -> str:
    lines = house.log_file.read_text(errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_SHOWN:]) or "an empty log"
