"""Termination messages: a file for each start of a container, in a volume of the pod's own.

A container's ``/dev`` is gone with its processes on Docker, so the file has to be elsewhere, and
is bound to ``terminationMessagePath``. Source: kubernetes pkg/kubelet/kuberuntime,
kuberuntime_container.go (makeMounts).
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Final

from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Engine
from pausedemo.engine.port import Files as EngineFiles
from pausedemo.errors import NotFound
from pausedemo.kubelet.volumes.layout import pack
from pausedemo.kubelet.volumes.looking import Held
from pausedemo.kubelet.volumes.plan import HOLD, MESSAGES

#: Any user of the container may write it.
MESSAGE_MODE: Final = 0o666


def name_message(container: str, restart_count: int) -> str:
    """The file of one start, below the volume."""
    return f"{container}_{restart_count}"


def plan_first_messages(pod: Pod, held: Held) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The files of all first starts, where they are not there yet."""
    first = pod.spec.all_containers[0].name
    if held.look(name_message(first, 0)) is None:
        for container in pod.spec.all_containers:
            yield _plan(f"{MESSAGES}/{name_message(container.name, 0)}"), b""


def open_message(engine: Engine, sandbox_id: str, container: str, restart_count: int) -> str:
    """See to it that the file of a start is there; its name below the volume."""
    name = name_message(container, restart_count)
    if Held(engine, sandbox_id, f"{HOLD}/{MESSAGES}").look(name) is None:
        engine.put_archive(sandbox_id, f"{HOLD}/{MESSAGES}", pack(iter([(_plan(name), b"")])))
    return name


def read_message_file(
    engine: EngineFiles, sandbox_id: str, container: str, restart_count: int
) -> bytes:
    """What a start has left as its message; empty where it has none. The sandbox may have ended."""
    path = f"{HOLD}/{MESSAGES}/{name_message(container, restart_count)}"
    try:
        packed = engine.get_archive(sandbox_id, path)
    except NotFound:
        return b""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.next()
        file = archive.extractfile(member) if member is not None and member.isreg() else None
        return b"" if file is None else file.read()


def _plan(name: str) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.mode = MESSAGE_MODE
    return made
