"""Where the images' events go."""

from __future__ import annotations

from typing import Protocol

from pausedemo.embedded.images.image import Image


class Events(Protocol):
    """The engine's event stream."""

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None:  # noqa: A002
        ...


def tell(events: Events, action: str, image: Image, name: str = "") -> None:
    """An event of one image, with its labels, as dockerd does; ``name``: its id if not given."""
    events.publish("image", action, image.id, {**image.labels, "name": name or image.id})
