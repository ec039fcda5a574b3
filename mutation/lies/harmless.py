"""Oddities that a pod does not suffer from, and that pausedemo has to bear: events above all.

The controller looks at the engine again by itself (every 10 s), so that an event may come late,
twice, in another order, or never: it then only takes longer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

from mutation.lies.execs import parse_frames
from mutation.lies.tools import at_inspect, at_list
from mutation.messages import Answer, Ask
from mutation.mutant import Fate, Mutation, StreamLie
from mutation.routes import CREATE, EVENTS, EXEC_START, INSPECT, LIST
from mutation.scene import Scene

DELAY_S: Final = 2.0
SLOW_S: Final = 0.05


async def _read_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whole lines, their end included."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"


async def _late(_ask: Ask, pieces: AsyncIterator[bytes], scene: Scene) -> AsyncIterator[bytes]:
    """Each event 2 s after it was told, however many come at once."""
    clock = asyncio.get_running_loop().time
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def listen() -> None:
        async for line in _read_lines(pieces):
            waiting.put_nowait((clock() + DELAY_S, line))
        waiting.put_nowait((clock(), b""))

    listening = asyncio.create_task(listen())
    try:
        while True:
            due, line = await waiting.get()
            if not line:
                return
            await asyncio.sleep(max(0.0, due - clock()))
            scene.tell()
            yield line
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def _each_event(change: Callable[[dict[str, Any]], Iterable[dict[str, Any]]]) -> StreamLie:
    """Other events in an event's place."""

    async def lie(_ask: Ask, pieces: AsyncIterator[bytes], scene: Scene) -> AsyncIterator[bytes]:
        async for line in _read_lines(pieces):
            event = json.loads(line)
            changed = list(change(event))
            if changed != [event]:
                scene.tell()
                line = b"".join(json.dumps(one).encode() + b"\n" for one in changed)
            yield line

    return lie


async def _swapped(_ask: Ask, pieces: AsyncIterator[bytes], scene: Scene) -> AsyncIterator[bytes]:
    """Each second event before the first; one that stays alone is not held for ever."""
    held = b""
    async for line in _read_lines(pieces):
        if held:
            scene.tell()
            yield line + held
            held = b""
        else:
            held = line
    yield held


def _without_exit_code(event: dict[str, Any]) -> list[dict[str, Any]]:
    attributes = dict(event["Actor"]["Attributes"])
    attributes.pop("exitCode", None)
    return [{**event, "Actor": {**event["Actor"], "Attributes": attributes}}]


async def _slowly(_ask: Ask, scene: Scene) -> None:
    await asyncio.sleep(SLOW_S)
    scene.tell()


async def _warn(_ask: Ask, answer: Answer, _scene: Scene) -> None:
    if answer.ok:
        words = "Your kernel does not support something that nobody asked for."
        answer.json = {**answer.json, "Warnings": [words]}


async def _in_crumbs(_ask: Ask, pieces: AsyncIterator[bytes], scene: Scene) -> AsyncIterator[bytes]:
    """Output in frames of one byte, each sent in two parts."""
    whole = b"".join([piece async for piece in pieces])
    for stream, text in parse_frames(whole):
        scene.tell()
        for byte in text:
            yield bytes((stream, 0, 0, 0, 0))
            yield bytes((0, 0, 1, byte))


async def _all_of_them(ask: Ask, _scene: Scene) -> None:
    ask.query.pop("filters", None)


def _tolerated(name: str, does: str, why: str, **lies: Any) -> Mutation:
    return Mutation(name=name, does=does, breaks=why, fate=Fate.TOLERATED, **lies)


HARMLESS: Final = (
    _tolerated(
        "events-late",
        f"tells each event {DELAY_S:g} s late",
        "an event says when to look, not what is there",
        streams={EVENTS: _late},
    ),
    _tolerated(
        "events-twice",
        "tells each event twice",
        "a second look finds nothing to do",
        streams={EVENTS: _each_event(lambda event: [event, event])},
    ),
    _tolerated(
        "events-swapped",
        "tells each second event before the first",
        "what is decided is decided from what is there",
        streams={EVENTS: _swapped},
    ),
    _tolerated(
        "events-lost",
        "tells no event",
        "the controller looks again every 10 s",
        streams={EVENTS: _each_event(lambda _event: [])},
    ),
    _tolerated(
        "events-without-exit-code",
        "leaves the exit code out of die events",
        "how a container ended is asked of the container",
        streams={EVENTS: _each_event(_without_exit_code)},
    ),
    _tolerated(
        "list-in-another-order",
        "lists containers oldest first",
        "nobody relies on a list's order",
        answers={LIST: at_list(lambda rows: rows[::-1])},
    ),
    _tolerated(
        "list-without-filters",
        "lists everything, whatever the filter",
        "what bears not our labels is not ours",
        asks={LIST: _all_of_them},
    ),
    _tolerated(
        "slow",
        f"takes {SLOW_S:g} s longer to inspect and to list",
        "no expectation rests on an engine's speed",
        asks={INSPECT: _slowly, LIST: _slowly},
        acts=True,
    ),
    _tolerated(
        "warns",
        "warns at each creation",
        "a warning is no refusal",
        answers={CREATE: _warn},
    ),
    _tolerated(
        "news",
        "tells fields that nobody knows",
        "a newer engine tells more",
        answers={INSPECT: at_inspect(lambda body: body.update(Future={"Is": "unknown"}))},
    ),
    _tolerated(
        "output-in-crumbs",
        "gives a command's output byte by byte",
        "a stream may be cut anywhere",
        streams={EXEC_START: _in_crumbs},
    ),
)
