"""Messages between the engine and its keeper: short, long, and with descriptors."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from pausedemo.embedded.keeper.protocol import MAX_DESCRIPTORS, PACKET_BYTES, receive, send


@pytest.fixture
def line():
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.settimeout(20)
    yield ends
    for end in ends:
        end.close()


@pytest.fixture
def files(tmp_path):
    """Open files, each with its own number in it."""
    opened = []
    for number in range(MAX_DESCRIPTORS - 1):
        path = tmp_path / str(number)
        path.write_text(str(number))
        opened.append(os.open(path, os.O_RDONLY))
    yield opened
    for descriptor in opened:
        os.close(descriptor)


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    "size", [0, 1, PACKET_BYTES - 9, PACKET_BYTES - 8, PACKET_BYTES, 5 * 1024 * 1024]
)
def test_a_message_of_any_length_arrives_whole(line, size):
    before = count_descriptors()
    send(line[0], {"a": "x" * size})
    assert receive(line[1]) == ({"a": "x" * size}, [])
    assert count_descriptors() == before


@pytest.mark.parametrize("size", [1, PACKET_BYTES])
@pytest.mark.parametrize("count", [0, 1, MAX_DESCRIPTORS - 1])
def test_descriptors_arrive_in_order_and_belong_to_who_receives_them(line, files, size, count):
    send(line[0], {"id": 1, "a": "x" * size}, files[:count])
    received = receive(line[1])
    assert received is not None
    message, descriptors = received
    assert message == {"id": 1, "a": "x" * size}
    assert [os.pread(one, 10, 0) for one in descriptors] == [b"%d" % n for n in range(count)]
    assert not any(os.get_inheritable(one) for one in descriptors)
    assert not set(descriptors) & set(files)
    for one in descriptors:
        os.close(one)


def test_messages_keep_their_order_and_borders(line):
    for number in range(20):
        send(line[0], {"id": number, "a": "@" * (number % 3 * PACKET_BYTES)})
    received = [receive(line[1]) for _ in range(20)]
    assert [one and one[0]["id"] for one in received] == list(range(20))


@pytest.mark.parametrize("text", ["@", '"', "\x00", "\n", "ä", "\U0001f40b", "\udc80"])
def test_any_text_arrives(line, text):
    send(line[0], {"a": text})
    assert receive(line[1]) == ({"a": text}, [])


def test_the_other_s_end_is_told_after_what_it_still_said(line):
    send(line[0], {"a": 1})
    line[0].close()
    assert receive(line[1]) == ({"a": 1}, [])
    assert receive(line[1]) is None
    with pytest.raises(BrokenPipeError):
        send(line[1], {"a": 1})


def test_a_full_line_says_so_where_nobody_may_wait(line):
    line[0].setblocking(False)

    def send_for_ever():
        while True:
            send(line[0], {"a": "x" * 10_000})

    with pytest.raises(BlockingIOError):
        send_for_ever()
    assert receive(line[1]) == ({"a": "x" * 10_000}, [])
