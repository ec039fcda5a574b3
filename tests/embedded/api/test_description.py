"""The OpenAPI description says what the router does."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

from pausedemo.embedded.engine import EmbeddedEngine
from pausedemo.embedded.platform import Platform
from pausedemo.embedded.state import open_state
from tests.embedded.api.description import list_endpoints, read_description


async def read_routes(folder: Path) -> set[tuple[str, str]]:
    """Method and path of every route of a whole engine, one that never opens."""
    platform = Platform(
        rootless=True,
        single_id=True,
        uid=0,
        gid=0,
        cgroups={},
        cgroup_version=2,
        overlay=None,
        capabilities=0,
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        engine = EmbeddedEngine(open_state(folder), platform, ours)
        routes = {
            (route.method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path))
            for route in engine.routes()
        }
        engine.keeper.close()
    return routes


def test_every_route_is_described_and_nothing_else(tmp_path: Path) -> None:
    described = {(one.method, one.path) for one in list_endpoints(read_description())}
    routes = asyncio.run(read_routes(tmp_path))
    # aiohttp answers HEAD wherever GET is, unless told otherwise: no route of ours.
    assert described == routes
