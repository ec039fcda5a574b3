"""What all performers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from pausedemo.core.verdicts.results import Json
from pausedemo.errors import NotFound
from pausedemo.scenario.kinds import Step
from pausedemo.scenario.stage import Stage


@dataclass(frozen=True, slots=True)
class Observation:
    """What a step saw: the text a person would have seen, and the facts in it."""

    output: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


class Performer(Protocol):
    """One step, ready to be done."""

    def command(self) -> str:
        """What a person could type for it, names of the moment included."""
        ...

    def perform(self) -> Observation:
        """Do it once, or look once."""
        ...


_Step = TypeVar("_Step", bound=Step)


@dataclass(frozen=True, slots=True)
class OnStage(Generic[_Step]):
    """A step about a pod of a stage; about its containers outside of pods where ``pod`` is ""."""

    step: _Step
    stage: Stage
    pod: str

    def name_of(self, container: str) -> str:
        """The container's name on the engine; before it exists, the name it has in the file."""
        try:
            return self.stage.find(self.pod, container).name
        except NotFound:
            return container
