"""Sandboxes in real namespaces, seen with ip and ordinary sockets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from pausedemo.embedded.errors import BadParameter, Forbidden, NotFound, ServerError
from pausedemo.embedded.network.model import Attachment, Port, Sandbox
from pausedemo.embedded.network.networks import Networks
from tests.embedded.network.sandboxes import (
    Heard,
    enter,
    host_links,
    links_of,
    needs_root,
    opened,
    run_in,
)

pytestmark = needs_root
BRIDGE = (Attachment("bridge"),)
BOTH_WAYS = pytest.mark.parametrize("rootless", [False, True])

CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as s:
    s.shutdown(socket.SHUT_WR)
    print(s.makefile().read(), end="")
"""
GREET = """
import socket, sys
with socket.create_server(("", int(sys.argv[1]))) as s:
    print("ready", flush=True)
    for _ in range(int(sys.argv[2])):
        c, _ = s.accept()
        with c:
            c.sendall(c.makefile().read().encode() + b"hello from " + c.getsockname()[0].encode())
"""


async def greet(sandbox: Sandbox, port: int, times: int = 1) -> asyncio.subprocess.Process:
    command = enter(sandbox, sys.executable, "-c", GREET, str(port), str(times))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"ready\n"
    return process


async def ask(sandbox: Sandbox | None, host: str, port: int) -> str:
    command = [sys.executable, "-c", CONNECT, host, str(port)]
    if sandbox is not None:
        command = enter(sandbox, *command)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(20):
        shown, _ = await process.communicate()
    return shown.decode()


async def two(networks: Networks, network: str = "bridge") -> tuple[Sandbox, Sandbox]:
    return (
        await networks.connect_sandbox("a" * 64, "one", [Attachment(network)]),
        await networks.connect_sandbox("b" * 64, "two", [Attachment(network)]),
    )


@BOTH_WAYS
def test_a_sandbox_has_its_address_mac_and_default_route_and_no_ipv6(rootless: bool):
    async def body() -> None:
        async with opened(rootless=rootless) as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            endpoint = sandbox.endpoints["bridge"]
            assert links_of(sandbox) == ["lo", "eth0"]
            shown = run_in(sandbox, "ip", "addr")
            assert f"inet {endpoint.ip}/{endpoint.prefix_len} " in shown
            assert f"link/ether {endpoint.mac} " in shown
            assert "inet6" not in shown
            assert f"default via {endpoint.gateway} dev eth0" in run_in(sandbox, "ip", "route")

    asyncio.run(body())


def test_without_an_attachment_there_is_lo_only():
    async def body() -> None:
        async with opened() as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", ())
            assert links_of(sandbox) == ["lo"]
            assert await networks.publish(sandbox, {"80/tcp": [("", None)]}) == {}

    asyncio.run(body())


@BOTH_WAYS
def test_sandboxes_of_one_network_reach_each_other(rootless: bool):
    async def body() -> None:
        async with opened(rootless=rootless) as networks:
            one, two_ = await two(networks)
            server = await greet(two_, 8080)
            address = two_.endpoints["bridge"].ip
            assert await ask(one, address, 8080) == f"hello from {address}"
            assert await server.wait() == 0

    asyncio.run(body())


def test_as_root_the_host_reaches_a_container_directly():
    async def body() -> None:
        async with opened() as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            server = await greet(sandbox, 8080)
            address = sandbox.endpoints["bridge"].ip
            assert await ask(None, address, 8080) == f"hello from {address}"
            assert await server.wait() == 0

    asyncio.run(body())


@BOTH_WAYS
def test_a_published_port_leads_into_the_container_until_release(rootless: bool):
    async def body() -> None:
        async with opened(rootless=rootless) as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            server = await greet(sandbox, 8080)
            ports = await networks.publish(sandbox, {"8080/tcp": [("127.0.0.1", None)]})
            ((host, port),) = ports["8080/tcp"]
            assert host == "127.0.0.1"
            address = sandbox.endpoints["bridge"].ip
            assert await ask(None, host, port) == f"hello from {address}"
            assert await server.wait() == 0
            await networks.release(sandbox)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(host, port)

    asyncio.run(body())


def test_a_port_of_all_addresses_is_open_for_ipv4_and_where_there_is_ipv6_for_that():
    async def body() -> None:
        async with opened() as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            places = (await networks.publish(sandbox, {"8080/tcp": [("", None)]}))["8080/tcp"]
            every = ["0.0.0.0", "::"]  # noqa: S104
            assert [host for host, _ in places] == every[: len(places)]
            assert len({port for _, port in places}) == 1
            server = await greet(sandbox, 8080, len(places))
            for loopback in ("127.0.0.1", "::1")[: len(places)]:
                answer = await ask(None, loopback, places[0][1])
                assert answer == f"hello from {sandbox.endpoints['bridge'].ip}"
            assert await server.wait() == 0

    asyncio.run(body())


def test_a_port_that_is_taken_is_refused_in_dockerds_words():
    async def body() -> None:
        async with opened() as networks:
            one, two_ = await two(networks)
            place = (await networks.publish(one, {"80": [("127.0.0.1", None)]}))["80/tcp"][0]
            name = f"endpoint two ({two_.endpoints['bridge'].endpoint_id})"
            start = f"driver failed programming external connectivity on {name}: "
            wanted: dict[str, list[Port]] = {"81/tcp": [("127.0.0.1", None)], "80/tcp": [place]}
            with pytest.raises(ServerError) as caught:
                await networks.publish(two_, wanted)
            assert str(caught.value) == (
                f"{start}Bind for 127.0.0.1:{place[1]} failed: port is already allocated"
            )
            assert two_.ports == {}
            foreign = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
            port = foreign.sockets[0].getsockname()[1]
            with pytest.raises(ServerError) as caught:
                await networks.publish(two_, {"80/tcp": [("127.0.0.1", port)]})
            assert str(caught.value) == (
                f"{start}Error starting userland proxy: listen tcp4 127.0.0.1:{port}: "
                "bind: address already in use"
            )
            foreign.close()
            await foreign.wait_closed()

    asyncio.run(body())


def test_release_takes_the_links_from_whoever_lives_on_in_the_namespace():
    async def body() -> None:
        async with opened() as networks:
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            descriptor = os.dup(sandbox.netns_fd)
            try:
                await networks.release(sandbox)
                await networks.release(sandbox)
                await networks.settle()
                sandbox.netns_fd = descriptor
                assert links_of(sandbox) == ["lo"]
            finally:
                os.close(descriptor)
                sandbox.netns_fd = -1

    asyncio.run(body())


def test_a_live_sandbox_joins_a_network_and_leaves_the_first_one():
    async def body() -> None:
        heard = Heard()
        async with opened(events=heard) as networks:
            await networks.create({"Name": "blue"})
            sandbox = await networks.connect_sandbox("c" * 64, "web", BRIDGE)
            endpoint = await networks.connect(sandbox, Attachment("blue", ("db",)))
            assert links_of(sandbox) == ["lo", "eth0", "eth1"]
            assert endpoint.aliases == ("db", "c" * 12)
            with pytest.raises(Forbidden, match="already exists in network blue"):
                await networks.connect(sandbox, Attachment("blue"))
            await networks.disconnect(sandbox, "bridge")
            assert links_of(sandbox) == ["lo", "eth1"]
            assert f"default via {endpoint.gateway} dev eth1" in run_in(sandbox, "ip", "route")
            with pytest.raises(ServerError, match="is not connected to network bridge"):
                await networks.disconnect(sandbox, "bridge")
            with pytest.raises(Forbidden, match=r"network blue id .* has active endpoints"):
                await networks.delete("blue")
            await networks.release(sandbox)
            await networks.delete("blue")
        who = "c" * 64
        assert heard.events == [
            ("create", "blue", ""),
            ("connect", "bridge", who),
            ("connect", "blue", who),
            ("disconnect", "bridge", who),
            ("disconnect", "blue", who),
            ("destroy", "blue", ""),
        ]

    asyncio.run(body())


def test_an_internal_network_leads_nowhere():
    async def body() -> None:
        async with opened() as networks:
            await networks.create({"Name": "inner", "Internal": True})
            sandbox = await networks.connect_sandbox("c" * 64, "web", [Attachment("inner")])
            assert "default" not in run_in(sandbox, "ip", "route")

    asyncio.run(body())


def test_an_address_and_a_subnet_may_be_asked_for():
    async def body() -> None:
        async with opened() as networks:
            config = {"Subnet": "10.213.0.0/24", "Gateway": "10.213.0.254"}
            body = {"Name": "blue", "IPAM": {"Config": [config]}}
            await networks.create(body)
            wish = Attachment("blue", ipv4="10.213.0.9", mac="02:42:00:00:00:01")
            sandbox = await networks.connect_sandbox("c" * 64, "web", [wish])
            endpoint = sandbox.endpoints["blue"]
            assert (endpoint.ip, endpoint.gateway) == ("10.213.0.9", "10.213.0.254")
            assert "link/ether 02:42:00:00:00:01 " in run_in(sandbox, "ip", "addr")
            with pytest.raises(Forbidden, match="Address already in use"):
                await networks.connect_sandbox("d" * 64, "two", [wish])
            with pytest.raises(Forbidden, match="Pool overlaps with other one"):
                await networks.create({**body, "Name": "red"})
            with pytest.raises(BadParameter, match="user defined networks only"):
                await networks.connect_sandbox(
                    "d" * 64, "t", [Attachment("bridge", ipv4="1.2.3.4")]
                )
            with pytest.raises(NotFound, match="network green not found"):
                await networks.connect_sandbox("d" * 64, "t", [Attachment("green")])
            assert list(networks.find("blue").sandboxes.values()) == [sandbox]
            assert not networks.find("bridge").sandboxes

    asyncio.run(body())


def test_two_engines_take_different_subnets_even_when_they_start_together():
    async def body() -> None:
        async with opened() as first:
            second, third = (Networks(rootless=False, events=Heard()) for _ in range(2))
            await asyncio.gather(second.open(), third.open())
            try:
                subnets = {str(one.find("bridge").pool.subnet) for one in (first, second, third)}  # type: ignore[union-attr]
                assert len(subnets) == 3
            finally:
                await second.close()
                await third.close()

    asyncio.run(body())


KILLED = """
import asyncio, os
from pausedemo.embedded.network.model import Attachment
from tests.embedded.network.sandboxes import Heard
from pausedemo.embedded.network.networks import Networks
async def main():
    networks = Networks(rootless=False, events=Heard())
    await networks.open()
    await networks.create({"Name": "blue"})
    await networks.connect_sandbox("c" * 64, "web", [Attachment("bridge"), Attachment("blue")])
    print(*(f"pd{one['Id'][:8]}" for one in networks.list({"driver": ["bridge"]})), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_a_killed_engine_leaves_no_link_on_the_host():
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        ours = set(engine.stdout.readline().split())
        try:
            assert len(ours) == 2
            assert ours <= host_links()
        finally:
            engine.kill()
    for _ in range(100):
        if not ours & host_links():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert not ours & host_links()


def test_a_closed_engine_has_removed_its_links_when_close_returns():
    async def body() -> None:
        async with opened() as networks:
            ours = f"pd{networks.find('bridge').id[:8]}"
            assert ours in host_links()
        assert ours not in host_links()

    asyncio.run(body())


def test_a_sandbox_made_ahead_is_as_any_other_and_goes_with_its_networks():
    async def body() -> None:
        async with opened() as networks:
            await networks.create({"Name": "blue"})
            with_link = [Attachment("bridge"), Attachment("blue")]
            seen = []
            for ahead in (True, False):
                if ahead:
                    await networks.settle()
                sandbox = await networks.connect_sandbox("c" * 64, "web", with_link)
                addresses = run_in(sandbox, "ip", "-br", "-4", "address").split()
                seen.append([one.partition("/")[2] for one in addresses if "/" in one])
                assert links_of(sandbox) == ["lo", "eth0", "eth1"]
                for endpoint in sandbox.endpoints.values():
                    link = run_in(sandbox, "ip", "-br", "link", "show", endpoint.interface)
                    assert link.split()[1:3] == ["UP", endpoint.mac]
                bare = await networks.connect_sandbox("d" * 64, "bare", [])
                assert links_of(bare) == ["lo"]
                await networks.release(bare)
                await networks.release(sandbox)
            assert seen[0] == seen[1]
            await networks.settle()

    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    asyncio.run(body())
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_nothing_is_left_open_after_many_sandboxes():
    async def body() -> None:
        async with opened() as networks:
            await networks.create({"Name": "blue"})
            kept = await networks.connect_sandbox("d" * 64, "kept", [Attachment("blue")])
            await networks.release(kept)
            await networks.settle()
            await asyncio.sleep(0)
            before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
            for _ in range(20):
                sandbox = await networks.connect_sandbox("c" * 64, "web", [Attachment("blue")])
                await networks.publish(sandbox, {"80/tcp": [("127.0.0.1", None)]})
                await networks.release(sandbox)
            await networks.settle()
            await asyncio.sleep(0)
            assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208

    asyncio.run(body())


ROOTLESS = """
import asyncio
from tests.embedded.network import test_networks as t
from tests.embedded.network.sandboxes import opened, run_in
async def main():
    async with opened(rootless=True) as networks:
        one, two = await t.two(networks)
        server = await t.greet(two, 8080, 2)
        print(await t.ask(one, two.endpoints["bridge"].ip, 8080))
        ports = await networks.publish(two, {"8080/tcp": [("127.0.0.1", None)]})
        print(await t.ask(None, *ports["8080/tcp"][0]))
        await server.wait()
asyncio.run(main())
"""


ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


@pytest.mark.parametrize("user", [[], ORDINARY], ids=["root", "ordinary"])
def test_in_a_user_namespace_it_works_without_any_right_on_the_host(user: list[str]):
    within = [*user, "unshare", "--user", "--map-root-user"]
    # The system's Python: one in root's home is out of an ordinary user's reach.
    python = [*within, "/usr/bin/python3"] if user else [*within, sys.executable]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    trial = [*python, "-c", "import aiohttp, pytest, pausedemo.embedded.network.networks"]
    tried = subprocess.run(trial, env=environment, capture_output=True, timeout=60, check=False)
    if tried.returncode:
        pytest.skip("no user namespaces, or no Python that this user may run all of this with")
    before = host_links()
    command = [*python, "-c", ROOTLESS]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == second
    assert first.startswith("hello from ")
    assert host_links() <= before
