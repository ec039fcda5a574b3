"""Ending a process of the engine's machine: what no call of the engine's API does for an exec."""

from __future__ import annotations

from typing import Final

from pausedemo.kubelet.reach.nodecontainer import NodeContainer

KILL_TIMEOUT_S: Final = 60.0


def kill_on_node(node: NodeContainer, pid: int) -> None:
    """Kill a process by its number on the engine's machine; 0: it is not known, or has ended.

    Only that process, as a container runtime does with an exec that takes too long.
    """
    if pid > 1:
        node.exec(["kill", "-KILL", str(pid)], timeout_s=KILL_TIMEOUT_S)
