"""Manifests that hold every supported field once, in small objects."""

from __future__ import annotations

from typing import Final

from tests.core.captures import DATA

EVERYTHING: Final = (DATA / "kubernetes" / "everything.yaml").read_text()
#: The same, one text for each object.
DOCUMENTS: Final = tuple(EVERYTHING.split("\n---\n"))
