"""One command in a container that runs: what was asked for, and how it stands."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from pausedemo.embedded.containers.container import Container, Status
from pausedemo.embedded.containers.detaching import parse_keys
from pausedemo.embedded.containers.options import as_list
from pausedemo.embedded.containers.shapes import EXEC, check_shape
from pausedemo.embedded.containers.streams import Reader, Stream, Taker, Writer
from pausedemo.embedded.errors import BadParameter, Conflict
from pausedemo.embedded.keeper.client import LaunchFailed, Process


@dataclass(slots=True, eq=False)
class Exec:
    """One command. ``exit_code`` is None until it has ended."""

    id: str
    container: Container
    argv: list[str]
    env: list[str]
    user: str
    cwd: str
    tty: bool
    stdin: bool
    outputs: tuple[Stream, ...]
    privileged: bool
    detach_keys: bytes = b""
    running: bool = False
    started: bool = False
    exit_code: int | None = None
    process: Process | None = None
    readers: list[Reader] = field(default_factory=list)
    writer: Writer | None = None
    takers: list[Taker] = field(default_factory=list)
    finished: asyncio.Event = field(default_factory=asyncio.Event)


def parse_exec(container: Container, body: dict[str, Any]) -> Exec:
    """From the body of POST /containers/{id}/exec. Raises BadParameter."""
    check_shape(body, EXEC)
    argv, env = as_list(body.get("Cmd")), body.get("Env") or []
    if not argv:
        raise BadParameter("No exec command specified")
    cwd, user = body.get("WorkingDir") or "", body.get("User") or ""
    if cwd and not cwd.startswith("/"):
        raise BadParameter(
            f"the working directory '{cwd}' is invalid, it needs to be an absolute path"
        )
    return Exec(
        id=secrets.token_hex(32),
        container=container,
        argv=argv,
        env=env,
        user=user or container.config["User"],
        cwd=cwd,
        tty=bool(body.get("Tty")),
        stdin=bool(body.get("AttachStdin")),
        outputs=tuple(
            stream
            for stream, field in (
                (Stream.STDOUT, "AttachStdout"),
                (Stream.STDERR, "AttachStderr"),
            )
            if body.get(field)
        ),
        privileged=bool(body.get("Privileged")),
        detach_keys=_parse_detach_keys(body.get("DetachKeys") or ""),
    )


def _parse_detach_keys(text: str) -> bytes:
    try:
        return parse_keys(text)
    except ValueError as error:
        raise BadParameter(f"Invalid escape keys ({text}) provided") from error


def describe_failure(failed: LaunchFailed) -> str:
    """What dockerd 20.10 tells of an exec that could not start."""
    if failed.step == "user":  # dockerd finds that out itself, runc is not asked
        return failed.text
    return (
        f"OCI runtime exec failed: exec failed: unable to start container process: {failed.text}: "
        "unknown"
    )


def check_can_exec(container: Container) -> None:
    """Raises Conflict in dockerd's words when a container takes no command now."""
    if not container.state.is_running:
        raise Conflict(f"Container {container.id} is not running")
    if container.state.status is Status.PAUSED:
        raise Conflict(f"Container {container.id} is paused, unpause the container before exec")
    if container.state.status is Status.RESTARTING:
        raise Conflict(
            f"Container {container.id} is restarting, wait until the container is running"
        )
