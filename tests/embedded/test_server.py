from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pausedemo.embedded.errors import Conflict
from pausedemo.embedded.server import make_application


def get(begin: bool, error: Exception) -> tuple[int, bytes]:
    """Status and body of what a handler answers that fails, before its first byte or after."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if begin:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"half of ")
        raise error

    async def ask() -> tuple[int, bytes]:
        application = make_application([web.get("/x", handler)])
        async with TestClient(TestServer(application)) as client, client.get("/x") as answer:
            return answer.status, await answer.read()

    return asyncio.run(asyncio.wait_for(ask(), 30))


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (Conflict("it is so"), 409, b'{"message": "it is so"}\n'),
        (RuntimeError("a fault"), 500, b'{"message": "RuntimeError: a fault"}\n'),
    ],
)
def test_what_fails_at_once_is_answered(error: Exception, status: int, said: bytes) -> None:
    assert get(False, error) == (status, said)


@pytest.mark.parametrize("error", [Conflict("it is so"), RuntimeError("a fault")])
def test_what_fails_in_the_middle_is_cut_off_and_no_second_answer_follows(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(aiohttp.ClientPayloadError):
        get(True, error)
    # Only a fault of the engine's own is one for its log, and it is there once.
    assert [record.name for record in caplog.records] == (
        ["pausedemo.embedded.server"] if isinstance(error, RuntimeError) else []
    )
