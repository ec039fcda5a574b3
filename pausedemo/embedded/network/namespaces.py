"""The engine's network namespaces, and the one thread that works in them.

The thread lives in the *node* namespace, where the bridges are, and goes into another only for as
long as one function takes. Since it is one thread, requests to the kernel keep their order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from pausedemo.embedded.kernel.syscalls import Namespace, setns, unshare
from pausedemo.embedded.network import messages
from pausedemo.embedded.network.netlink import Netlink

T = TypeVar("T")

# A thread sees the sysctls of its own network namespace here (proc_sysctl.c, net_ctl_root).
_SYSCTL: Final = "/proc/sys/net/"
# What dockerd 20.10 sets in a container's namespace: libnetwork osl/namespace_linux.go turns IPv6
# off until an address comes, daemon/oci_linux.go lets anybody ping and bind low ports.
_SANDBOX_SYSCTLS: Final = (
    ("ipv6/conf/all/disable_ipv6", "1"),
    ("ipv4/ip_unprivileged_port_start", "0"),
    ("ipv4/ping_group_range", "0 2147483647"),
)


class NodeThread:
    """The thread, the node namespace, and open netlink sockets of node and host."""

    host: Netlink
    node: Netlink
    reaper: Netlink
    host_fd: int
    node_fd: int

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "pausedemo-network")

    async def open(self) -> None:
        """Make the node namespace. Raises OSError where the kernel does not allow it."""
        await self.run(self._open)

    async def close(self) -> None:
        """Let the node namespace go, and the kernel removes what lives in it.

        The thread goes too: it holds the namespace, and rootless it may not go back to the host's.
        """
        await self.run(self._undo.close)
        self._worker.shutdown()

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Do ``work`` in the thread. A cancelled caller goes on when ``work`` is through."""
        doing = asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            doing.cancelled() or doing.exception()  # looked at: nobody else will
            raise

    def submit(self, work: Callable[[], None]) -> None:
        """Do ``work``, which raises nothing, in the thread when its turn has come."""
        self._worker.submit(work)

    def make_sandbox(self) -> tuple[int, Netlink]:
        """A new network namespace with nothing but a loopback device that is up.

        Its descriptor, and a socket in it; both are the caller's. Call it in the thread.
        """
        unshare(Namespace.NETWORK)
        with contextlib.ExitStack() as undo:
            try:
                descriptor = _this_namespace()
                undo.callback(os.close, descriptor)
                inside = undo.enter_context(Netlink())
                _set_sysctls(_SANDBOX_SYSCTLS)
                inside.request(messages.link_up(messages.LOOPBACK))
            finally:
                setns(self.node_fd, Namespace.NETWORK)
            undo.pop_all()
        return descriptor, inside

    def forward(self) -> None:
        """Let the node namespace pass packets on. Call it in the thread."""
        _set_sysctls((("ipv4/ip_forward", "1"),))

    def inside(self, descriptor: int, work: Callable[[], T]) -> T:
        """Do ``work`` in the namespace ``descriptor``. Call it in the thread."""
        setns(descriptor, Namespace.NETWORK)
        try:
            return work()
        finally:
            setns(self.node_fd, Namespace.NETWORK)

    def _open(self) -> None:
        with contextlib.ExitStack() as undo:
            self.host_fd = _this_namespace()
            undo.callback(os.close, self.host_fd)
            self.host = undo.enter_context(Netlink())
            unshare(Namespace.NETWORK)
            self.node_fd = _this_namespace()
            undo.callback(os.close, self.node_fd)
            self.node = undo.enter_context(Netlink())
            self.reaper = undo.enter_context(Netlink())
            self.node.request(messages.link_up(messages.LOOPBACK))
            # A new namespace takes the host's forwarding over (devinet.c, devinet_init_net).
            _set_sysctls((("ipv6/conf/all/disable_ipv6", "1"), ("ipv4/ip_forward", "0")))
            self._undo = undo.pop_all()


def _this_namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _set_sysctls(values: tuple[tuple[str, str], ...]) -> None:
    for name, value in values:
        # Without IPv6 the first is not there; where one gid is mapped the last is refused.
        with contextlib.suppress(OSError):
            descriptor = os.open(_SYSCTL + name, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(descriptor, value.encode())
            finally:
                os.close(descriptor)
