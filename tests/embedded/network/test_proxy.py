from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from pausedemo.embedded.errors import BadParameter, NotSupported
from pausedemo.embedded.network.ports import parse_port
from pausedemo.embedded.network.proxy import TcpProxy, UdpProxy, listen


async def dial(kind: socket.SocketKind) -> socket.socket:
    return socket.socket(socket.AF_INET, kind)


@pytest.mark.parametrize(
    ("text", "port"), [("80", (80, "tcp")), ("80/tcp", (80, "tcp")), ("53/udp", (53, "udp"))]
)
def test_a_port_is_read(text, port):
    assert parse_port(text) == port


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0/tcp", BadParameter),
        ("65536/tcp", BadParameter),
        ("http", BadParameter),
        ("80/ip", BadParameter),
        ("80/sctp", NotSupported),
    ],
)
def test_a_port_that_cannot_be_is_refused(text, kind):
    with pytest.raises(kind):
        parse_port(text)


def test_both_directions_are_carried_whole_and_end_on_their_own():
    sent = b"x" * 3_000_000

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(-1)  # until the asker's end arrives
        writer.write(data)
        writer.close()

    async def body() -> bytes:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        proxy = TcpProxy(server.sockets[0].getsockname(), dial)
        listener = listen("tcp", "127.0.0.1", 0)
        place = listener.getsockname()
        await proxy.start(listener)
        reader, writer = await asyncio.open_connection(*place)
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(20):
            answer = await reader.read(-1)
        writer.close()
        proxy.close()
        server.close()
        await server.wait_closed()
        return answer

    assert asyncio.run(body()) == sent


def test_a_connection_ends_when_nobody_listens_inside_or_the_proxy_closes():
    async def body() -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            target = nobody.getsockname()
        async with asyncio.timeout(20):
            proxy = TcpProxy(target, dial)
            listener = listen("tcp", "127.0.0.1", 0)
            place = listener.getsockname()
            await proxy.start(listener)
            reader, writer = await asyncio.open_connection(*place)
            assert await reader.read() == b""
            writer.close()
            proxy.close()
            with socket.create_server(("127.0.0.1", 0)) as silent:
                proxy = TcpProxy(silent.getsockname(), dial)
                listener = listen("tcp", "127.0.0.1", 0)
                place = listener.getsockname()
                await proxy.start(listener)
                reader, writer = await asyncio.open_connection(*place)
                accepted, _ = await asyncio.to_thread(silent.accept)
                proxy.close()
                assert await reader.read() == b""
                accepted.close()
                writer.close()

    asyncio.run(body())


def test_a_reset_on_one_side_ends_the_other():
    async def body() -> None:
        with socket.create_server(("127.0.0.1", 0)) as inside:
            proxy = TcpProxy(inside.getsockname(), dial)
            listener = listen("tcp", "127.0.0.1", 0)
            place = listener.getsockname()
            await proxy.start(listener)
            reader, writer = await asyncio.open_connection(*place)
            accepted, _ = await asyncio.to_thread(inside.accept)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            writer.close()
            proxy.close()

    asyncio.run(body())


def test_datagrams_go_to_the_container_and_answers_to_whoever_asked():
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.transport.sendto(data.upper(), addr)

    async def ask(place: tuple[str, int], data: bytes) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            asker.connect(place)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(asker, data)
            return await loop.sock_recv(asker, 100)

    async def body() -> list[bytes]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        proxy = UdpProxy(transport.get_extra_info("sockname"), dial)
        listener = listen("udp", "127.0.0.1", 0)
        place = listener.getsockname()
        await proxy.start(listener)
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(ask(place, b"a%d" % one) for one in range(20)))
        proxy.close()
        transport.close()
        await asyncio.sleep(0)
        return answers

    assert asyncio.run(body()) == [b"A%d" % one for one in range(20)]
