"""An engine that does not lie, and notes which lies it could have told.

Until a mutation's first lie a scenario goes as without it. So one that would not be told in a
scenario played true is not told when it is played false, and need not be played at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from mutation.messages import Answer, Ask
from mutation.mutant import AnswerLie, AskLie, Fate, Mutation
from mutation.scene import Scene

#: Where in a scene's memory the names of the mutations stand.
COULD: Final = "could be told"


def rehearse(mutations: Iterable[Mutation]) -> Mutation:
    """A mutation that tells no lie, but tries those of the others on copies of the messages."""
    told = tuple(mutations)
    asks = {route: _try_asks(route, told) for m in told for route in m.asks}
    answers = {route: _try_answers(route, told) for m in told for route in m.answers}
    streams = {route for m in told for route in m.streams}
    for route in streams - asks.keys():
        asks[route] = _try_asks(route, told)
    return Mutation(
        name="truth",
        does="tells the truth",
        breaks="nothing",
        fate=Fate.TOLERATED,
        asks=asks,
        answers=answers,
    )


def _note(scene: Scene, mutation: Mutation) -> None:
    scene.memory.setdefault(COULD, set()).add(mutation.name)


def _try_asks(route: str, mutations: tuple[Mutation, ...]) -> AskLie:
    async def attempt(ask: Ask, scene: Scene) -> None:
        for mutation in mutations:
            if route in mutation.streams or (mutation.acts and route in mutation.asks):
                _note(scene, mutation)
            elif route in mutation.asks:
                copy = replace(ask, headers=list(ask.headers), query=dict(ask.query))
                answer = await mutation.asks[route](copy, scene)
                if answer is not None or copy.content != ask.content:
                    _note(scene, mutation)

    return attempt


def _try_answers(route: str, mutations: tuple[Mutation, ...]) -> AnswerLie:
    async def attempt(ask: Ask, answer: Answer, scene: Scene) -> None:
        for mutation in mutations:
            if route not in mutation.answers:
                continue
            if mutation.acts:
                _note(scene, mutation)
                continue
            copy = replace(answer, headers=list(answer.headers))
            await mutation.answers[route](ask, copy, scene)
            if copy.content != answer.content:
                _note(scene, mutation)

    return attempt
