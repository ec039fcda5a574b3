"""The machine that pausedemo itself runs on: the programs it has, and what it may be given.

Debian packages are installed only when the person allowed it (``--install`` or
``PAUSEDEMO_INSTALL=1``), and only the ones whose program is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError

INSTALL_VARIABLE: Final = "PAUSEDEMO_INSTALL"
INSTALL_TIMEOUT_S: Final = 600


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
    missing = tuple(tool for tool in tools if find_program(tool.command) is None)
    if not missing:
        return
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
    still = tuple(tool for tool in missing if find_program(tool.command) is None)
    if still:
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
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments],
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
    if done.returncode != 0:
        last = done.stdout.strip().splitlines()[-1:] or ["no output"]
        raise HostLacks(missing, f"apt-get {arguments[0]} failed: {last[0]}")
