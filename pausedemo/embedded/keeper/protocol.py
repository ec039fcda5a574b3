"""What the engine and its keeper say to each other.

One message is one packet of a SOCK_SEQPACKET pair: JSON, and descriptors beside it (SCM_RIGHTS).
What is too long for a packet travels in a memory file, whose descriptor is then the last one.
Requests bear an ``id`` that the reply repeats; notices of an end have none.
"""

from __future__ import annotations

import array
import json
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

PACKET_BYTES: Final = 64 * 1024
MAX_DESCRIPTORS: Final = 32
_IN_FILE: Final = b"@"
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))  # json.dumps would make one each time


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message. The descriptors stay open here. BlockingIOError when the line is full."""
    send_text(channel, render(message), descriptors)


def render(content: dict[str, Any]) -> str:
    """JSON without spaces."""
    return _ENCODER.encode(content)


def send_text(channel: socket.socket, text: str, descriptors: Sequence[int] = ()) -> None:
    """Send one message that is JSON already."""
    data = text.encode()
    if len(data) <= PACKET_BYTES:
        _send(channel, data, descriptors)
        return
    file = os.memfd_create("message", os.MFD_CLOEXEC)
    try:
        with open(file, "wb", closefd=False) as stream:
            stream.write(data)
        _send(channel, _IN_FILE, [*descriptors, file])
    finally:
        os.close(file)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """One message and its descriptors, which are the caller's now. None at the end."""
    size = MAX_DESCRIPTORS * array.array("i").itemsize
    data, ancillary, _, _ = channel.recvmsg(
        PACKET_BYTES, socket.CMSG_SPACE(size), socket.MSG_CMSG_CLOEXEC
    )
    descriptors: list[int] = []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            descriptors.extend(numbers)
    if not data:
        return None
    if data == _IN_FILE:
        with open(descriptors.pop(), "rb") as stream:
            stream.seek(0)
            data = stream.read()
    message: dict[str, Any] = json.loads(data)
    return message, descriptors


def _send(channel: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
    ancillary = []
    if descriptors:
        numbers = array.array("i", descriptors)
        ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers))
    channel.sendmsg([data], ancillary)
