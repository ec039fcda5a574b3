"""Pulling from registries, and remembering which of them do not answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from pausedemo.engine.port import ImageInfo, Images
from pausedemo.errors import EngineError, PausedemoError, TimedOut
from pausedemo.images.catalog import read_registry
from pausedemo.images.progress import Progress


class Registries:
    """All registries as the engine reaches them. Methods may be called from several threads.

    A registry that does not answer is asked once in this object's life. Until one is known to
    answer, its first caller asks and the others wait for what comes of it.
    """

    def __init__(self, engine: Images, timeout_s: float, progress: Progress) -> None:
        self._engine = engine
        self._timeout_s = timeout_s
        self._progress = progress
        self._failures: dict[str, str] = {}
        self._answered: set[str] = set()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def pull(self, reference: str) -> ImageInfo:
        """Pull a fully qualified reference; the image as it is on the engine then.

        Raises PausedemoError with the engine's words, or with what the registry's first failure
        was; EngineGone.
        """
        registry = read_registry(reference)
        with self._first_contact(registry):
            before = self._failures.get(registry)
            if before is not None:
                raise PausedemoError(f"{registry} failed before, not asked again: {before}")
            try:
                with self._telling(reference):
                    found = self._engine.pull_image(reference, self._timeout_s)
            except (EngineError, TimedOut) as error:
                why = error.message if isinstance(error, EngineError) else str(error)
                if _is_refusal(error):
                    self._answered.add(registry)
                else:
                    self._failures[registry] = why
                raise PausedemoError(why) from error
            self._answered.add(registry)
        return found

    @contextlib.contextmanager
    def _first_contact(self, registry: str) -> Iterator[None]:
        if registry in self._answered:
            yield
            return
        with self._guard:
            lock = self._locks.setdefault(registry, threading.Lock())
        with lock:
            yield

    @contextlib.contextmanager
    def _telling(self, reference: str) -> Iterator[None]:
        self._progress.start(reference, 1)
        try:
            self._progress.advance(reference, "pulling")
            yield
        finally:
            self._progress.done(reference)


def _is_refusal(error: EngineError | TimedOut) -> bool:
    """Whether the registry answered, with a no: the engine passes its 4xx on.

    What the engine could not reach it reports as its own failure (500). So it does a few
    refusals, as too many requests: that registry need not be asked again in this run either.
    """
    return isinstance(error, EngineError) and 400 <= error.status < 500
