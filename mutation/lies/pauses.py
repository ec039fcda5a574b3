"""Lies of the program that holds a pod: pause images that do less, and engines that do more."""

from __future__ import annotations

from typing import Final

from mutation.bad_pause import BadPause
from mutation.lies.tools import Body, at_create, host_config, is_member, is_sandbox, labels_of
from mutation.messages import Ask
from mutation.mutant import AskLie, Mutation
from mutation.routes import CREATE
from mutation.scene import Scene


def _with_pause(bad: BadPause) -> AskLie:
    async def lie(ask: Ask, scene: Scene) -> None:
        body = ask.json
        if is_sandbox(labels_of(body)):
            body["Image"] = await scene.load_image(bad.reference, bad.archive)
            ask.json = body

    return lie


def _with_init(body: Body) -> None:
    config = host_config(body)
    # An engine has no say in who is PID 1 of a namespace that is joined.
    if not config.get("PidMode"):
        config["Init"] = True


PAUSES: Final = (
    Mutation(
        name="pause-keeps-zombies",
        does="runs a pause that does not reap, as before Kubernetes' pause 3.1",
        breaks="orphans that end under pause leave no zombie (kubernetes#50865)",
        asks={CREATE: _with_pause(BadPause.KEEPS_ZOMBIES)},
    ),
    Mutation(
        name="pause-ignores-term",
        does="runs a pause that goes on at TERM",
        breaks="pause ends at once when it is stopped",
        asks={CREATE: _with_pause(BadPause.IGNORES_TERM)},
    ),
    Mutation(
        name="pause-fails-at-term",
        does="runs a pause that exits with 1 at TERM",
        breaks="pause exits with 0 when it is stopped",
        asks={CREATE: _with_pause(BadPause.FAILS_AT_TERM)},
    ),
    Mutation(
        name="init-for-everyone",
        does="puts an init that reaps before each main process (--init)",
        breaks="a main process is PID 1, and a PID 1 that does not reap keeps zombies",
        asks={CREATE: at_create(_with_init, is_member)},
    ),
)
