"""What a step does: the value of the key that names its kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, StrictStr

from pausedemo.core.files.validation import StrictModel
from pausedemo.scenario.words import (
    AbsolutePath,
    Argument,
    Grace,
    Port,
    Seconds,
    Signal,
    State,
    Text,
    UrlPath,
)


class Action(StrictModel):
    """What a step does, and to which pod.

    The pod may be left out where there is only one, and must be where the step is about a
    container that the scenario has outside of pods.
    """

    pod: Text | None = None


class InContainer(Action):
    """What a step does to one container."""

    container: Text


class Apply(Action):
    """Create a pod, and wait until all its containers were started, unless ``wait`` is false."""

    wait: StrictBool = True
    timeout_s: Seconds = 60


class Delete(Action):
    """End a pod, with its own grace or another, and wait until nothing is left of it."""

    grace_s: Grace | None = None
    timeout_s: Seconds = 60


class Run(Action):
    """Create and start containers outside of pods, one after another."""

    containers: Annotated[tuple[Text, ...], Field(min_length=1)]


class Create(InContainer):
    """Create a container outside of pods, and do not start it."""


class Exec(InContainer):
    """Run a command in a container. With ``detach`` nobody waits for its end."""

    command: Annotated[tuple[Argument, ...], Field(min_length=1)]
    user: Text | None = None
    detach: StrictBool = False
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
    """Start a container that was created, or has ended."""


class Restart(InContainer):
    """Stop a container and start it again."""

    grace_s: Grace = 10


class Pause(InContainer):
    """Freeze all processes of a container."""


class Unpause(InContainer):
    """Let the processes of a frozen container go on."""


class Remove(InContainer):
    """Remove a container; with ``force`` also one that runs."""

    force: StrictBool = False


class Wait(InContainer):
    """Wait until a container is in a state."""

    state: State
    timeout_s: Seconds = 30


class PodRowOf(Action):
    """Look at the pod as ``kubectl get pod -o wide`` shows it."""


class Events(Action):
    """Look at what the kubelet has told of the pod, as ``kubectl events`` does."""


class Inspect(InContainer):
    """Look at one container as the engine sees it."""


class Logs(InContainer):
    """Look at what a container's main process has written."""


class Top(InContainer):
    """Look at a container's processes from outside, as ``docker top`` does."""


class Containers(Action):
    """Look at the pod's containers as ``docker ps`` lists them."""

    all: StrictBool = False


class Namespaces(Action):
    """Look at which namespaces containers are in, on the node, by inode.

    ``NODE`` among the containers stands for the machine itself.
    """

    containers: Annotated[tuple[Text, ...], Field(min_length=1)]
