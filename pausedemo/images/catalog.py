"""Which image stands for which name: registry references, recipe, and what may be asked of it.

A candidate is a *substitute* when it is another version than the name asks for; a name without
a tag asks for none. The article's ``nginx:1.9.1`` was pushed in 2015 in a format (schema 1) that
engines no longer pull, so only substitutes are left for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

DOCKER_HUB: Final = "docker.io"
_OFFICIAL: Final = f"{DOCKER_HUB}/library/"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fully qualified reference that a registry has."""

    reference: str
    substitute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a scenario may ask of a running container of the image.

    ``title`` is its page's, ``commands`` what ps shows, the main process first; ``port`` is
    where it listens and ``uid`` whom the main process runs as. None: it has no such thing.
    """

    commands: tuple[str, ...]
    uid: int = 0
    port: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """All that is known of a name. ``recipe`` is a key of the recipes, None: it cannot be built."""

    name: str
    candidates: tuple[Candidate, ...]
    recipe: str | None = None
    recipe_substitute: bool = False
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """Entries by name. Make one of your own to look elsewhere, as at a registry of your own."""

    entries: Mapping[str, CatalogEntry] = field(default_factory=lambda: _ENTRIES)

    def find(self, wanted: str) -> CatalogEntry:
        """The entry of a name; one with that name as its only candidate when it is not known.

        ``busybox``, ``busybox:latest`` and ``docker.io/library/busybox`` are one name.
        """
        known = self.entries.get(shorten(wanted))
        return known or CatalogEntry(name=wanted, candidates=(Candidate(qualify(wanted)),))


def shorten(reference: str) -> str:
    """The way people write it: without Docker Hub's prefix and without ``:latest``."""
    short = reference.removeprefix("index.").removeprefix(f"{DOCKER_HUB}/")
    return short.removeprefix("library/").removesuffix(":latest")


def qualify(reference: str) -> str:
    """The reference with its registry, and with a tag or digest.

    Source: distribution/reference, normalize.go: the first part is a registry when it has a dot
    or a colon, or is ``localhost``.
    """
    first, slash, _ = reference.partition("/")
    if not slash:
        reference = _OFFICIAL + reference
    elif "." not in first and ":" not in first and first != "localhost":
        reference = f"{DOCKER_HUB}/{reference}"
    if "@" not in reference and ":" not in reference.rpartition("/")[2]:
        reference += ":latest"
    return reference


def read_registry(reference: str) -> str:
    """The host, with its port if it has one, that a reference is asked of."""
    return qualify(reference).partition("/")[0]


_BUSYBOX: Final = Facts(commands=("sh",))
_PAUSE: Final = Facts(commands=("/pause",), uid=65535)
_NGINX: Final = Facts(
    commands=("nginx: master process nginx -g daemon off;", "nginx: worker process"),
    port=80,
    title="Welcome to nginx!",
)
_GHOST: Final = Facts(commands=("node current/index.js",), uid=1000, port=2368, title="Ghost")


def _index(*entries: CatalogEntry) -> dict[str, CatalogEntry]:
    return {entry.name: entry for entry in entries}


def _candidates(*references: str, substitutes: Iterable[str] = ()) -> tuple[Candidate, ...]:
    return tuple(Candidate(reference) for reference in references) + tuple(
        Candidate(reference, substitute=True) for reference in substitutes
    )


_ENTRIES: Final[Mapping[str, CatalogEntry]] = _index(
    CatalogEntry(
        name="busybox",
        candidates=_candidates(f"{_OFFICIAL}busybox:1.36", f"{_OFFICIAL}busybox:latest"),
        recipe="busybox",
        facts=_BUSYBOX,
    ),
    CatalogEntry(
        name="nginx",
        candidates=_candidates(f"{_OFFICIAL}nginx:1.26", f"{_OFFICIAL}nginx:latest"),
        recipe="nginx",
        facts=_NGINX,
    ),
    CatalogEntry(
        name="nginx:1.9.1",
        candidates=_candidates(substitutes=(f"{_OFFICIAL}nginx:1.26", f"{_OFFICIAL}nginx:latest")),
        recipe="nginx",
        recipe_substitute=True,
        facts=_NGINX,
    ),
    CatalogEntry(
        name="ghost",
        candidates=_candidates(f"{_OFFICIAL}ghost:5", f"{_OFFICIAL}ghost:latest"),
        recipe="ghost",
        facts=_GHOST,
    ),
    CatalogEntry(
        name="ghost:3.21",
        candidates=_candidates(f"{_OFFICIAL}ghost:3.21", substitutes=(f"{_OFFICIAL}ghost:5",)),
        recipe="ghost",
        recipe_substitute=True,
        facts=_GHOST,
    ),
    CatalogEntry(
        name="pause",
        candidates=_candidates("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.9"),
        recipe="pause",
        facts=_PAUSE,
    ),
    CatalogEntry(
        name="k8s.gcr.io/pause:3.2",
        candidates=_candidates(
            "registry.k8s.io/pause:3.2", substitutes=("registry.k8s.io/pause:3.10",)
        ),
        recipe="pause",
        recipe_substitute=True,
        facts=Facts(commands=("/pause",)),
    ),
)
