"""The word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

# Longer words are no slips of the finger, and the comparison takes the square of the length.
_LONGEST: Final = 64


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like ``word``, whatever its case; ``None`` when none is close."""
    if len(word) > _LONGEST:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None
