"""Images for a command: found, pulled or built, and told to whoever listens meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pausedemo.core.verdicts.results import ImageUse
from pausedemo.images.cache import ImageCache
from pausedemo.images.resolve import ImageResolver, Policy

if TYPE_CHECKING:
    from pausedemo.engine.port import Engine
    from pausedemo.scenario.listener import Listener


class ImageProgress:
    """Hears of images from several threads, and tells a listener in one task per image."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._done: dict[str, tuple[int, int]] = {}

    def start(self, subject: str, steps: int) -> None:
        with self._lock:
            self._done[subject] = (0, steps)
            self._listener.task_started(f"image {subject}")

    def advance(self, subject: str, doing: str) -> None:
        with self._lock:
            done, steps = self._done.get(subject, (0, 0))
            self._done[subject] = (done + 1, steps)
            fraction = min(done / steps, 1.0) if steps else None
            self._listener.task_progress(f"image {subject}", fraction, doing)

    def done(self, subject: str) -> None:
        with self._lock:
            self._done.pop(subject, None)
            self._listener.task_finished(f"image {subject}")


def make_resolver(
    engine: Engine, policy: str, listener: Listener
) -> Callable[[Sequence[str]], Sequence[ImageUse]]:
    """What gets images onto the engine, by the policy that ``--images`` names."""
    cache = ImageCache(progress=ImageProgress(listener))
    resolver = ImageResolver(engine, Policy(policy), cache=cache)

    def resolve(names: Sequence[str]) -> Sequence[ImageUse]:
        return [
            ImageUse(image.wanted, image.used, image.substitute)
            for image in resolver.resolve_all(names)
        ]

    return resolve
