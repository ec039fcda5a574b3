"""A network part to test against, and a look into sandboxes from outside."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from pausedemo.embedded.network.model import Sandbox
from pausedemo.embedded.network.networks import Networks

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces as root")


@dataclass
class Heard:
    """The events published so far, as (action, network's name, container)."""

    events: list[tuple[str, str, str]] = field(default_factory=list)

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None:  # noqa: A002
        assert type == "network"
        assert len(id) == 64
        self.events.append((action, attributes["name"], attributes.get("container", "")))


@contextlib.asynccontextmanager
async def opened(*, rootless: bool = False, events: Heard | None = None) -> AsyncIterator[Networks]:
    """Networks that are closed at the end."""
    networks = Networks(rootless=rootless, events=events or Heard())
    await networks.open()
    try:
        yield networks
    finally:
        await networks.close()


def enter(sandbox: Sandbox, *command: str) -> list[str]:
    """The command that runs ``command`` in a sandbox's network."""
    return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{sandbox.netns_fd}", *command]


def run_in(sandbox: Sandbox, *command: str) -> str:
    """What ``command`` prints in a sandbox."""
    done = subprocess.run(
        enter(sandbox, *command), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def links_of(sandbox: Sandbox) -> list[str]:
    """The names of a sandbox's links."""
    return [
        line.split()[0].split("@")[0] for line in run_in(sandbox, "ip", "-br", "link").splitlines()
    ]


def host_links() -> set[str]:
    """The links of this engine's kind in the host's namespace."""
    shown = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0].split("@")[0] for line in shown.splitlines() if line.startswith("pd")}
