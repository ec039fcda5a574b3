"""A controller in a thread of its own, for a caller who goes on doing other things."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Final

from pausedemo.core.pods.pod import Deletion
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.pod.controller import PodController
from pausedemo.kubelet.pod.passes import Passes

#: The longest the engine may take over a request that was under way when the stop came.
STOP_TIMEOUT_S: Final = 60.0


class BackgroundController:
    """A controller that runs until it is stopped. ``failure`` is what ended it before that."""

    def __init__(self, controller: PodController) -> None:
        self.failure: PausedemoError | None = None
        self._controller = controller
        self._passes = Passes(controller)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Have it look at the pod soon."""
        self._wake.set()

    def delete(self, deletion: Deletion) -> None:
        """Have it end the pod; ``wait`` tells when it has."""
        self._passes.change(replace(self._controller.pod, deletion=deletion))
        self._wake.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end, by whatever; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing, and do nothing more. Does not wait for that."""
        self._stop.set()
        self._wake.set()

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.ask_to_stop()
        self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        try:
            self._passes.run(self._stop, self._wake)
        except PausedemoError as error:
            self.failure = error
