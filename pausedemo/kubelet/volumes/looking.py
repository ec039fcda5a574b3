"""Looking at what is in a volume, through a container that mounts it."""

from __future__ import annotations

from dataclasses import dataclass

from pausedemo.engine.port import Files, PathInfo
from pausedemo.errors import NotFound


@dataclass(frozen=True, slots=True)
class Held:
    """A volume as a container has it: the sandbox, or one that is made just to look."""

    engine: Files
    container: str
    place: str

    def look(self, path: str = "") -> PathInfo | None:
        """What is at a path below the volume's root; None when there is nothing.

        Links in its folders are followed, as the container would; of a last link it is the link.
        """
        try:
            return self.engine.stat_path(self.container, f"{self.place}/{path}".rstrip("/"))
        except NotFound:
            return None
