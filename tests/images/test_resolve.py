"""In which order images are looked for, and what is said when there is none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pausedemo.errors import (
    EngineError,
    EngineGone,
    ImageUnavailable,
    Interrupted,
    TimedOut,
    exit_code,
)
from pausedemo.images.cache import ImageCache
from pausedemo.images.catalog import Candidate, Catalog, CatalogEntry
from pausedemo.images.resolve import ImageResolver, Policy
from tests.images.fakes import FAILS, ImagesInMemory, make_counting_recipe

RECIPE = make_counting_recipe([]).reference
SAME, OTHER = "a.io/tiny:1", "a.io/tiny:2"
CATALOG = Catalog(
    {
        "tiny:1": CatalogEntry(
            name="tiny:1",
            candidates=(Candidate(SAME), Candidate(OTHER, substitute=True)),
            recipe="tiny",
            recipe_substitute=True,
        ),
        "twin": CatalogEntry(name="twin", candidates=(Candidate("b.io/twin:1"),), recipe="tiny"),
        "alone": CatalogEntry(name="alone", candidates=(Candidate("a.io/alone:1"),)),
    }
)
LOCAL = "the engine's own images"
DOWN = EngineError("pull", 500, "connection refused")


def make_resolver(
    engine: ImagesInMemory,
    policy: Policy,
    folder: Path,
    built: list[str] | None = None,
    failure: Exception | None = None,
) -> ImageResolver:
    recipe = make_counting_recipe([] if built is None else built, failure=failure)
    return ImageResolver(
        engine,
        policy,
        catalog=CATALOG,
        cache=ImageCache(folder),
        recipes={"tiny": lambda: recipe},
    )


@pytest.mark.parametrize(
    ("policy", "present", "pullable", "used", "substitute", "pulled"),
    [
        (Policy.AUTO, ("tiny:1", SAME, RECIPE), (SAME,), "tiny:1", False, []),
        (Policy.AUTO, (SAME, OTHER, RECIPE), (SAME,), SAME, False, []),
        (Policy.AUTO, (OTHER, RECIPE), (SAME,), OTHER, True, []),
        (Policy.AUTO, (RECIPE,), (SAME,), RECIPE, True, []),
        (Policy.AUTO, (), (SAME, OTHER), SAME, False, [SAME]),
        (Policy.AUTO, (), (OTHER,), OTHER, True, [SAME, OTHER]),
        (Policy.AUTO, (), (), RECIPE, True, [SAME, OTHER]),
        (Policy.REGISTRY, (SAME, RECIPE), (SAME,), SAME, False, []),
        (Policy.REGISTRY, (RECIPE,), (SAME,), SAME, False, [SAME]),
        (Policy.REGISTRY, (RECIPE,), (OTHER,), OTHER, True, [SAME, OTHER]),
        (Policy.LOCAL, ("tiny:1", SAME), (SAME,), "tiny:1", False, []),
        (Policy.LOCAL, (SAME, RECIPE), (SAME,), SAME, False, []),
        (Policy.LOCAL, (), (SAME,), RECIPE, True, []),
    ],
)
def test_the_policy_decides_where_an_image_comes_from(
    tmp_path: Path,
    policy: Policy,
    present: tuple[str, ...],
    pullable: tuple[str, ...],
    used: str,
    substitute: bool,
    pulled: list[str],
) -> None:
    engine = ImagesInMemory(present, dict.fromkeys(pullable, True))
    image = make_resolver(engine, policy, tmp_path).resolve("tiny:1")
    assert (image.wanted, image.used, image.substitute) == ("tiny:1", used, substitute)
    assert image.id == f"sha256:{used}"
    assert engine.pulled == pulled


@pytest.mark.parametrize(
    ("policy", "name", "tried"),
    [
        (
            Policy.AUTO,
            "tiny:1",
            (LOCAL, f"pulling {SAME}", f"pulling {OTHER}", "building tiny here"),
        ),
        (Policy.REGISTRY, "tiny:1", (LOCAL, f"pulling {SAME}", f"pulling {OTHER}")),
        (Policy.LOCAL, "tiny:1", (LOCAL, "building tiny here")),
        (Policy.LOCAL, "alone", (LOCAL,)),
        (Policy.AUTO, "c.io/who", (LOCAL, "pulling c.io/who:latest")),
    ],
)
def test_when_no_way_leads_to_an_image_each_is_named_with_its_reason(
    tmp_path: Path, policy: Policy, name: str, tried: tuple[str, ...]
) -> None:
    resolver = make_resolver(ImagesInMemory(), policy, tmp_path, failure=FAILS)
    with pytest.raises(ImageUnavailable) as caught:
        resolver.resolve(name)
    assert tuple(what for what, _ in caught.value.tried) == tried
    assert all(why for _, why in caught.value.tried)
    assert exit_code(caught.value) == 3
    assert caught.value.remedy in str(caught.value)


def test_a_registry_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    engine = ImagesInMemory(default=lambda _: DOWN)
    resolver = make_resolver(engine, Policy.REGISTRY, tmp_path)
    with pytest.raises(ImageUnavailable) as caught:
        resolver.resolve("tiny:1")
    assert caught.value.tried[1:] == (
        (f"pulling {SAME}", "connection refused"),
        (f"pulling {OTHER}", "a.io failed before, not asked again: connection refused"),
    )
    with pytest.raises(ImageUnavailable):
        resolver.resolve("alone")
    with pytest.raises(ImageUnavailable):
        resolver.resolve("twin")
    assert engine.pulled == [SAME, "b.io/twin:1"]


def test_a_registry_that_never_ends_is_asked_once(tmp_path: Path) -> None:
    engine = ImagesInMemory(default=lambda _: TimedOut("cannot pull: too late"))
    with pytest.raises(ImageUnavailable, match="too late"):
        make_resolver(engine, Policy.REGISTRY, tmp_path).resolve("tiny:1")
    assert engine.pulled == [SAME]


def test_many_at_once_ask_a_silent_registry_once(tmp_path: Path) -> None:
    another = threading.Event()

    def refuse_when_others_had_time_to_ask(_: str) -> Exception:
        if len(engine.pulled) > 1:
            another.set()
        another.wait(0.2)
        return DOWN

    engine = ImagesInMemory(default=refuse_when_others_had_time_to_ask)
    resolver = make_resolver(engine, Policy.REGISTRY, tmp_path)
    with pytest.raises(ImageUnavailable):
        resolver.resolve_all([f"a.io/{number}" for number in range(8)])
    assert len(engine.pulled) == 1


def test_an_image_is_looked_for_once(tmp_path: Path) -> None:
    engine = ImagesInMemory(["tiny:1"])
    resolver = make_resolver(engine, Policy.AUTO, tmp_path)
    first = resolver.resolve("tiny:1")
    engine.remove_image("tiny:1")
    assert resolver.resolve("tiny:1") == first


def test_a_recipe_is_built_once_for_all_names_and_threads(tmp_path: Path) -> None:
    built: list[str] = []
    engine = ImagesInMemory()
    resolver = make_resolver(engine, Policy.LOCAL, tmp_path, built)
    images = resolver.resolve_all(("tiny:1", "twin", "tiny:1"))
    assert [(image.wanted, image.used, image.substitute) for image in images] == [
        ("tiny:1", RECIPE, True),
        ("twin", RECIPE, False),
        ("tiny:1", RECIPE, True),
    ]
    assert (built, engine.loaded) == (["tiny"], [RECIPE])


def test_a_second_run_builds_nothing_and_loads_only_what_the_engine_lost(tmp_path: Path) -> None:
    built: list[str] = []
    engine = ImagesInMemory()
    for _ in range(2):
        make_resolver(engine, Policy.LOCAL, tmp_path, built).resolve("twin")
    assert (built, engine.loaded) == (["tiny"], [RECIPE])
    engine.remove_image(RECIPE)
    make_resolver(engine, Policy.LOCAL, tmp_path, built).resolve("twin")
    assert (built, engine.loaded) == (["tiny"], [RECIPE, RECIPE])


def test_a_recipe_that_fails_is_tried_once(tmp_path: Path) -> None:
    built: list[str] = []
    resolver = make_resolver(ImagesInMemory(), Policy.LOCAL, tmp_path, built, FAILS)
    for name in ("tiny:1", "twin"):
        with pytest.raises(ImageUnavailable, match="the compiler is missing"):
            resolver.resolve(name)
    assert built == ["tiny"]


@pytest.mark.parametrize("failure", [EngineGone("gone"), Interrupted("stopped")])
def test_what_ends_the_run_is_no_reason_to_try_the_next_way(
    tmp_path: Path, failure: Exception
) -> None:
    engine = ImagesInMemory()
    with pytest.raises(type(failure)):
        make_resolver(engine, Policy.LOCAL, tmp_path, failure=failure).resolve("tiny:1")
    engine = ImagesInMemory(registry={SAME: EngineGone("gone")})
    with pytest.raises(EngineGone):
        make_resolver(engine, Policy.AUTO, tmp_path).resolve("tiny:1")


def test_the_first_failure_in_order_is_raised(tmp_path: Path) -> None:
    before = threading.active_count()
    resolver = make_resolver(ImagesInMemory(["tiny:1"]), Policy.LOCAL, tmp_path)
    with pytest.raises(ImageUnavailable) as caught:
        resolver.resolve_all(["tiny:1", "c.io/first", "c.io/second"])
    assert caught.value.image == "c.io/first"
    assert threading.active_count() == before
