"""What a scenario file may say: the models of its steps and of what they expect.

A step has exactly one key that names its kind, with what the kind needs below it, and beside it
``name``, ``explain``, ``as``, ``expect`` and ``within_s``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Discriminator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, Tag

from pausedemo.core.complaints import Words
from pausedemo.core.patterns import ContainerRows, Match, NamespaceGroups, ProcessRows, SocketRows
from pausedemo.core.validation import StrictModel

#: The infra container's name in a pod, as dockershim has it.
POD: Final = "POD"

#: Enough for any scenario a person reads; each is compared with those before it.
MOST_STEPS: Final = 500
MOST_PODS: Final = 20

Seconds: TypeAlias = Annotated[
    StrictInt | StrictFloat,
    Field(gt=0, le=3600),
    Words("a number of seconds, more than 0 and at most 3600"),
]
Text: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
Identifier: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^[a-z0-9][a-z0-9-]*$"),
    Words("lower-case letters, digits and '-', such as my-name"),
]
AbsolutePath: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^/[^\x00]*[^/\x00]$"),
    Words("the absolute path of a file, such as /etc/hosts"),
]
UrlPath: TypeAlias = Annotated[
    StrictStr, Field(pattern="^/[!-~]*$"), Words("the path of a URL, such as /index.html")
]
Signal: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^(SIG)?[A-Z]+[A-Z0-9+-]*$"),
    Words("the name of a signal, such as TERM"),
]
Port: TypeAlias = Annotated[
    StrictInt, Field(ge=1, le=65535), Words("a port number from 1 to 65535")
]
Grace: TypeAlias = Annotated[
    StrictInt, Field(ge=0, le=3600), Words("a whole number of seconds from 0 to 3600")
]
State: TypeAlias = Annotated[
    StrictStr,
    Field(pattern="^(created|running|exited)$"),
    Words("created, running or exited"),
]


class Action(StrictModel):
    """What a step does, and to which pod; the pod may be left out where there is only one."""

    pod: Text | None = None


class InContainer(Action):
    """What a step does to one container of a pod."""

    container: Text


class Apply(Action):
    """Create a pod and wait until all its containers run."""

    timeout_s: Seconds = 60


class Exec(InContainer):
    """Run a command in a container."""

    command: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    user: Text | None = None
    timeout_s: Seconds = 20


class Http(Action):
    """Ask the pod's address, from the node."""

    path: UrlPath = "/"
    port: Port = 80
    timeout_s: Seconds = 10


class Write(InContainer):
    """Write a file into a container."""

    path: AbsolutePath
    content: StrictStr


class Stop(InContainer):
    """TERM, and KILL after the grace."""

    grace_s: Grace = 10


class Kill(InContainer):
    """Send a signal to the main process."""

    signal: Signal = "KILL"


class Start(InContainer):
    """Start a container that has ended."""


class Wait(InContainer):
    """Wait until a container is in a state."""

    state: State
    timeout_s: Seconds = 30


class PodRowOf(Action):
    """Look at the pod as ``kubectl get pod -o wide`` shows it."""


class Inspect(InContainer):
    """Look at one container as the engine sees it."""


class Containers(Action):
    """Look at the pod's containers as ``docker ps`` lists them."""

    all: StrictBool = False


class Namespaces(Action):
    """Look at which namespaces containers are in, on the node, by inode."""

    containers: Annotated[tuple[Text, ...], Field(min_length=1)]


class ExecExpect(StrictModel):
    """What a command did. ``ps`` and ``netstat`` read its whole stdout as such a table."""

    exit_code: Match = 0
    stdout: Match = None
    stderr: Match = None
    ps: ProcessRows | None = None
    netstat: SocketRows | None = None


class HttpExpect(StrictModel):
    """What came back. ``title`` is the page's, null when it has none."""

    status: Match = 200
    title: Match = None
    text: Match = None


class PodExpect(StrictModel):
    """The pod's row. ``ready`` as ``3/3``; ``age_s`` in seconds; ``attempt`` of the sandbox."""

    ready: Match = None
    status: Match = None
    restarts: Match = None
    age_s: Match = None
    ip: Match = None
    uid: Match = None
    attempt: Match = None


class ContainerExpect(StrictModel):
    """One container as inspected."""

    state: Match = None
    exit_code: Match = None
    error: Match = None
    ip: Match = None
    network_mode: Match = None
    ipc_mode: Match = None
    pid_mode: Match = None


class ContainersExpect(StrictModel):
    """The pod's containers as listed."""

    containers: ContainerRows


class NamespacesExpect(StrictModel):
    """Who shares which namespace."""

    namespaces: NamespaceGroups


class Step(StrictModel):
    """What every step may have beside its kind."""

    kind: ClassVar[str]

    name: Text | None = None
    explain: StrictStr = ""

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


class ObservingStep(Step):
    """A step that sees facts. With ``within_s`` it looks again until they are as expected."""

    label: Annotated[Identifier | None, Field(alias="as")] = None
    within_s: Seconds | None = None

    @property
    def expectation(self) -> StrictModel | None:
        """What must be seen; None when it is only shown."""
        expectation: StrictModel | None = getattr(self, "expect", None)
        return expectation


class ApplyStep(Step):
    """See ``Apply``."""

    kind = "apply"
    apply: Apply


class WriteStep(Step):
    """See ``Write``."""

    kind = "write"
    write: Write


class StopStep(Step):
    """See ``Stop``."""

    kind = "stop"
    stop: Stop


class KillStep(Step):
    """See ``Kill``."""

    kind = "kill"
    kill: Kill


class StartStep(Step):
    """See ``Start``."""

    kind = "start"
    start: Start


class WaitStep(Step):
    """See ``Wait``."""

    kind = "wait"
    wait: Wait
    expect: ContainerExpect = ContainerExpect()


class ExecStep(ObservingStep):
    """See ``Exec``."""

    kind = "exec"
    exec: Exec
    expect: ExecExpect = ExecExpect()


class HttpStep(ObservingStep):
    """See ``Http``."""

    kind = "http"
    http: Http
    expect: HttpExpect = HttpExpect()


class PodStep(ObservingStep):
    """See ``PodRowOf``."""

    kind = "pod"
    pod: PodRowOf
    expect: PodExpect


class InspectStep(ObservingStep):
    """See ``Inspect``."""

    kind = "inspect"
    inspect: Inspect
    expect: ContainerExpect


class ContainersStep(ObservingStep):
    """See ``Containers``."""

    kind = "containers"
    containers: Containers
    expect: ContainersExpect


class NamespacesStep(ObservingStep):
    """See ``Namespaces``."""

    kind = "namespaces"
    namespaces: Namespaces
    expect: NamespacesExpect

    @property
    def kinds(self) -> list[str]:
        """The kinds of namespace that are looked at: those of which something is expected."""
        groups = self.expect.namespaces
        return sorted({*groups.shared, *groups.separate})


STEPS: Final[Mapping[str, type[Step]]] = {
    step.kind: step
    for step in (
        ApplyStep,
        ExecStep,
        HttpStep,
        WriteStep,
        StopStep,
        KillStep,
        StartStep,
        WaitStep,
        PodStep,
        InspectStep,
        ContainersStep,
        NamespacesStep,
    )
}


def _kind_of_step(value: object) -> str | None:
    if isinstance(value, Step):
        return value.kind
    kinds = [key for key in value if key in STEPS] if isinstance(value, Mapping) else []
    return kinds[0] if len(kinds) == 1 else None


AnyStep: TypeAlias = Annotated[
    Annotated[ApplyStep, Tag("apply")]
    | Annotated[ExecStep, Tag("exec")]
    | Annotated[HttpStep, Tag("http")]
    | Annotated[WriteStep, Tag("write")]
    | Annotated[StopStep, Tag("stop")]
    | Annotated[KillStep, Tag("kill")]
    | Annotated[StartStep, Tag("start")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[PodStep, Tag("pod")]
    | Annotated[InspectStep, Tag("inspect")]
    | Annotated[ContainersStep, Tag("containers")]
    | Annotated[NamespacesStep, Tag("namespaces")],
    Discriminator(_kind_of_step),
]


class PodEntry(StrictModel):
    """A pod of the scenario. With ``kubelet`` a controller keeps it alive once it is applied.

    ``manifest`` is a path beside the scenario file.
    """

    manifest: Text
    kubelet: StrictBool = False


class ScenarioFile(StrictModel):
    """A scenario as it is written."""

    name: Identifier
    title: Text
    explain: StrictStr = ""
    tags: tuple[Identifier, ...] = ()
    pods: Annotated[Mapping[Identifier, PodEntry], Field(min_length=1, max_length=MOST_PODS)]
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1, max_length=MOST_STEPS)]
