"""All containers of an engine, found by id, by a beginning of it, or by name."""

from __future__ import annotations

from collections.abc import Iterator

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.options import check_conflict_name
from pausedemo.embedded.errors import BadParameter, NotFound


class Containers:
    """The engine's containers, in the order in which they were made."""

    def __init__(self) -> None:
        self._by_id: dict[str, Container] = {}
        self._by_name: dict[str, Container | None] = {}

    def __iter__(self) -> Iterator[Container]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, reference: str) -> Container:
        """By full id, name, or a beginning of the id that only one has; as dockerd looks.

        Raises NotFound and BadParameter in dockerd's words.
        """
        found = self._by_id.get(reference) or self._by_name.get(reference.removeprefix("/"))
        if found is not None:
            return found
        matching = [
            one for id_, one in self._by_id.items() if reference and id_.startswith(reference)
        ]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise BadParameter(f"Multiple IDs found with provided prefix: {reference}")
        raise NotFound(f"No such container: {reference}")

    def get(self, reference: str) -> Container | None:
        """As ``find``, None when there is none."""
        try:
            return self.find(reference)
        except (NotFound, BadParameter):
            return None

    def reserve(self, name: str) -> None:
        """Keep a name for a container that is being made. Raises Conflict."""
        if name in self._by_name:
            owner = self._by_name[name]
            raise check_conflict_name(name, owner.id if owner is not None else "")
        self._by_name[name] = None

    def release(self, name: str) -> None:
        """Give a reserved name back."""
        if self._by_name.get(name, ...) is None:
            del self._by_name[name]

    def is_taken(self, name: str) -> bool:
        """Whether a container bears the name."""
        return name in self._by_name

    def add(self, container: Container) -> None:
        """Take a container in under its reserved name."""
        self._by_id[container.id] = container
        self._by_name[container.name] = container

    def rename(self, container: Container, name: str) -> None:
        """Raises Conflict when the name is taken."""
        self.reserve(name)
        del self._by_name[container.name]
        container.name = name
        self._by_name[name] = container

    def remove(self, container: Container) -> None:
        """Forget a container."""
        self._by_id.pop(container.id, None)
        self._by_name.pop(container.name, None)
