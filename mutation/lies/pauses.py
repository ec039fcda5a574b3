"""Lies of the program that holds a pod: pause images that do less, and engines that do more."""

from __future__ import annotations

from typing import Final

from mutation.bad_pause import BadPause
from mutation.lies.tools import at_create, creating
from mutation.messages import Ask
from mutation.mutant import AskLie, Mutation
from mutation.routes import CREATE
from mutation.scene import Scene
from mutation.subjects import Body, host_config, is_subject


def _with_pause(bad: BadPause) -> AskLie:
    async def do(ask: Ask, scene: Scene, body: Body) -> None:
        if await scene.runs_pause(body["Image"]):
            await scene.load_image(bad.reference, bad.archive)
            ask.json = {**body, "Image": bad.reference}

    return creating(do, is_subject)


def _is_no_pause(body: Body) -> bool:
    """With an entrypoint or a command of its own: pause's image has its own."""
    return is_subject(body) and bool(body.get("Entrypoint") or body.get("Cmd"))


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
        asks={CREATE: at_create(_with_init, _is_no_pause)},
    ),
)
