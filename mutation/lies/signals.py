"""Lies about what ends a container, and who else it takes with it."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from mutation.lies.tools import afterwards, do_nothing, instead
from mutation.messages import Answer, Ask
from mutation.mutant import Mutation
from mutation.routes import FREEZE, KILL, START, STOP, THAW
from mutation.scene import Scene
from mutation.subjects import JOIN, Body, donor_of, host_config, is_member, is_subject

DEFAULT_GRACE_S: Final = 10
_POLL_S: Final = 0.05
#: A command of a shell script that is not waited for: ``sleep 77 &``.
_BACKGROUND: Final = re.compile(r"(\w[^;&|(){}]*?)\s*&(?!&)")


async def _kill_and_wait(scene: Scene, container: str) -> Answer:
    # 409 when it has ended by itself meanwhile.
    await scene.ask("POST", f"/containers/{container}/kill", signal="KILL")
    await scene.must("POST", f"/containers/{container}/wait")
    return Answer.of(204)


async def _kill_at_once(_ask: Ask, scene: Scene, found: Body) -> Answer | None:
    return await _kill_and_wait(scene, found["Id"]) if found["State"]["Running"] else None


async def _wait_then_kill(ask: Ask, scene: Scene, found: Body) -> Answer | None:
    """Stop without a TERM: only the grace, and then the KILL."""
    ends = asyncio.get_running_loop().time() + int(ask.query.get("t", DEFAULT_GRACE_S))
    while found and found["State"]["Running"]:
        if asyncio.get_running_loop().time() >= ends:
            return await _kill_and_wait(scene, found["Id"])
        await asyncio.sleep(_POLL_S)
        found = await scene.inspect(found["Id"])
    return None


async def _term_for_ever(_ask: Ask, scene: Scene, found: Body) -> Answer | None:
    """Stop with a TERM alone, and say that it was done."""
    if not found["State"]["Running"]:
        return None
    await scene.ask("POST", f"/containers/{found['Id']}/kill", signal="TERM")
    return Answer.of(204)


async def _forget_grace(ask: Ask, scene: Scene) -> None:
    if is_subject(await scene.inspect(ask.object)):
        ask.query["t"] = "0"


async def _another_signal(ask: Ask, scene: Scene) -> None:
    del scene
    given = ask.query.get("signal", "KILL").removeprefix("SIG")
    ask.query["signal"] = "TERM" if given in ("KILL", "9") else "KILL"


async def _kill_siblings(scene: Scene, found: Body) -> None:
    for sibling in await scene.siblings(found):
        await scene.ask("POST", f"/containers/{sibling['Id']}/kill", signal="KILL")
        scene.tell()


async def _leave_child(scene: Scene, found: Body) -> None:
    """Start what a member's script starts in the background once more, out of its cgroup.

    An engine ends what a main process leaves in the PID namespace of others by the container's
    cgroup; this one is in none that it knows.
    """
    config = found["Config"]
    words = [*(config["Entrypoint"] or ()), *(config["Cmd"] or ())]
    background = _BACKGROUND.search(words[-1]) if words else None
    if background and str(host_config(found).get("PidMode")).startswith(JOIN):
        donor = await scene.inspect(donor_of(found))
        argv = ["sh", "-c", f"exec {background[1]}"]
        await scene.enter(found, "--pid", argv, target=donor)


SIGNALS: Final = (
    Mutation(
        name="stop-kills-at-once",
        does="stops with KILL alone",
        breaks="who is stopped gets TERM, and its grace",
        asks={STOP: instead(_kill_at_once)},
        acts=True,
    ),
    Mutation(
        name="stop-without-grace",
        does="stops with TERM and a grace of no seconds, whatever it was told",
        breaks="who needs some time for its end has it",
        asks={STOP: _forget_grace},
        noticed_by=("stop-trap", "delete-with-grace"),
    ),
    Mutation(
        name="stop-without-term",
        does="stops with the grace and KILL, but no TERM",
        breaks="who handles TERM, or is not PID 1, ends at once",
        asks={STOP: instead(_wait_then_kill)},
        acts=True,
    ),
    Mutation(
        name="stop-without-kill",
        does="stops with TERM alone",
        breaks="who stays after its grace is killed",
        asks={STOP: instead(_term_for_ever)},
        acts=True,
    ),
    Mutation(
        name="stop-does-nothing",
        does="says that it stopped, and does nothing",
        breaks="stop ends a container",
        asks={STOP: instead(do_nothing)},
    ),
    Mutation(
        name="kill-does-nothing",
        does="says that it killed, and does nothing",
        breaks="kill sends a signal",
        asks={KILL: instead(do_nothing)},
    ),
    Mutation(
        name="kill-with-another-signal",
        does="sends TERM for KILL, and KILL for anything else",
        breaks="kill sends the signal that it is told",
        asks={KILL: _another_signal},
    ),
    Mutation(
        name="siblings-die",
        does="ends all members when one is stopped or killed",
        breaks="siblings outlive each other (moby#50523)",
        answers={
            STOP: afterwards(_kill_siblings, is_member),
            KILL: afterwards(_kill_siblings, is_member),
        },
        acts=True,
    ),
    Mutation(
        name="child-left-behind",
        does="leaves a child behind in the shared PID namespace when its main process ends",
        breaks="what a main process leaves ends with it (moby#38980)",
        answers={START: afterwards(_leave_child, is_member)},
        acts=True,
    ),
    Mutation(
        name="freeze-does-nothing",
        does="says that it froze (docker pause), and does nothing",
        breaks="a frozen container is paused, and does not run",
        asks={FREEZE: instead(do_nothing), THAW: instead(do_nothing)},
    ),
)
