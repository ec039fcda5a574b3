"""What handlers read out of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final, overload

from aiohttp import web

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import Filters, parse_bool, parse_filters

#: The API version that the client speaks, as two numbers: ``request[API]``.
API: Final = web.RequestKey("api_version", tuple)
#: A JSON body larger than this is no create request.
BODY_BYTES: Final = 4 * 1024 * 1024
#: Go's int.
INTEGERS: Final = 1 << 63
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as an object; none is an empty one. Raises BadParameter."""
    raw = bytearray()
    while request.can_read_body and (chunk := await request.content.readany()):
        raw += chunk
        if len(raw) > BODY_BYTES:
            raise BadParameter("the request's body is too large")
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise BadParameter("invalid JSON: an object is wanted")
    return body


def query_bool(request: web.Request, name: str, *, default: bool = False) -> bool:
    """A boolean of the query, as dockerd reads it."""
    return parse_bool(request.query.get(name), default)


@overload
def query_int(request: web.Request, name: str, default: int) -> int: ...
@overload
def query_int(request: web.Request, name: str, default: None) -> int | None: ...
def query_int(request: web.Request, name: str, default: int | None) -> int | None:
    """A whole number of the query. Raises BadParameter."""
    text = request.query.get(name)
    if text is None or text in ("", "null", "None"):
        return default
    if not _INTEGER.fullmatch(text):
        raise BadParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    # The length first: Python refuses to read a number of thousands of digits.
    if len(text) > len(str(-INTEGERS)) or not -INTEGERS <= int(text) < INTEGERS:
        raise BadParameter(f'strconv.Atoi: parsing "{text[:40]}": value out of range')
    return int(text)


def query_filters(request: web.Request, known: Collection[str]) -> Filters:
    """The query's filters. Raises BadParameter."""
    return parse_filters(request.query.get("filters"), known)
