"""Slow work on images, told to whoever listens to the run."""

from __future__ import annotations

import threading

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
