"""The name server of a sandbox, asked from inside."""

from __future__ import annotations

import asyncio
import struct
import sys

import pytest
from dnslib import EDNS0, RR, A, DNSRecord  # type: ignore[import-untyped]

from pausedemo.embedded.network import dns
from pausedemo.embedded.network.model import Attachment, DnsOptions, Sandbox
from pausedemo.embedded.network.names import Names
from tests.embedded.network.sandboxes import needs_root, opened, run_in

BOTH_WAYS = pytest.mark.parametrize("rootless", [False, True])


DIG = """
import sys
from dnslib import DNSRecord, QTYPE
kind = "PTR" if sys.argv[1].endswith("arpa") else "A"
for tcp in (False, True):
    got = DNSRecord.parse(DNSRecord.question(sys.argv[1], kind).send("127.0.0.11", 53, tcp, 5))
    print(*(f"{QTYPE[one.rtype]} {one.rdata}" for one in got.rr), "rcode", got.header.rcode)
"""


def dig(sandbox: Sandbox, name: str) -> str:
    by_udp, by_tcp = run_in(sandbox, sys.executable, "-c", DIG, name).splitlines()
    assert by_udp == by_tcp
    return by_udp


@needs_root
@BOTH_WAYS
def test_names_resolve_on_a_user_network_and_say_so_in_resolv_conf(rootless: bool):
    async def lookup(sandbox: Sandbox, name: str) -> str:
        return await asyncio.to_thread(dig, sandbox, name)

    async def body() -> None:
        async with opened(rootless=rootless) as networks:
            await networks.create({"Name": "blue"})
            one = await networks.connect_sandbox("a" * 64, "one", [Attachment("blue")])
            wish = Attachment("blue", ("db",))
            two_ = await networks.connect_sandbox("b" * 64, "two", [wish])
            address = two_.endpoints["blue"].ip
            assert "nameserver 127.0.0.11\n" in networks.resolv_conf(one, DnsOptions())
            for name in ("two", "TWO", "db", "db.blue", "b" * 12, "two.blue"):
                assert await lookup(one, name) == f"A {address} rcode 0"
            networks.rename(two_, "three")
            assert await lookup(one, "three") == f"A {address} rcode 0"
            reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
            assert await lookup(one, reverse) == "PTR three.blue. rcode 0"
            await networks.release(two_)
            other = await networks.connect_sandbox("d" * 64, "four", [Attachment("bridge")])
            assert other.resolver is None
            assert "127.0.0.11" not in networks.resolv_conf(other, DnsOptions())

    asyncio.run(body())


@needs_root
def test_other_names_are_asked_of_the_given_server_from_the_hosts_namespace():
    class Upstream(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            reply = DNSRecord.parse(data).reply()
            reply.add_answer(RR("example.org", rdata=A("192.0.2.7")))
            self.transport.sendto(reply.pack(), addr)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = DNSRecord.parse(await reader.readexactly(length)).reply()
        reply.add_answer(RR("example.org", rdata=A("192.0.2.7")))
        writer.write(struct.pack("!H", len(reply.pack())) + reply.pack())
        writer.close()

    async def body() -> None:
        place = ("127.0.211.1", 53)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Upstream, local_addr=place)
        server = await asyncio.start_server(serve, *place)
        async with opened() as networks:
            await networks.create({"Name": "blue"})
            one = await networks.connect_sandbox("a" * 64, "one", [Attachment("blue")])
            networks.resolv_conf(one, DnsOptions(servers=("127.0.211.1",)))
            assert await asyncio.to_thread(dig, one, "example.org") == "A 192.0.2.7 rcode 0"
            transport.close()
            server.close()
            await server.wait_closed()
            # A refused port says no more than no answer would.
            assert await asyncio.to_thread(dig, one, "example.org") == "rcode 2"

    asyncio.run(body())


@pytest.mark.parametrize("length", range(29))
def test_a_question_cut_short_gets_no_answer(length: int):
    sandbox = Sandbox("s", "c" * 64, "web", -1)
    server = dns.NameServer(sandbox, Names(()), lambda: ())
    assert server.answer(DNSRecord.question("example.org").pack()[:length]) == b""


def test_a_foreign_name_is_not_answered_here():
    server = dns.NameServer(Sandbox("s", "c" * 64, "web", -1), Names(()), lambda: ())
    assert server.answer(DNSRecord.question("example.org").pack()) is None


def test_an_answer_too_long_for_a_datagram_says_to_ask_by_tcp():
    question = DNSRecord.question("web")
    reply = question.reply()
    for last in range(60):
        reply.add_answer(RR("web", rdata=A(f"10.0.0.{last}")))
    answer = reply.pack()
    assert len(answer) > 900
    short = DNSRecord.parse(dns.compute_datagram(question.pack(), answer))
    assert (short.header.tc, short.rr, short.q) == (1, [], question.q)
    question.add_ar(EDNS0(udp_len=1232))
    assert dns.compute_datagram(question.pack(), answer) == answer
