"""Bodies, numbers and filters as they come over HTTP."""

from __future__ import annotations

import asyncio
import io

import pytest
from aiohttp import web

from pausedemo.embedded.api.requests import (
    API,
    BODY_BYTES,
    query_bool,
    query_filters,
    query_int,
    read_json,
)
from tests.embedded.api.serving import serving


async def answer(request: web.Request) -> web.Response:
    api = request[API]
    shown = {
        "body": await read_json(request),
        "number": query_int(request, "number", 7),
        "maybe": query_int(request, "maybe", None),
        "flag": query_bool(request, "flag", default=True),
        "filters": {key: list(values) for key, values in query_filters(request, ["id"]).items()},
        "api": api,
    }
    return web.json_response(shown)


def ask(data: bytes | None = None, **query: str) -> tuple[int, dict[str, object]]:
    """Status and answer of one request with that body and query."""

    async def call() -> tuple[int, dict[str, object]]:
        async with serving([web.post("/", answer)]) as client:
            response = await client.post("/", data=io.BytesIO(data or b""), params=query)
            return response.status, await response.json()

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (None, {}),
        (b"", {}),
        (b" \n", {}),
        (b"null", {}),
        (b"{}", {}),
        (b'{"a": [1, "\xc3\xa4"]}', {"a": [1, "ä"]}),
        (b'{"a": "' + b"x" * (BODY_BYTES - 9) + b'"}', {"a": "x" * (BODY_BYTES - 9)}),
    ],
)
def test_a_body_is_an_object_and_none_an_empty_one(data, body):
    status, shown = ask(data)
    assert (status, shown["body"]) == (200, body)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "invalid JSON: "),
        (b"\xff\xfe", "invalid JSON: "),
        (b"[]", "invalid JSON: an object is wanted"),
        (b'"text"', "invalid JSON: an object is wanted"),
        (b"0", "invalid JSON: an object is wanted"),
        (b"[" * 200_000, "invalid JSON: "),
        (b'{"a":' * 100_000, "invalid JSON: "),
        (b"x" * (BODY_BYTES + 1), "the request's body is too large"),
    ],
)
def test_a_body_that_is_none_is_refused(data, words):
    status, shown = ask(data)
    assert status == 400
    assert str(shown["message"]).startswith(words)


def test_a_body_in_pieces_is_read_no_further_than_it_may_be_long():
    sent = []

    async def pieces():
        for _ in range(400):
            sent.append(1)
            yield b" " * 1024 * 1024

    async def call() -> int:
        async with serving([web.post("/", answer)]) as client:
            response = await client.post("/", data=pieces())
            return response.status

    assert asyncio.run(call()) == 400
    assert len(sent) < 400


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("-1", -1),
        ("+3", 3),
        ("007", 7),
        ("", 7),
        ("null", 7),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808),
    ],
)
def test_a_whole_number_is_read(text, number):
    status, shown = ask(number=text)
    assert (status, shown["number"]) == (200, number)


@pytest.mark.parametrize("text", ["x", "1.5", "1_000", " 1", "\u0661", "0x10", "--1", "1e3"])
def test_what_is_no_whole_number_is_refused_in_go_s_words(text):
    status, shown = ask(number=text)
    assert (status, shown["message"]) == (
        400,
        f'strconv.Atoi: parsing "{text}": invalid syntax',
    )


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "9" * 5000])
def test_a_number_that_go_could_not_hold_is_refused(text):
    status, shown = ask(number=text)
    assert status == 400
    assert str(shown["message"]).endswith("value out of range")


def test_without_a_query_the_defaults_hold():
    status, shown = ask()
    assert (status, shown["number"], shown["maybe"], shown["flag"]) == (200, 7, None, True)
    assert shown["filters"] == {}


def test_flags_and_filters_are_read():
    _, shown = ask(flag="0", filters='{"id": {"a": true}}')
    assert (shown["flag"], shown["filters"]) == (False, {"id": ["a"]})
    status, shown = ask(filters='{"no": ["a"]}')
    assert (status, shown["message"]) == (400, "Invalid filter 'no'")
