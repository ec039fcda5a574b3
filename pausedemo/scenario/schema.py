"""What a scenario file may say: its pods, its containers, its steps (kinds.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, StrictBool, StrictStr

from pausedemo.core.files.validation import StrictModel
from pausedemo.core.verdicts.selectors import Selector
from pausedemo.scenario.kinds import AnyStep
from pausedemo.scenario.words import (
    Argument,
    Identifier,
    Link,
    Mode,
    Port,
    RestartMode,
    Text,
    Version,
)

#: Enough for any scenario a person reads; each is compared with those before it.
MOST_STEPS: Final = 500
MOST_PODS: Final = 20
MOST_CONTAINERS: Final = 20
#: Before the name of the container that is joined.
JOIN: Final = "container:"


class PodEntry(StrictModel):
    """A pod of the scenario. With ``kubelet`` a controller keeps it alive once it is applied.

    ``manifest`` is a path beside the scenario file. ``kubernetes`` is the version whose rules
    hold for this pod; the run's own where it is not given.
    """

    manifest: Text
    kubelet: StrictBool = False
    kubernetes: Version | None = None


class ContainerEntry(StrictModel):
    """A container outside of pods, in the words of ``docker run``.

    ``container:NAME`` in a mode means another container of the scenario. ``publish`` are ports
    of the container, each published on a port that the engine chooses. What is left out is the
    image's or the engine's choice.
    """

    image: Text
    entrypoint: Annotated[tuple[Argument, ...], Field(min_length=1)] | None = None
    command: tuple[Argument, ...] | None = None
    env: Mapping[Text, Argument] = Field(default_factory=dict)
    workdir: Text | None = None
    user: Text | None = None
    hostname: Text | None = None
    network: Mode | None = None
    ipc: Mode | None = None
    pid: Mode | None = None
    publish: tuple[Port, ...] = ()
    init: StrictBool | None = None
    restart: RestartMode = "no"

    @property
    def joined(self) -> dict[str, str]:
        """By key: the container whose namespace it joins."""
        modes = {"network": self.network, "ipc": self.ipc, "pid": self.pid}
        return {
            key: mode.removeprefix(JOIN)
            for key, mode in modes.items()
            if mode is not None and mode.startswith(JOIN)
        }


class ScenarioFile(StrictModel):
    """A scenario as it is written.

    ``source`` are links to what it rests on. ``engines``: it applies to these only, where it
    cannot mean anything on others.
    """

    name: Identifier
    title: Text
    explain: StrictStr = ""
    source: tuple[Link, ...] = ()
    tags: tuple[Identifier, ...] = ()
    engines: tuple[Selector, ...] = ()
    pods: Annotated[Mapping[Identifier, PodEntry], Field(max_length=MOST_PODS)] = Field(
        default_factory=dict
    )
    containers: Annotated[
        Mapping[Identifier, ContainerEntry], Field(max_length=MOST_CONTAINERS)
    ] = Field(default_factory=dict)
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1, max_length=MOST_STEPS)]
