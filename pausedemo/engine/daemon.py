"""A Docker Engine of our own as a process: start it, find it again, stop it, leave nothing.

It lives beside any other dockerd of the machine without touching what is shared. Its socket,
data, process id file, containerd namespace, configuration file and bridge are its own, and it
writes no firewall rule: a dockerd that manages iptables empties the chain DOCKER when it starts
(moby, daemon ``removeIPChains``), and with it the published ports of the other one. So its
containers reach each other and this machine, and publish ports through docker-proxy, but have
no way out to other networks. Images do not need one: dockerd itself pulls them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.engine import remains
from pausedemo.engine.connect import probe
from pausedemo.engine.endpoints import Endpoint
from pausedemo.errors import EngineUnavailable
from pausedemo.host import find_program

START_TIMEOUT_S: Final = 60
# dockerd gives its containers 10 seconds by default, and itself 5 more.
STOP_TIMEOUT_S: Final = 30
KILL_TIMEOUT_S: Final = 10
POLL_S: Final = 0.05
LOG_LINES_SHOWN: Final = 5
RUN_DIR: Final = Path("/run/pausedemo")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a private engine keeps its things. What is under ``home`` stays between runs.

    ``run_dir`` is short whatever ``home`` is: a socket's path has at most 107 bytes (unix(7)).
    """

    home: Path
    run_dir: Path
    bridge: str

    @classmethod
    def at(cls, home: Path, run_dir: Path = RUN_DIR) -> Place:
        """The place whose data is under ``home``. The same home gives the same place."""
        name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:8]
        # A network interface's name has at most 15 bytes.
        return cls(home.absolute(), run_dir / name, f"pause{name}")

    @property
    def data_root(self) -> Path:
        return self.home / "data"

    @property
    def log_file(self) -> Path:
        return self.home / "dockerd.log"

    @property
    def socket(self) -> Path:
        return self.run_dir / "docker.sock"

    @property
    def pid_file(self) -> Path:
        return self.run_dir / "docker.pid"

    @property
    def exec_root(self) -> Path:
        return self.run_dir / "exec"

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"unix://{self.socket}", "pausedemo's own engine")


def start_daemon(place: Place, timeout_s: float = START_TIMEOUT_S) -> None:
    """Start dockerd and wait until it answers. What an earlier one left is cleared first.

    Raises EngineUnavailable with the log's last lines when it ends or does not answer in time.
    """
    stop_daemon(place)
    place.data_root.mkdir(parents=True, exist_ok=True)
    place.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = place.run_dir / "daemon.json"
    # Not /etc/docker/daemon.json: its settings are meant for the machine's own engine.
    config.write_text("{}\n")
    remains.make_bridge(place.bridge)
    pid = _spawn(_command(place, config), place.log_file)
    deadline = time.monotonic() + timeout_s
    while (why := probe(place.endpoint)) is not None:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            raise _failed(place, "it ended at once")
        if time.monotonic() > deadline:
            raise _failed(place, f"it did not answer within {timeout_s:g} s ({why})")
        time.sleep(POLL_S)


def stop_daemon(place: Place) -> None:
    """Stop the dockerd of ``place``, whoever started it, and remove all but its data."""
    pid = find_daemon(place)
    if pid is not None and not _end(pid, signal.SIGTERM, STOP_TIMEOUT_S):
        _end(pid, signal.SIGKILL, KILL_TIMEOUT_S)
    remains.end_processes_of(place.exec_root)
    remains.unmount_under(place.run_dir)
    remains.unmount_under(place.data_root)
    remains.remove_bridge(place.bridge)
    shutil.rmtree(place.run_dir, ignore_errors=True)
    with contextlib.suppress(OSError):
        place.run_dir.parent.rmdir()  # unless another place of ours is in use


def find_daemon(place: Place) -> int | None:
    """The process id of the running dockerd of ``place``. A reused id is not taken for it."""
    try:
        pid = int(place.pid_file.read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(place.pid_file) in arguments else None


def read_log_end(place: Place) -> str:
    """The last lines of the daemon's log."""
    try:
        lines = place.log_file.read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    return "\n".join(lines[-LOG_LINES_SHOWN:]) or "an empty log"


def _command(place: Place, config: Path) -> list[str]:
    return [
        str(find_program("dockerd") or "dockerd"),
        *("--host", place.endpoint.url, "--config-file", str(config)),
        *("--data-root", str(place.data_root), "--exec-root", str(place.exec_root)),
        *("--pidfile", str(place.pid_file)),
        # A containerd that runs already is used by dockerd: in a namespace of our own.
        *("--containerd-namespace", place.bridge),
        *("--containerd-plugins-namespace", f"{place.bridge}-plugins"),
        *("--bridge", place.bridge, "--iptables=false", "--ip-forward=false", "--ip-masq=false"),
    ]


def _spawn(command: list[str], log_file: Path) -> int:
    """Start a daemon: own session, so that Ctrl-C is for the person's command alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        command[0],
        command,
        _daemon_environment(os.environ),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log_file), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE),
    )


def _daemon_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without the client's DOCKER_* (dockerd takes its own TLS from them), with root's PATH."""
    kept = {name: value for name, value in environ.items() if not name.startswith("DOCKER_")}
    path = kept.get("PATH", os.defpath)
    return {**kept, "PATH": f"{path}:/usr/local/sbin:/usr/sbin:/sbin"}


def _end(pid: int, number: signal.Signals, timeout_s: float) -> bool:
    """Signal a process and wait for its end; whether it ended in time. Reaped when it is ours."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        signal.pidfd_send_signal(handle, number)
        ended = bool(select.select([handle], [], [], timeout_s)[0])
    except ProcessLookupError:
        ended = True
    finally:
        os.close(handle)
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return ended  # another process started it, and reaps it
    return ended


def _failed(place: Place, why: str) -> EngineUnavailable:
    tried = [("a Docker Engine of our own", f"{why}; its log ends:\n{read_log_end(place)}")]
    return EngineUnavailable(tried, f"see {place.log_file}, or start Docker yourself")
