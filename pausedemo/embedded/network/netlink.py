"""A netlink socket that sends many requests in one call and collects their answers."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr, netlink(7)
_ERROR, _DONE = 2, 3
_ANSWERED: Final = 0x4 | 0x300  # NLM_F_ACK, NLM_F_DUMP
_SOL_NETLINK, _CAP_ACK = 270, 10
_TIMEOUT_S: Final = 10
_BUFFER: Final = 1 << 16
_MOST_ANSWERS: Final = 100_000


class Netlink:
    """A netlink socket of the network namespace in which the calling thread is now.

    It stays in that namespace wherever the thread goes later. Not safe for two threads at once.
    """

    def __init__(self, protocol: int = 0) -> None:
        """``protocol`` is a NETLINK_* number; 0 is NETLINK_ROUTE."""
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, protocol)
        self._sequence = 0
        try:
            self._socket.bind((0, 0))
            self._socket.settimeout(_TIMEOUT_S)
            # An error's answer would otherwise carry the whole request back.
            self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def request(self, *requests: bytes) -> None:
        """Have the kernel do all ``requests``, in order; a failed one does not stop the next.

        Raises OSError with the error of the first that failed.
        """
        if not requests:
            return
        first = self._sequence + 1
        awaited = self._send(requests)
        failed: dict[int, int] = {}
        while awaited:
            for kind, sequence, body in self._receive():
                if kind != _ERROR or sequence < first:
                    continue
                code = -struct.unpack_from("=i", body)[0]
                if code:
                    failed[sequence] = code
                if code and sequence not in awaited:
                    awaited.clear()  # the head of a batch failed, so no more will be answered
                awaited.discard(sequence)
        if failed:
            code = failed[min(failed)]
            raise OSError(code, os.strerror(code))

    def index_of(self, request: bytes) -> int:
        """The index of the link that ``messages.get_link`` asks for. OSError ENODEV: none."""
        self._send((request,))
        for _ in range(_MOST_ANSWERS):
            for kind, sequence, body in self._receive():
                if sequence != self._sequence:
                    continue
                if kind == _ERROR:
                    code = -struct.unpack_from("=i", body)[0]
                    raise OSError(code, os.strerror(code))
                return int(struct.unpack_from("=i", body, 4)[0])
        raise TimeoutError("netlink did not answer")

    def dump(self, request: bytes) -> Iterator[bytes]:
        """Every message, header included, that answers a dump request."""
        awaited = self._send((request,))
        for _ in range(_MOST_ANSWERS):
            for kind, sequence, body in self._receive():
                if sequence not in awaited:
                    continue
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    code = -struct.unpack_from("=i", body)[0]
                    raise OSError(code, os.strerror(code))
                yield _HEADER.pack(_HEADER.size + len(body), kind, 0, sequence, 0) + body

    def _send(self, requests: tuple[bytes, ...]) -> set[int]:
        """Send; the sequence numbers of those that the kernel answers in any case."""
        awaited = set()
        batch = bytearray()
        for request in requests:
            self._sequence += 1
            if struct.unpack_from("=H", request, 6)[0] & _ANSWERED:
                awaited.add(self._sequence)
            start = len(batch)
            batch += request
            struct.pack_into("=I", batch, start + 8, self._sequence)
            batch += b"\0" * (-len(batch) % 4)
        self._socket.send(batch)
        return awaited

    def _receive(self) -> Iterator[tuple[int, int, bytes]]:
        data = self._socket.recv(_BUFFER)
        offset = 0
        while offset + _HEADER.size <= len(data):
            length, kind, _, sequence, _ = _HEADER.unpack_from(data, offset)
            if length < _HEADER.size:
                return
            yield kind, sequence, data[offset + _HEADER.size : offset + length]
            offset += (length + 3) & ~3
