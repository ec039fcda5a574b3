"""What lies are made of: a change to a body, and whom it is for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from mutation.messages import Answer, Ask
from mutation.mutant import AnswerLie, AskLie
from mutation.scene import Scene
from mutation.subjects import Body, is_member, is_subject

Who: TypeAlias = Callable[[Body], bool]
Change: TypeAlias = Callable[[Body], None]


def creating(
    do: Callable[[Ask, Scene, Body], Awaitable[Answer | None]], who: Who = is_member
) -> AskLie:
    """Do something about a creation; what is asked for is changed by assigning ``ask.json``."""

    async def lie(ask: Ask, scene: Scene) -> Answer | None:
        body = ask.json
        about = who({**body, "Name": ask.query.get("name", "")})
        return await do(ask, scene, body) if about else None

    return lie


def at_create(change: Change, who: Who = is_member) -> AskLie:
    """Change what the engine is asked to create; ``change`` gets the request's whole body."""

    async def do(ask: Ask, _scene: Scene, body: Body) -> None:
        change(body)
        ask.json = body

    return creating(do, who)


def at_inspect(change: Change, who: Who = is_subject) -> AnswerLie:
    """Change what inspect says of a container."""

    async def lie(_ask: Ask, answer: Answer, _scene: Scene) -> None:
        if answer.ok:
            body = answer.json
            if who(body):
                change(body)
                answer.json = body

    return lie


def at_list(change: Callable[[list[Body]], list[Body]]) -> AnswerLie:
    """Change the rows of a list. Rows of what is not lied about come after them as they are."""

    async def lie(_ask: Ask, answer: Answer, _scene: Scene) -> None:
        if answer.ok:
            rows = answer.json
            others = [row for row in rows if not is_subject(row)]
            answer.json = change([row for row in rows if is_subject(row)]) + others

    return lie


def instead(
    reply: Callable[[Ask, Scene, Body], Awaitable[Answer | None]], who: Who = is_subject
) -> AskLie:
    """Answer a request about one container in the engine's place, or, with None, do not."""

    async def lie(ask: Ask, scene: Scene) -> Answer | None:
        found = await scene.inspect(ask.object)
        return await reply(ask, scene, found) if found and who(found) else None

    return lie


def afterwards(do: Callable[[Scene, Body], Awaitable[None]], who: Who = is_subject) -> AnswerLie:
    """Do something more once the engine did what it was asked. It counts its own lies."""

    async def lie(ask: Ask, answer: Answer, scene: Scene) -> None:
        if answer.ok:
            found = await scene.inspect(ask.object)
            if found and who(found):
                await do(scene, found)

    return lie


async def do_nothing(_ask: Ask, _scene: Scene, _found: Body) -> Answer:
    """Say that it was done."""
    return Answer.of(204)
