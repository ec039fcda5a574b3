"""How slow work on an image is told to whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears what is done for an image. Calls come from several threads at once.

    ``subject`` is the image's name as it was wanted. ``steps`` is how many ``advance`` calls
    are expected; it may turn out fewer. ``done`` comes last, also after a failure.
    """

    def start(self, subject: str, steps: int) -> None: ...

    def advance(self, subject: str, doing: str) -> None:
        """A new step begins; ``doing`` says which, in a few words."""
        ...

    def done(self, subject: str) -> None: ...


class Silence:
    """Tells nobody."""

    def start(self, subject: str, steps: int) -> None:
        pass

    def advance(self, subject: str, doing: str) -> None:
        pass

    def done(self, subject: str) -> None:
        pass
