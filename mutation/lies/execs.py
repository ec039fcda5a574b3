"""Lies about commands that are run in containers, and files that are put there."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable
from typing import Final

from mutation.messages import Answer, Ask
from mutation.mutant import AnswerLie, Mutation, StreamLie
from mutation.routes import EXEC_CREATE, EXEC_INSPECT, EXEC_START, PUT_FILES
from mutation.scene import Scene
from mutation.subjects import is_member, is_subject

_HEADER: Final = struct.Struct(">BxxxL")
Frames = list[tuple[int, bytes]]


def _rewrite_output(change: Callable[[Frames], Frames]) -> StreamLie:
    """Change what a command printed, once it has printed all."""

    async def lie(ask: Ask, pieces: AsyncIterator[bytes], scene: Scene) -> AsyncIterator[bytes]:
        whole = b"".join([piece async for piece in pieces])
        if not await _is_in_subject(ask, scene):
            yield whole
            return
        frames = parse_frames(whole)
        changed = change(frames)
        if changed != frames:
            scene.tell()
        yield b"".join(_HEADER.pack(stream, len(text)) + text for stream, text in changed)

    return lie


def parse_frames(whole: bytes) -> Frames:
    """Cut a raw stream into (stream, payload)."""
    frames: Frames = []
    at = 0
    while at < len(whole):
        stream, length = _HEADER.unpack_from(whole, at)
        at += _HEADER.size + length
        frames.append((stream, whole[at - length : at]))
    return frames


def _halve(frames: Frames) -> Frames:
    """The first half of all that came on stdout."""
    left = sum(len(text) for stream, text in frames if stream == 1) // 2
    kept: Frames = []
    for stream, text in frames:
        shown = text if stream != 1 else text[:left]
        left -= len(shown) if stream == 1 else 0
        if shown:
            kept.append((stream, shown))
    return kept


def _exit_code(value: int) -> AnswerLie:
    async def lie(ask: Ask, answer: Answer, scene: Scene) -> None:
        if answer.ok and await _is_in_subject(ask, scene):
            body = answer.json
            if not body["Running"]:
                answer.json = {**body, "ExitCode": value}

    return lie


async def _is_in_subject(ask: Ask, scene: Scene) -> bool:
    """Whether an exec is in a container that is lied about."""
    about = await scene.must("GET", f"/exec/{ask.object}/json")
    return is_subject(await scene.inspect(about["ContainerID"]))


async def _elsewhere(ask: Ask, scene: Scene) -> None:
    """Send an exec to the oldest other member of the pod."""
    found = await scene.inspect(ask.object)
    for sibling in await scene.siblings(found) if is_member(found) else []:
        ask.path = f"/containers/{sibling['Id']}/exec"


async def _do_nothing(ask: Ask, scene: Scene) -> None:
    """Run another command in its place, which ends well and does nothing."""
    if is_subject(await scene.inspect(ask.object)):
        ask.json = {**ask.json, "Cmd": ["true"]}


async def _as_root(ask: Ask, _scene: Scene) -> None:
    if ask.json.get("User"):
        ask.json = {**ask.json, "User": "0:0"}


async def _say_written(_ask: Ask, _scene: Scene) -> Answer:
    return Answer.of(200)


EXECS: Final = (
    Mutation(
        name="exec-in-another",
        does="runs a command in another member of the pod",
        breaks="exec runs in the container that it is told",
        asks={EXEC_CREATE: _elsewhere},
    ),
    Mutation(
        name="exec-does-nothing",
        does="says that it ran a command, and does not",
        breaks="commands, hooks and probes do what they say",
        asks={EXEC_CREATE: _do_nothing},
        noticed_by=("pre-stop", "probe-liveness"),
    ),
    Mutation(
        name="exec-as-root",
        does="runs every command as root",
        breaks="exec runs as the user that it is told",
        asks={EXEC_CREATE: _as_root},
    ),
    Mutation(
        name="exec-exit-code-0",
        does="says 0 for every command",
        breaks="a command that failed says so",
        answers={EXEC_INSPECT: _exit_code(0)},
    ),
    Mutation(
        name="exec-exit-code-1",
        does="says 1 for every command",
        breaks="a command that succeeded says 0",
        answers={EXEC_INSPECT: _exit_code(1)},
    ),
    Mutation(
        name="output-lost",
        does="loses what a command printed (docker-py#3332)",
        breaks="output comes whole",
        streams={EXEC_START: _rewrite_output(lambda _frames: [])},
    ),
    Mutation(
        name="output-halved",
        does="loses the second half of what a command printed",
        breaks="output comes whole",
        streams={EXEC_START: _rewrite_output(_halve)},
    ),
    Mutation(
        name="output-doubled",
        does="gives all output twice",
        breaks="output comes once",
        streams={EXEC_START: _rewrite_output(lambda frames: frames * 2)},
    ),
    Mutation(
        name="streams-mixed",
        does="gives stderr as stdout",
        breaks="stdout and stderr are apart",
        streams={EXEC_START: _rewrite_output(lambda frames: [(1, text) for _, text in frames])},
    ),
    Mutation(
        name="file-not-written",
        does="says that it wrote a file, and does not",
        breaks="a file that was put into a container is there",
        asks={PUT_FILES: _say_written},
    ),
)
