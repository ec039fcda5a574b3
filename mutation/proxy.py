"""A Docker Engine API on a unix socket that asks a real engine, and may lie.

What no lie is about goes through byte by byte, in both directions and as it comes: chunked
bodies, streams without an end, connections taken over by a 101, half-closed ones. Each request
gets a connection of its own to the engine, so that none is ever stale.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import h11

from mutation.exchange import Exchange
from mutation.incoming import Closed
from mutation.mutant import TRUTH, Mutation
from mutation.scene import LieFailed, Scene
from pausedemo.errors import TimedOut

START_TIMEOUT_S: Final = 60


class Proxy:
    """One engine that lies in one way. ``url`` is where it answers."""

    def __init__(self, socket: Path, scene: Scene, mutation: Mutation) -> None:
        self.url = f"unix://{socket}"
        self.scene = scene
        self.mutation = mutation
        self._socket = socket

    @property
    def told(self) -> int:
        """How many lies were told so far."""
        return self.scene.told

    def check(self) -> None:
        """Raise LieFailed if a lie could not be told: what was seen then is no evidence."""
        if self.scene.failures:
            failure = self.scene.failures[0]
            raise LieFailed(f"{self.mutation.name}: {failure!r}") from failure

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Answer on the socket; at the end every connection is cut."""
        talks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._talk(reader, writer))
            talks.add(task)
            task.add_done_callback(talks.discard)

        server = await asyncio.start_unix_server(accept, self._socket)
        try:
            yield
        finally:
            server.close()
            ending = [*talks]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client: one exchange after another."""
        left = b""
        with contextlib.closing(writer), contextlib.suppress(Closed, OSError, h11.ProtocolError):
            while True:
                exchange = Exchange(self.mutation, self.scene, reader, writer)
                try:
                    left = await exchange.run(left)
                except (Closed, OSError, h11.ProtocolError):
                    raise
                except Exception as error:  # noqa: BLE001 - check() raises it
                    self.scene.failures.append(error)
                    return


@contextlib.contextmanager
def lying_engine(engine_socket: str, mutation: Mutation = TRUTH) -> Iterator[Proxy]:
    """A proxy in a thread of its own, before the engine at ``engine_socket``, a path."""
    with tempfile.TemporaryDirectory(prefix="pausedemo-lie-") as folder:
        proxy = Proxy(Path(folder, "engine.sock"), Scene(engine_socket), mutation)
        with _in_a_thread(proxy):
            yield proxy


@contextlib.contextmanager
def _in_a_thread(proxy: Proxy) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    answers = threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        async with proxy.serve():
            answers.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except Exception as error:  # noqa: BLE001 - raised in the thread that waits for us
            failures.append(error)
        finally:
            loop.close()
            answers.set()

    thread = threading.Thread(target=run, name=f"lie-{proxy.mutation.name}", daemon=True)
    thread.start()
    try:
        if not answers.wait(START_TIMEOUT_S):
            raise TimedOut(f"the proxy did not listen within {START_TIMEOUT_S} s")
        if failures:
            raise failures[0]
        yield
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(START_TIMEOUT_S)
