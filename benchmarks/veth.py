"""A veth as programs make it: with pyroute2, when it is wanted.

The embedded engine has one ready; what that saves is a merit of the engine's, and no part of the
floor under it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator

from pyroute2 import IPRoute, NetNS, netns  # type: ignore[import-untyped]

_SUBNET = "198.18.{}.{}"  # for benchmarks: RFC 2544; only namespaces of our own have it


@contextlib.contextmanager
def open_veth_maker() -> Iterator[Callable[[], float]]:
    """A function that makes a network namespace on a bridge, and tells the seconds it took.

    Namespace, pair, port of the bridge, address, both links up, default route: what a container
    on a bridge gets. Root only. At the end nothing is left.
    """
    numbers = itertools.count(1)
    with contextlib.ExitStack() as stack:
        node = stack.enter_context(IPRoute())
        bridge = f"pdfloor{os.getpid()}"
        node.link("add", ifname=bridge, kind="bridge")
        index = node.link_lookup(ifname=bridge)[0]
        stack.callback(node.link, "del", index=index)
        node.link("set", index=index, state="up")

        def make() -> float:
            number = next(numbers)
            name = f"pdf{os.getpid()}-{number % 1000}"
            began = time.perf_counter()
            netns.create(name)
            try:
                node.link("add", ifname=name, kind="veth", peer=_peer(name))
                port = node.link_lookup(ifname=name)[0]
                node.link("set", index=port, master=index, state="up")
                with NetNS(name) as inside:
                    own = inside.link_lookup(ifname="eth0")[0]
                    address = _SUBNET.format(number // 250 % 250, number % 250 + 2)
                    inside.addr("add", index=own, address=address, prefixlen=15)
                    inside.link("set", index=own, state="up")
                    inside.link("set", index=1, state="up")
                    inside.route("add", dst="default", gateway=_SUBNET.format(0, 1))
                    return time.perf_counter() - began
            finally:
                netns.remove(name)  # and with it the pair

        yield make


def _peer(namespace: str) -> dict[str, str]:
    return {"ifname": "eth0", "net_ns_fd": namespace}
