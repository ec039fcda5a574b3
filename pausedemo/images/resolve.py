"""From the name of an image to an image that is on the engine: local, registry, recipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pausedemo.engine.port import ImageInfo, Images
from pausedemo.errors import (
    EngineError,
    EngineGone,
    ImageUnavailable,
    PausedemoError,
)
from pausedemo.images.cache import VERSION_LABEL, ImageCache
from pausedemo.images.catalog import Catalog, CatalogEntry
from pausedemo.images.recipes import RECIPES
from pausedemo.images.recipes.base import Recipe
from pausedemo.images.registry import Registries

PULL_TIMEOUT_S: Final = 300.0
_TIDY_UP_S: Final = 15.0


class Policy(StrEnum):
    """Where images may come from. Registry and local never do what the other is named after."""

    AUTO = "auto"
    REGISTRY = "registry"
    LOCAL = "local"


_REMEDIES: Final = {
    Policy.AUTO: "put the image on the engine yourself (docker load, docker pull), "
    "or remove what keeps the ways above from working",
    Policy.REGISTRY: "check the name and the registry, or let pausedemo build images: "
    "--images auto",
    Policy.LOCAL: "put the image on the engine yourself (docker load, docker pull), "
    "or let pausedemo ask registries: --images auto",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedImage:
    """An image that is on the engine. ``used`` names it there; ``id`` is what to create from.

    ``version`` is the packaged version, as a recipe read it from what it built; empty for an
    image that no recipe built.
    """

    wanted: str
    used: str
    id: str
    substitute: bool
    version: str = ""


class ImageResolver:
    """Finds, pulls or builds images, each once. All methods may be called from several threads.

    A registry that does not answer is asked once in this object's life, and a recipe that fails
    is tried once. Progress is told through the cache's. Interrupting ``resolve_all`` ends what it
    began, and this object's use.
    """

    def __init__(
        self,
        engine: Images,
        policy: Policy = Policy.AUTO,
        *,
        catalog: Catalog | None = None,
        cache: ImageCache | None = None,
        recipes: Mapping[str, Callable[[], Recipe]] = RECIPES,
        pull_timeout_s: float = PULL_TIMEOUT_S,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._catalog = catalog or Catalog()
        self._cache = cache or ImageCache()
        self._recipes = recipes
        self._registries = Registries(engine, pull_timeout_s, self._cache.progress)
        self._broken: dict[str, str] = {}
        self._resolved: dict[str, ResolvedImage] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def resolve(self, wanted: str) -> ResolvedImage:
        """The image that stands for a name.

        Raises ImageUnavailable with all that was tried, and EngineGone or Interrupted at once.
        """
        entry = self._catalog.find(wanted)
        with self._lock(f"image {entry.name}"):
            known = self._resolved.get(wanted)
            if known is None:
                known = self._resolved[wanted] = self._search(wanted, entry)
            return known

    def find(self, wanted: str) -> ResolvedImage | None:
        """The image that stands for a name and is on the engine already, or None."""
        entry = self._catalog.find(wanted)
        tried: list[tuple[str, str]] = []
        return self._find_local(wanted, entry, self._find_recipe(entry, tried), tried)

    def resolve_all(self, names: Sequence[str]) -> tuple[ResolvedImage, ...]:
        """Each name's image, in order, all at once. The first failure in order is raised."""
        outcomes: dict[str, ResolvedImage | BaseException] = {}
        threads = {
            name: threading.Thread(
                target=self._attempt, args=(name, outcomes), name=f"image {name}", daemon=True
            )
            for name in names
        }
        for thread in threads.values():
            thread.start()
        try:
            for thread in threads.values():
                thread.join()
        except BaseException:
            # A build ends and tidies up; a pull cannot be called off and dies with the process.
            self._cache.stop.set()
            deadline = time.monotonic() + _TIDY_UP_S
            for thread in threads.values():
                thread.join(max(deadline - time.monotonic(), 0))
            raise
        return tuple(_unwrap(outcomes[name]) for name in names)

    def _attempt(self, name: str, outcomes: dict[str, ResolvedImage | BaseException]) -> None:
        try:
            outcomes[name] = self.resolve(name)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcomes[name] = error

    def _search(self, wanted: str, entry: CatalogEntry) -> ResolvedImage:
        tried: list[tuple[str, str]] = []
        recipe = self._find_recipe(entry, tried)
        found = self._find_local(wanted, entry, recipe, tried)
        if found is None and self._policy is not Policy.LOCAL:
            found = self._pull(wanted, entry, tried)
        if found is None and recipe is not None:
            found = self._build(wanted, entry, recipe, tried)
        if found is None:
            raise ImageUnavailable(wanted, tried, _REMEDIES[self._policy])
        return found

    def _find_recipe(self, entry: CatalogEntry, tried: list[tuple[str, str]]) -> Recipe | None:
        if self._policy is Policy.REGISTRY or entry.recipe is None:
            return None
        try:
            return self._recipes[entry.recipe]()
        except (PausedemoError, OSError) as error:
            tried.append((f"building {entry.recipe} here", str(error)))
            return None

    def _find_local(
        self,
        wanted: str,
        entry: CatalogEntry,
        recipe: Recipe | None,
        tried: list[tuple[str, str]],
    ) -> ResolvedImage | None:
        references = [(wanted, False)]
        references += [(one.reference, one.substitute) for one in entry.candidates]
        if recipe is not None:
            references.append((recipe.reference, entry.recipe_substitute))
        for reference, substitute in references:
            found = self._engine.find_image(reference)
            if found is not None:
                return _resolved(wanted, reference, found, substitute)
        absent = ", ".join(dict.fromkeys(reference for reference, _ in references))
        tried.append(("the engine's own images", f"it has none of {absent}"))
        return None

    def _pull(
        self, wanted: str, entry: CatalogEntry, tried: list[tuple[str, str]]
    ) -> ResolvedImage | None:
        for candidate in entry.candidates:
            try:
                found = self._registries.pull(candidate.reference)
            except EngineGone:
                raise
            except PausedemoError as error:
                tried.append((f"pulling {candidate.reference}", str(error)))
                continue
            return _resolved(wanted, candidate.reference, found, candidate.substitute)
        return None

    def _build(
        self, wanted: str, entry: CatalogEntry, recipe: Recipe, tried: list[tuple[str, str]]
    ) -> ResolvedImage | None:
        what = f"building {recipe.name} here"
        with self._lock(f"recipe {recipe.name}"):
            if recipe.name in self._broken:
                tried.append((what, self._broken[recipe.name]))
                return None
            try:
                found = self._engine.find_image(recipe.reference) or self._load(recipe)
            except EngineGone:
                raise
            except PausedemoError as error:
                self._broken[recipe.name] = str(error)
                tried.append((what, str(error)))
                return None
        return _resolved(wanted, recipe.reference, found, entry.recipe_substitute)

    def _load(self, recipe: Recipe) -> ImageInfo:
        path = self._cache.provide(recipe)
        try:
            with path.open("rb") as archive:
                self._engine.load_image(archive)
        except (EngineError, OSError) as error:
            raise PausedemoError(f"{error}; if {path} is damaged, remove it") from error
        found = self._engine.find_image(recipe.reference)
        if found is None:
            raise PausedemoError(f"the engine loaded {path} but has no {recipe.reference}")
        return found

    def _lock(self, what: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(what, threading.Lock())


def _resolved(wanted: str, used: str, image: ImageInfo, substitute: bool) -> ResolvedImage:
    version = image.labels.get(VERSION_LABEL, "")
    return ResolvedImage(
        wanted=wanted, used=used, id=image.id, substitute=substitute, version=version
    )


def _unwrap(outcome: ResolvedImage | BaseException) -> ResolvedImage:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
