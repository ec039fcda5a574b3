"""A process's terminal, read and written by two that end at different times."""

from __future__ import annotations

import asyncio
import os

from pausedemo.embedded.containers.streams import Reader, Stream, Writer


def test_what_is_written_after_a_terminal_s_end_goes_nowhere() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        master, slave = os.openpty()
        reader = Reader(loop, master, Stream.STDOUT, tuple)
        writer = Writer.to_terminal(loop, master)
        os.close(slave)
        await asyncio.wait_for(reader.finished, 10)
        # The kernel gives the lowest free number: that of the terminal is another's now.
        reading, writing = os.pipe()
        try:
            assert master in (reading, writing)
            writer.write(b"secret")
            writer.resize(1, 1)
            writer.abort()
            os.set_blocking(reading, False)
            os.write(writing, b"own")
            assert os.read(reading, 100) == b"own"
        finally:
            os.close(reading)
            os.close(writing)

    asyncio.run(test())
