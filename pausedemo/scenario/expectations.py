"""What a step expects to see: for each kind, the facts that it gives.

Everything is written out: a value means equal, a mapping holds operators (core/patterns.py).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from pausedemo.core.files.validation import StrictModel
from pausedemo.core.verdicts.patterns import (
    ContainerRows,
    EventRows,
    Match,
    NamespaceGroups,
    ProcessRows,
    SocketRows,
)

_LARGEST_EXIT_CODE: Final = 255


def _check_exit_code(wanted: object) -> object:
    # wait(2) gives eight bits of it. What operators compare with may be beyond them.
    if isinstance(wanted, int | float) and not 0 <= wanted <= _LARGEST_EXIT_CODE:
        raise ValueError(
            f"an exit code is from 0 to {_LARGEST_EXIT_CODE}, so that {wanted} is never seen"
        )
    return wanted


# In a JSON Schema bounds are of numbers only.
ExitCode: TypeAlias = Annotated[
    Match,
    AfterValidator(_check_exit_code),
    Field(json_schema_extra={"minimum": 0, "maximum": _LARGEST_EXIT_CODE}),
]


class ActionExpect(StrictModel):
    """What the engine answered. Without ``error`` the action must succeed.

    ``error`` is what the engine says when it refuses, null when it does not. ``took_s`` is how
    long it took, in seconds; only a lower bound holds on a machine under load.
    """

    error: Match = None
    took_s: Match = None


class ExecExpect(StrictModel):
    """What a command did. ``ps`` and ``netstat`` read its whole stdout as such a table.

    ``exit_code`` is 0 where nothing else is said; a detached command has none.
    """

    exit_code: ExitCode = 0
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
    phase: Match = None
    restarts: Match = None
    age_s: Match = None
    ip: Match = None
    uid: Match = None
    attempt: Match = None


class EventsExpect(StrictModel):
    """What the kubelet told, oldest first."""

    events: EventRows


class ContainerExpect(StrictModel):
    """One container as inspected.

    ``error`` is why it could not start. ``ports`` are the published
    ones, each as ``0.0.0.0:32768->8080/tcp``, with blanks between; "" when there are none.
    """

    id: Match = None
    state: Match = None
    exit_code: ExitCode = None
    error: Match = None
    restart_count: Match = None
    ip: Match = None
    ports: Match = None
    network_mode: Match = None
    ipc_mode: Match = None
    pid_mode: Match = None


class ContainersExpect(StrictModel):
    """The pod's containers as listed."""

    containers: ContainerRows


class LogsExpect(StrictModel):
    """What the main process wrote."""

    stdout: Match = None
    stderr: Match = None


class TopExpect(StrictModel):
    """The processes that the engine counts as the container's, in the host's numbers."""

    ps: ProcessRows


class NamespacesExpect(StrictModel):
    """Who shares which namespace."""

    namespaces: NamespaceGroups
