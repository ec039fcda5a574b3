"""The filters of a list of containers by numbers: ports and exit codes, read as dockerd reads them.

Source: moby 20.10, daemon/list.go; docker/go-connections, nat (parse.go, nat.go).
"""

from __future__ import annotations

import re
from typing import Final

from pausedemo.embedded.errors import BadParameter

_DIGITS: Final = re.compile("[0-9]+", re.ASCII)
_WHOLE: Final = re.compile("[+-]?[0-9]+", re.ASCII)
_LAST_PORT: Final = 65535
_LAST_DIGITS: Final = 18


def parse_ports(key: str, value: str) -> frozenset[str]:
    """``80``, ``53/udp`` or ``8000-8002/tcp`` as ports with protocols. Raises BadParameter."""
    if ":" in value:
        raise BadParameter(f"filter for '{key}' should not contain ':': {value}")
    ports, _, rest = value.partition("/")
    protocol = rest.partition("/")[0] or "tcp"
    try:
        first, last = _parse_range(ports)
    except ValueError as error:
        raise BadParameter(f"error while looking up for {key} {value}: {error}") from error
    return frozenset(f"{port}/{protocol}" for port in range(first, last + 1))


def _parse_range(text: str) -> tuple[int, int]:
    if not text:
        raise ValueError("Empty string specified for ports.")
    parts = text.split("-")
    first, last = _parse_port(parts[0]), _parse_port(parts[1] if len(parts) > 1 else parts[0])
    if last < first:
        raise ValueError(f"Invalid range specified for the Port: {text}")
    return first, last


def _parse_port(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if len(text.lstrip("0")) > _LAST_DIGITS or int(text) > _LAST_PORT:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def parse_code(text: str) -> int:
    """An exit code. Raises BadParameter."""
    if not _WHOLE.fullmatch(text):
        raise BadParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    if len(text.lstrip("+-0")) > _LAST_DIGITS:
        raise BadParameter(f'strconv.Atoi: parsing "{text}": value out of range')
    return int(text)
