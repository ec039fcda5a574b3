"""What lies are made of: changes to a body, and who they are for.

Only a pod's containers are lied about. What pausedemo makes to look at the node is its eye.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from mutation.messages import Answer, Ask
from mutation.mutant import AnswerLie, AskLie
from mutation.scene import Scene
from pausedemo.core import naming

Body: TypeAlias = dict[str, Any]
Labels: TypeAlias = Mapping[str, str]
Who: TypeAlias = Callable[[Labels], bool]
#: Changes the body of a reply about one container, and nothing else.
Change: TypeAlias = Callable[[Body], None]


def is_sandbox(labels: Labels) -> bool:
    """A pod's infra container."""
    return labels.get(naming.CONTAINER_TYPE) == naming.TYPE_SANDBOX


def is_member(labels: Labels) -> bool:
    """A container of a pod, the infra container not among them."""
    return labels.get(naming.CONTAINER_TYPE) == naming.TYPE_CONTAINER


def in_pod(labels: Labels) -> bool:
    """Any container of a pod."""
    return naming.POD_UID in labels


def labels_of(container: Body) -> Labels:
    """The labels in what inspect says, or in what create was asked."""
    labels: Labels = container.get("Labels") or container.get("Config", {}).get("Labels") or {}
    return labels


def at_create(change: Change, who: Who = is_member) -> AskLie:
    """Change what the engine is asked to create; ``change`` gets the request's whole body."""

    async def lie(ask: Ask, _scene: Scene) -> None:
        body = ask.json
        if who(labels_of(body)):
            change(body)
            ask.json = body

    return lie


def at_inspect(change: Change, who: Who = in_pod) -> AnswerLie:
    """Change what inspect says of a container."""

    async def lie(_ask: Ask, answer: Answer, _scene: Scene) -> None:
        if answer.ok:
            body = answer.json
            if who(labels_of(body)):
                change(body)
                answer.json = body

    return lie


def at_list(change: Callable[[list[Body]], list[Body]]) -> AnswerLie:
    """Change the rows of a list. Rows of what is no pod's are left out, and stay as they are."""

    async def lie(_ask: Ask, answer: Answer, _scene: Scene) -> None:
        if answer.ok:
            rows = answer.json
            others = [row for row in rows if not in_pod(labels_of(row))]
            answer.json = change([row for row in rows if in_pod(labels_of(row))]) + others

    return lie


def instead(
    answer: Callable[[Ask, Scene, Body], Awaitable[Answer | None]], who: Who = in_pod
) -> AskLie:
    """Answer a request about one container in the engine's place, or, with None, do not."""

    async def lie(ask: Ask, scene: Scene) -> Answer | None:
        found = await scene.inspect(ask.object)
        return await answer(ask, scene, found) if found and who(labels_of(found)) else None

    return lie


def afterwards(do: Callable[[Scene, Body], Awaitable[None]], who: Who = in_pod) -> AnswerLie:
    """Do something more once the engine did what it was asked. It counts its own lies."""

    async def lie(ask: Ask, answer: Answer, scene: Scene) -> None:
        if answer.ok:
            found = await scene.inspect(ask.object)
            if found and who(labels_of(found)):
                await do(scene, found)

    return lie


async def do_nothing(_ask: Ask, _scene: Scene, _found: Body) -> Answer:
    """Say that it was done."""
    return Answer.of(204)


def host_config(body: Body) -> Body:
    """The part of a create's body, or an inspect's, that says how it is run."""
    config: Body = body.setdefault("HostConfig", {})
    return config


def sandbox_of(body: Body) -> str:
    """The id of the sandbox that a member was made for."""
    return labels_of(body).get(naming.SANDBOX_ID, "")
