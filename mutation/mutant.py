"""What a mutation is: a name, what it breaks, and the lies that it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mutation.messages import Answer, Ask
from mutation.scene import Scene

#: Rewrites a request before the engine sees it; or answers it, and the engine never does.
AskLie: TypeAlias = Callable[[Ask, Scene], Awaitable[Answer | None]]
#: Rewrites the engine's reply to a request, read whole.
AnswerLie: TypeAlias = Callable[[Ask, Answer, Scene], Awaitable[None]]
#: Rewrites a reply's body while it comes, piece by piece.
StreamLie: TypeAlias = Callable[[Ask, AsyncIterator[bytes], Scene], AsyncIterator[bytes]]


class Fate(StrEnum):
    """What becomes of a mutation when the suite is as it should be."""

    CAUGHT = "caught"
    #: A pod needs nothing of what it breaks, and pausedemo has to bear it: the suite must pass.
    TOLERATED = "tolerated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way for an engine to be wrong. Lies are found by the route of their request.

    ``does`` says what the engine does; ``breaks`` which behaviour, or for a tolerated one why it
    does no harm. ``noticed_by`` names scenarios that are to fail; they are played first.
    ``acts``: its lies do more than to rewrite a request or a reply, so that they cannot be tried
    without being told.
    """

    name: str
    does: str
    breaks: str
    fate: Fate = Fate.CAUGHT
    asks: Mapping[str, AskLie] = field(default_factory=dict)
    answers: Mapping[str, AnswerLie] = field(default_factory=dict)
    streams: Mapping[str, StreamLie] = field(default_factory=dict)
    noticed_by: tuple[str, ...] = ()
    acts: bool = False


#: The engine as it is.
TRUTH = Mutation(name="truth", does="nothing", breaks="nothing", fate=Fate.TOLERATED)
