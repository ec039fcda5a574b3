"""Containers with servers on the engine, reached as a kubelet reaches them."""

from __future__ import annotations

import contextlib
import textwrap
import uuid
from dataclasses import dataclass, replace

from pausedemo.engine.port import ContainerConfig, ContainerInfo, Engine
from pausedemo.kubelet.reach.dialing import Dialer
from tests.waiting import wait_until

#: How the kubelet may come to a port: as it is found on that engine, or always by a tunnel.
PLACES = {
    "docker": ("engine", None),
    "docker-tunnel": ("engine", False),
    "embedded": ("own_engine", None),
    "embedded-tunnel": ("own_engine", False),
}
LABEL = "pausedemo.test/probes"


@dataclass(frozen=True)
class Reach:
    """An engine, busybox there, and the way to its ports."""

    engine: Engine
    image: str
    dialer: Dialer


@dataclass(frozen=True)
class Place:
    """An engine, and how ports there are reached."""

    engine: Engine
    image: str
    dialer: Dialer
    made: contextlib.ExitStack

    def run(self, script: str, **more: object) -> ContainerInfo:
        """A container of busybox that runs a shell script; inspected, with its address."""
        config = ContainerConfig(
            name=f"probes-{uuid.uuid4().hex[:12]}",
            image=self.image,
            command=("sh", "-c", textwrap.dedent(script)),
            labels={LABEL: ""},
        )
        container = self.engine.create_container(replace(config, **more))  # type: ignore[arg-type]
        self.made.callback(self.engine.remove_container, container)
        self.engine.start_container(container)
        return self.engine.inspect_container(container)

    def serve(self, script: str, port: int, **more: object) -> ContainerInfo:
        """The same, when it listens: its own netstat says so."""
        info = self.run(script, **more)

        def listens() -> bool:
            done = self.engine.exec(info.id, ("netstat", "-tln"), timeout_s=30)
            return f":{port} " in done.stdout.decode()

        wait_until(f"port {port} is listened on", listens)
        return info

    def sh(self, container: str, script: str) -> str:
        done = self.engine.exec(container, ("sh", "-c", script), timeout_s=30)
        assert done.exit_code == 0, done
        return done.stdout.decode()
