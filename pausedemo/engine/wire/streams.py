"""What an engine sends bit by bit: the frames of output, and the messages of its event stream."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pausedemo.engine.port import Event
from pausedemo.errors import EngineGone

FRAME_HEADER_BYTES: Final = 8


class Readable(Protocol):
    """A stream whose ``read(n)`` gives ``n`` bytes, and fewer only at its end."""

    def read(self, amount: int, /) -> bytes: ...


def read_frames(raw: Readable) -> Iterator[tuple[int, bytes]]:
    """Frames of a raw stream: 1 byte stream, 3 zero bytes, length (big endian), payload.

    Raises EngineGone when the stream ends inside a frame.
    """
    while header := raw.read(FRAME_HEADER_BYTES):
        if len(header) < FRAME_HEADER_BYTES:
            raise EngineGone("the engine closed the connection in the middle of its output")
        stream, length = struct.unpack(">BxxxL", header)
        payload = raw.read(length)
        if len(payload) < length:
            raise EngineGone("the engine closed the connection in the middle of its output")
        yield stream, payload


def parse_event(raw: Mapping[str, Any], aliases: Mapping[str, str]) -> Event:
    """Read one message of ``GET /events``; ``aliases`` are an engine's own words for actions.

    podman names a volume among the attributes only.
    """
    actor = raw["Actor"]
    attributes = actor.get("Attributes") or {}
    is_volume = raw.get("Type") == "volume"
    return Event(
        action=aliases.get(raw["Action"], raw["Action"]),
        container_id="" if is_volume else actor["ID"],
        attributes=attributes,
        time=datetime.fromtimestamp(raw["timeNano"] / 1e9, UTC),
        volume=actor["ID"] or attributes.get("name", "") if is_volume else "",
    )
