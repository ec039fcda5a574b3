"""Ports of containers reached directly and by tunnel, on both engines."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

import pytest

from pausedemo.core.rules.dialerrors import DialError
from pausedemo.kubelet.reach.dialing import Connection
from pausedemo.kubelet.reach.forwarding import Forwarder, forwarded
from tests.kubelet.places import Place
from tests.kubelet.servers import ECHO, MUTE
from tests.waiting import wait_until


def exchange(connection: Connection, data: bytes) -> bytes:
    """Send all, end the sending half, and read to the end."""
    wire = connection.socket
    wire.settimeout(30)

    def send() -> None:
        wire.sendall(data)
        wire.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    got = bytearray()
    while chunk := wire.recv(1 << 16):
        got += chunk
    sender.join()
    return bytes(got)


def test_bytes_go_both_ways_unchanged(place: Place) -> None:
    ip = place.serve(ECHO, 7000).ip
    data = os.urandom(300_000)
    with contextlib.closing(place.dialer.connect(ip, 7000, 30)) as connection:
        assert exchange(connection, data) == data
        assert connection.explain() is None


def test_a_closed_port_is_refused_in_the_kubelet_s_words(place: Place) -> None:
    ip = place.run("exec sleep 1000").ip
    with pytest.raises(DialError) as caught:
        place.dialer.check(ip, 81, 5)
    assert str(caught.value) == f"dial tcp {ip}:81: connect: connection refused"


def test_a_connection_that_never_was_says_why(place: Place) -> None:
    ip = place.run("exec sleep 1000").ip
    try:
        with contextlib.closing(place.dialer.connect(ip, 81, 5)) as connection:
            assert exchange(connection, b"") == b""
            why: object = connection.explain()
    except DialError as error:
        why = error
    assert str(why) == f"dial tcp {ip}:81: connect: connection refused"


def test_an_open_port_is_there_whatever_its_server_does(place: Place) -> None:
    info = place.serve(MUTE, 7001)
    place.dialer.check(info.ip, 7001, 5)


def test_an_address_that_nobody_has_is_told(place: Place) -> None:
    base, _, last = place.run("exec sleep 1000").ip.rpartition(".")
    nobody = f"{base}.{250 if last != '250' else '251'}"
    with pytest.raises(DialError) as caught:
        place.dialer.check(nobody, 80, 1)
    assert str(caught.value) in (
        f"dial tcp {nobody}:80: i/o timeout",
        f"dial tcp {nobody}:80: connect: no route to host",
    )


def test_a_tunnel_leaves_nothing_behind(place: Place) -> None:
    ip = place.serve(ECHO, 7000).ip
    place.dialer.connect(ip, 7000, None).close()

    def gone() -> bool:
        done = place.dialer.node.exec(["ps"], timeout_s=30)
        return f"nc {ip} 7000" not in done.stdout.decode()

    wait_until("nc has ended", gone)

    def let_go() -> bool:
        return "tunnel" not in [thread.name for thread in threading.enumerate()]

    wait_until("its threads have ended", let_go)


def test_a_port_is_forwarded_to_an_address_here(place: Place) -> None:
    ip = place.serve(ECHO, 7000).ip
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    forwarder = Forwarder(place.dialer, ip, 7000, listener)
    forwarder.start()
    try:
        for data in (b"one", os.urandom(100_000)):
            with socket.create_connection(address, 30) as wire:
                assert exchange(Connection(wire, lambda: None), data) == data
    finally:
        forwarder.close()
    assert forwarder.failures == []
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address, 1)


def test_a_forwarded_port_that_is_closed_says_why(place: Place) -> None:
    ip = place.run("exec sleep 1000").ip
    listener = socket.create_server(("127.0.0.1", 0))
    forwarder = Forwarder(place.dialer, ip, 81, listener)
    forwarder.start()
    try:
        with socket.create_connection(listener.getsockname(), 30) as wire:
            assert wire.recv(1) == b""
        wait_until("the failure is kept", lambda: forwarder.failures)
    finally:
        forwarder.close()
    assert [str(failure) for failure in forwarder.failures] == [
        f"dial tcp {ip}:81: connect: connection refused"
    ]


def test_what_is_in_reach_needs_no_forwarding(place: Place) -> None:
    with forwarded(place.dialer, "10.0.0.1", 80, 1) as address:
        assert address.startswith("unix:") is not place.dialer.is_direct
