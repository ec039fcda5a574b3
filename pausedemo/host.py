"""The machine that pausedemo itself runs on: the programs it has, and what it may be given.

Debian packages are installed only when the person allowed it (``--install`` or
``PAUSEDEMO_INSTALL=1``), and only the ones whose program is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError

INSTALL_VARIABLE: Final = "PAUSEDEMO_INSTALL"
INSTALL_TIMEOUT_S: Final = 600
# A machine that has just booted is often updating its own lists.
LOCK_TIMEOUT_S: Final = 120
LOCK_POLL_S: Final = 1

_INSTALLING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that a task needs, and the Debian package that brings it."""

    command: str
    package: str


class HostLacks(PausedemoError):
    """The machine has not what a task needs, and we may not, or could not, install it."""

    def __init__(self, tools: tuple[Tool, ...], why: str) -> None:
        self.tools = tools
        self.why = why
        commands = ", ".join(tool.command for tool in tools)
        packages = " ".join(tool.package for tool in tools)
        super().__init__(
            f"this machine has no {commands}, and {why}; "
            f"on Debian, as root: apt-get install --no-install-recommends {packages}"
        )


def may_install() -> bool:
    """Whether the environment allows installing Debian packages."""
    return os.environ.get(INSTALL_VARIABLE, "") not in ("", "0")


def require(*tools: Tool) -> None:
    """Make sure that every tool is on the PATH; install its package where that is allowed.

    Raises HostLacks with all the missing tools at once.
    """
    if not _find_missing(tools):
        return
    with _INSTALLING:
        # Another thread may have installed them while this one waited.
        if missing := _find_missing(tools):
            _install(missing)


def _find_missing(tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    return tuple(tool for tool in tools if find_program(tool.command) is None)


def _install(missing: tuple[Tool, ...]) -> None:
    if not may_install():
        raise HostLacks(missing, f"installing was not allowed ({INSTALL_VARIABLE} is not set)")
    if os.geteuid() != 0:
        raise HostLacks(missing, "only root may install")
    if shutil.which("apt-get") is None:
        raise HostLacks(missing, "there is no apt-get here")
    _apt_get(missing, "update", "-q")
    _apt_get(
        missing, "install", "-q", "-y", "--no-install-recommends", *(t.package for t in missing)
    )
    if still := _find_missing(missing):
        raise HostLacks(still, "its package did not bring it")


def find_program(command: str) -> Path | None:
    """Where a program is, looked for in the PATH and in the folders only root's PATH has."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin:/usr/sbin:/sbin"])
    found = shutil.which(command, path=path)
    return Path(found) if found else None


def cache_dir() -> Path:
    """The folder for what can be made again: images built, an engine's data. Not created here."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pausedemo"


def _apt_get(missing: tuple[Tool, ...], *arguments: str) -> None:
    """Run apt-get to its end. Raises HostLacks with its last line when it fails.

    DPkg::Lock::Timeout waits for dpkg's lock and not for that of the package lists, which
    ``apt-get update`` takes: that one is waited for here.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        code, output = _run_apt_get(missing, *arguments)
        if code == 0:
            return
        if "Unable to lock directory" not in output or time.monotonic() > deadline:
            break
        time.sleep(LOCK_POLL_S)
    last = output.strip().splitlines()[-1:] or ["no output"]
    raise HostLacks(missing, f"apt-get {arguments[0]} failed: {last[0]}")


def _run_apt_get(missing: tuple[Tool, ...], *arguments: str) -> tuple[int, str]:
    lock = f"DPkg::Lock::Timeout={LOCK_TIMEOUT_S}"
    # Its messages are read, so they must be in one language.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            ["apt-get", "-o", lock, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HostLacks(missing, f"apt-get {arguments[0]} did not end in time") from error
    return done.returncode, done.stdout
