"""What an archive may cost at most, and the error for one that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausedemo.embedded.errors import BadParameter

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB


class BadArchive(BadParameter):
    """An archive that is broken or hostile. It is refused whole; nothing of it stays."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one archive. Sizes in bytes.

    ``max_bytes``: what it unpacks to, holes of sparse files included. ``max_ratio``: how many
    bytes one compressed byte may become, looked at once ``ratio_from`` bytes have come out (a
    small file of zeros is no bomb). ``max_header_bytes``: the headers of one entry, which tarfile
    reads into memory. ``max_document_bytes``: a JSON file.
    """

    max_bytes: int = 64 * GIB
    max_entries: int = 2_000_000
    max_ratio: int = 200
    ratio_from: int = 512 * MIB
    max_header_bytes: int = 2 * MIB
    max_document_bytes: int = 8 * MIB
