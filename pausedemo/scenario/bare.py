"""A scenario's containers outside of pods: nobody's but the scenario's, as a person makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pausedemo.core import naming
from pausedemo.engine.port import ContainerConfig, Containers
from pausedemo.errors import NotFound
from pausedemo.scenario.schema import JOIN, ContainerEntry
from pausedemo.signals import run_whole


@dataclass(frozen=True, slots=True)
class Located:
    """A container that is, or was, on the engine: its full id, and its name there."""

    id: str
    name: str


@dataclass(slots=True)
class BareContainers:
    """Makes the containers, and remembers which is which, also once they are removed.

    Their names on the engine start with ``prefix``, which no other scenario has.
    """

    engine: Containers
    entries: Mapping[str, ContainerEntry]
    find_image: Callable[[str], str]
    labels: Mapping[str, str]
    prefix: str
    _made: dict[str, Located] = field(default_factory=dict)

    def config(self, name: str) -> ContainerConfig:
        """Describe a container; it joins others by their names, as a person would write it."""
        entry = self.entries[name]
        is_joined = any(name in other.joined.values() for other in self.entries.values())
        return ContainerConfig(
            name=self._full_name(name),
            image=self.find_image(entry.image),
            entrypoint=entry.entrypoint,
            command=entry.command,
            env=entry.env,
            working_dir=entry.workdir,
            user=entry.user,
            hostname=entry.hostname,
            labels={**self.labels, **({naming.JOINED: "true"} if is_joined else {})},
            network_mode=self._mode(entry.network),
            ipc_mode=self._mode(entry.ipc),
            pid_mode=self._mode(entry.pid),
            init=entry.init,
            restart_policy=entry.restart,
            publish=entry.publish,
        )

    def create(self, name: str) -> Located:
        """Create a container, and do not start it."""
        config = self.config(name)
        # Whole: what is made must be known, or nobody would know whose it is.
        made = Located(run_whole(self.engine.create_container, config), config.name)
        self._made[name] = made
        return made

    def find(self, name: str) -> Located:
        """The last container made under that name. NotFound when none was."""
        if name not in self._made:
            raise NotFound(f"find container {name}", 404, "it was not made")
        return self._made[name]

    def name_of(self, container_id: str) -> str | None:
        """The scenario's name of a container; None when it is none of these."""
        names = (name for name, made in self._made.items() if made.id == container_id)
        return next(names, None)

    def _full_name(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _mode(self, mode: str | None) -> str | None:
        if mode is None or not mode.startswith(JOIN):
            return mode
        return f"{JOIN}{self._full_name(mode.removeprefix(JOIN))}"
