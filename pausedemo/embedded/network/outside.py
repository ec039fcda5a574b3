"""The way from containers to the world beyond this machine, and from one network to another.

As root the host forwards and nftables masquerades. Rootless the node namespace does, towards
slirp4netns or pasta, the one of them that is installed; without either there is no way out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.embedded.network.firewall import Firewall, Way
from pausedemo.embedded.network.links import BRIDGE_PREFIX, HOST_PREFIX, bridge_name, host_name
from pausedemo.embedded.network.model import Network
from pausedemo.embedded.network.namespaces import NodeThread

_FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
_STOP_S: Final = 2


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether containers reach the outside, and how, or why not: a clause for people."""

    outside: bool
    how: str


class Outside:
    """Rules and helper process. ``open`` and ``refresh`` never fail: ``describe`` tells."""

    def __init__(self, node: NodeThread, *, rootless: bool) -> None:
        self._node = node
        self._rootless = rootless
        self._firewall: Firewall | None = None
        self._problem = ""
        self._helper: asyncio.subprocess.Process | None = None
        self._helper_name = ""
        self._lifeline = -1

    async def open(self) -> None:
        try:
            if not self._rootless:
                self._firewall = Firewall(HOST_PREFIX)
            elif await self._start_helper():
                self._firewall = await self._node.run(Firewall, BRIDGE_PREFIX)
                await self._node.run(self._node.forward)
        except OSError as error:
            self._problem = str(error)

    async def refresh(self, networks: Iterable[Network]) -> None:
        """Write the rules anew for these networks."""
        if self._firewall is None:
            return
        link = bridge_name if self._rootless else host_name
        ways = [
            Way(link(one), one.pool.subnet, one.internal)
            for one in networks
            if one.pool is not None
        ]
        try:
            await self._node.run(self._firewall.write, ways)
        except OSError as error:
            self._problem = f"nftables: {error}"

    def describe(self) -> Reach:
        """How containers reach the outside at this moment."""
        if self._rootless:
            if self._helper is None:
                return Reach(False, self._problem or "neither slirp4netns nor pasta is installed")
            if self._helper.returncode is not None:
                return Reach(False, f"{self._helper_name} ended ({self._helper.returncode})")
        if self._problem:
            return Reach(False, self._problem)
        if self._rootless:
            return Reach(True, f"through {self._helper_name}")
        with contextlib.suppress(OSError):
            # Not set here: it is the whole machine's, and would outlive the engine.
            if _FORWARDING.read_text().strip() == "0":
                return Reach(False, "the host does not forward: sysctl net.ipv4.ip_forward is 0")
        return Reach(True, "forwarded and masqueraded by the host")

    async def close(self) -> None:
        if self._firewall is not None:
            self._firewall.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
        helper = self._helper
        if helper is not None:
            with contextlib.suppress(ProcessLookupError):
                helper.terminate()
            try:
                await asyncio.wait_for(helper.wait(), _STOP_S)
            except TimeoutError:
                helper.kill()
                await helper.wait()

    async def _start_helper(self) -> bool:
        """Start what is installed; it ends with this process, however that ends."""
        end, self._lifeline = os.pipe2(os.O_CLOEXEC)
        try:
            command = compute_helper(self._node.node_fd, end)
            if command is None:
                return False
            self._helper_name = "slirp4netns" if "slirp4netns" in command else "pasta"
            self._helper = await asyncio.create_subprocess_exec(
                *command,
                pass_fds=(self._node.node_fd, end),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        finally:
            os.close(end)
        return True


def compute_helper(namespace: int, lifeline: int) -> list[str] | None:
    """The command that connects ``namespace`` with the outside, None when nothing can.

    slirp4netns comes first: it ends by itself when the other end of ``lifeline`` is closed. pasta
    is told by setpriv to die with its parent.
    """
    path = f"/proc/self/fd/{namespace}"
    if shutil.which("slirp4netns"):
        options = ["--configure", "--mtu=1500", "--disable-host-loopback", "--netns-type=path"]
        return ["slirp4netns", *options, f"--exit-fd={lifeline}", path, "tap0"]
    if shutil.which("pasta") and shutil.which("setpriv"):
        options = ["--foreground", "--quiet", "--config-net", "--no-map-gw", "--netns-only"]
        for which in ("--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"):
            options += [which, "none"]
        return ["setpriv", "--pdeathsig", "KILL", "pasta", *options, "--netns", path]
    return None
