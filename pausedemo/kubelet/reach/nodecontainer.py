"""The container through which pausedemo reaches the engine's machine, wherever that is.

It has the machine's namespaces and busybox: a scenario looks at the node through it, and a kubelet
reaches ports that are not in reach from here. One for all scenarios of a run, or pods of a kubelet.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pausedemo.engine.port import ContainerConfig, Containers, ExecResult, ExecStream
from pausedemo.errors import Conflict, NotFound
from pausedemo.signals import run_whole

#: It ends by itself, should nobody come to remove it.
LIFETIME_S: Final = 3600

_T = TypeVar("_T")


@dataclass(slots=True)
class NodeContainer:
    """Made when it is first needed, and again when it has ended. Safe to use from several threads.

    ``find_image`` gives an image that holds busybox. ``labels`` go on the container.
    """

    engine: Containers
    find_image: Callable[[], str]
    labels: Mapping[str, str]
    _id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _made: int = 0
    _container: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def exec(self, argv: Sequence[str], timeout_s: float) -> ExecResult:
        """Run a command in it."""
        return self._use(lambda container: self.engine.exec(container, argv, timeout_s=timeout_s))

    def open(self, argv: Sequence[str], owner: contextlib.ExitStack) -> ExecStream:
        """Run a command in it and keep its streams open, until ``owner`` closes them."""
        return self._use(
            lambda container: owner.enter_context(
                self.engine.exec_stream(container, argv, stdin=True)
            )
        )

    def close(self) -> None:
        """Remove it. It is made again should it be needed again."""
        with self._lock:
            container, self._container = self._container, ""
        if container:
            self.engine.remove_container(container)

    def _use(self, call: Callable[[str], _T]) -> _T:
        container = self._ready()
        try:
            return call(container)
        except (NotFound, Conflict):
            # A long run outlives it, and a scenario may have harmed it.
            self._forget(container)
            return call(self._ready())

    def _ready(self) -> str:
        with self._lock:
            if not self._container:
                run_whole(self._create)
            return self._container

    def _forget(self, container: str) -> None:
        with self._lock:
            if self._container != container:
                # Another thread has made a new one meanwhile.
                return
            self._container = ""
        with contextlib.suppress(NotFound):
            self.engine.remove_container(container)

    def _create(self) -> None:
        self._made += 1
        config = self.make_config(f"pausedemo-node-{self._id}-{self._made}")
        # Noted here, in the thread: a signal may end the wait for it, and ``close`` must know.
        self._container = self.engine.create_container(config)
        self.engine.start_container(self._container)

    def make_config(self, name: str) -> ContainerConfig:
        """A container that sees the machine as a process there does."""
        return ContainerConfig(
            name=name,
            image=self.find_image(),
            entrypoint=("sleep",),
            command=(str(LIFETIME_S),),
            user="0:0",
            labels=self.labels,
            network_mode="host",
            ipc_mode="host",
            pid_mode="host",
            uts_mode="host",
            cgroup_mode="host",
            # /proc/PID/ns of a process of another user: PTRACE_MODE_READ in namespaces(7).
            cap_add=("SYS_PTRACE",),
        )
