"""The kinds of step that a scenario may have.

A step has exactly one key that names its kind, with what the kind needs below it, and beside it
``name``, ``explain``, ``as``, ``expect``, ``differs`` and ``within_s``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Generic, TypeAlias, TypeVar, get_args

from pydantic import Discriminator, Field, StrictStr, Tag

from pausedemo.core.files.validation import StrictModel
from pausedemo.core.verdicts.selectors import Selector
from pausedemo.scenario import actions, expectations
from pausedemo.scenario.actions import Action
from pausedemo.scenario.words import Identifier, Seconds, Text

_Expect_co = TypeVar("_Expect_co", bound=StrictModel, covariant=True)


class Outcome(StrictModel, Generic[_Expect_co]):
    """Why an engine differs at a step, and what must be seen there instead."""

    why: Text
    expect: _Expect_co


def _kind_of_difference(value: object) -> str:
    return "outcome" if isinstance(value, (Mapping, Outcome)) else "why"


class Step(StrictModel):
    """What every step may have beside its kind. With ``as`` later steps can refer to its facts."""

    kind: ClassVar[str]

    name: Text | None = None
    explain: StrictStr = ""
    label: Annotated[Identifier | None, Field(alias="as")] = None

    @property
    def action(self) -> Action:
        """What the step does: the value of the key that names its kind."""
        action: Action = getattr(self, self.kind)
        return action

    @property
    def title(self) -> str:
        """The step's name, or its kind and container where it has none."""
        container = getattr(self.action, "container", "")
        return self.name or f"{self.kind} {container}".strip()


class JudgedStep(Step, Generic[_Expect_co]):
    """A step that expects something.

    ``differs`` has, by engine, why it is not so there; with what is expected instead, or alone.
    """

    expect: _Expect_co
    differs: Mapping[
        Selector,
        Annotated[
            Annotated[Outcome[_Expect_co], Tag("outcome")] | Annotated[Text, Tag("why")],
            Discriminator(_kind_of_difference),
        ],
    ] = Field(default_factory=dict)

    @property
    def expectation(self) -> _Expect_co | None:
        """What must be seen; None when nothing can be."""
        return self.expect

    @property
    def all_expectations(self) -> Iterator[_Expect_co]:
        """What must be seen, here or on an engine that differs."""
        if self.expectation is not None:
            yield self.expectation
        for difference in self.differs.values():
            if isinstance(difference, Outcome):
                yield difference.expect


class ActingStep(JudgedStep[expectations.ActionExpect]):
    """A step that changes something. When it fails, those after it are not done."""

    expect: expectations.ActionExpect = expectations.ActionExpect()


class ObservingStep(JudgedStep[_Expect_co], Generic[_Expect_co]):
    """A step that sees facts. With ``within_s`` it looks again until they are as expected."""

    within_s: Seconds | None = None


class ApplyStep(ActingStep):
    """See ``Apply``."""

    kind = "apply"
    apply: actions.Apply


class DeleteStep(ActingStep):
    """See ``Delete``."""

    kind = "delete"
    delete: actions.Delete


class RunStep(ActingStep):
    """See ``Run``."""

    kind = "run"
    run: actions.Run


class CreateStep(ActingStep):
    """See ``Create``."""

    kind = "create"
    create: actions.Create


class StartStep(ActingStep):
    """See ``Start``."""

    kind = "start"
    start: actions.Start


class WriteStep(ActingStep):
    """See ``Write``."""

    kind = "write"
    write: actions.Write


class StopStep(ActingStep):
    """See ``Stop``."""

    kind = "stop"
    stop: actions.Stop


class KillStep(ActingStep):
    """See ``Kill``."""

    kind = "kill"
    kill: actions.Kill


class RestartStep(ActingStep):
    """See ``Restart``."""

    kind = "restart"
    restart: actions.Restart


class PauseStep(ActingStep):
    """See ``Pause``."""

    kind = "pause"
    pause: actions.Pause


class UnpauseStep(ActingStep):
    """See ``Unpause``."""

    kind = "unpause"
    unpause: actions.Unpause


class RemoveStep(ActingStep):
    """See ``Remove``."""

    kind = "remove"
    remove: actions.Remove


class WaitStep(JudgedStep[expectations.ContainerExpect]):
    """See ``Wait``."""

    kind = "wait"
    wait: actions.Wait
    expect: expectations.ContainerExpect = expectations.ContainerExpect()


class ExecStep(ObservingStep[expectations.ExecExpect]):
    """See ``Exec``."""

    kind = "exec"
    exec: actions.Exec
    expect: expectations.ExecExpect = expectations.ExecExpect()

    @property
    def expectation(self) -> expectations.ExecExpect | None:
        """What must be seen; nothing of a command that nobody waits for."""
        return None if self.exec.detach else self.expect


class HttpStep(ObservingStep[expectations.HttpExpect]):
    """See ``Http``."""

    kind = "http"
    http: actions.Http
    expect: expectations.HttpExpect = expectations.HttpExpect()


class PodStep(ObservingStep[expectations.PodExpect]):
    """See ``PodRowOf``."""

    kind = "pod"
    pod: actions.PodRowOf


class EventsStep(ObservingStep[expectations.EventsExpect]):
    """See ``Events``."""

    kind = "events"
    events: actions.Events


class InspectStep(ObservingStep[expectations.ContainerExpect]):
    """See ``Inspect``."""

    kind = "inspect"
    inspect: actions.Inspect

    @property
    def wanted(self) -> list[str]:
        """The facts that are looked at: those of which something is expected, and the state."""
        wanted = {"state"}.union(*(one.model_fields_set for one in self.all_expectations))
        return [name for name in expectations.ContainerExpect.model_fields if name in wanted]


class LogsStep(ObservingStep[expectations.LogsExpect]):
    """See ``Logs``."""

    kind = "logs"
    logs: actions.Logs


class TopStep(ObservingStep[expectations.TopExpect]):
    """See ``Top``."""

    kind = "top"
    top: actions.Top


class ContainersStep(ObservingStep[expectations.ContainersExpect]):
    """See ``Containers``."""

    kind = "containers"
    containers: actions.Containers


class NamespacesStep(ObservingStep[expectations.NamespacesExpect]):
    """See ``Namespaces``."""

    kind = "namespaces"
    namespaces: actions.Namespaces

    @property
    def kinds(self) -> list[str]:
        """The kinds of namespace that are looked at: those of which something is expected."""
        kinds: set[str] = set()
        for expectation in self.all_expectations:
            groups = expectation.namespaces
            kinds |= {*groups.shared, *groups.separate}
        return sorted(kinds)


def _kind_of_step(value: object) -> str | None:
    if isinstance(value, Step):
        return value.kind
    kinds = [key for key in value if key in STEP_KINDS] if isinstance(value, Mapping) else []
    return kinds[0] if len(kinds) == 1 else None


AnyStep: TypeAlias = Annotated[
    Annotated[ApplyStep, Tag("apply")]
    | Annotated[DeleteStep, Tag("delete")]
    | Annotated[RunStep, Tag("run")]
    | Annotated[CreateStep, Tag("create")]
    | Annotated[StartStep, Tag("start")]
    | Annotated[ExecStep, Tag("exec")]
    | Annotated[HttpStep, Tag("http")]
    | Annotated[WriteStep, Tag("write")]
    | Annotated[StopStep, Tag("stop")]
    | Annotated[KillStep, Tag("kill")]
    | Annotated[RestartStep, Tag("restart")]
    | Annotated[PauseStep, Tag("pause")]
    | Annotated[UnpauseStep, Tag("unpause")]
    | Annotated[RemoveStep, Tag("remove")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[PodStep, Tag("pod")]
    | Annotated[EventsStep, Tag("events")]
    | Annotated[InspectStep, Tag("inspect")]
    | Annotated[LogsStep, Tag("logs")]
    | Annotated[TopStep, Tag("top")]
    | Annotated[ContainersStep, Tag("containers")]
    | Annotated[NamespacesStep, Tag("namespaces")],
    Discriminator(_kind_of_step),
]

#: The words that name a kind of step, in the order of the list above.
STEP_KINDS: Final[tuple[str, ...]] = tuple(
    tag.tag for choice in get_args(get_args(AnyStep)[0]) for tag in get_args(choice)[1:]
)
