"""Pulling from a real registry through a real engine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import docker
import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import ImageUnavailable
from pausedemo.images.cache import ImageCache
from pausedemo.images.catalog import Candidate, Catalog, CatalogEntry
from pausedemo.images.resolve import ImageResolver, Policy, ResolvedImage
from tests.images.conftest import find_free_port

pytestmark = pytest.mark.engine


@pytest.fixture
def pushed(
    engine: DockerEngine, registry: str, resolve: Callable[[str], ResolvedImage]
) -> Iterator[str]:
    """The reference of a BusyBox that only the registry has under that name."""
    reference = f"{registry}/images-test/busybox:{uuid.uuid4().hex[:12]}"
    engine.tag_image(resolve("busybox").id, reference)
    client = docker.APIClient(engine.url)
    try:
        repository, _, tag = reference.rpartition(":")
        lines = list(client.push(repository, tag=tag, stream=True, decode=True))
        assert not [line for line in lines if "error" in line]
    finally:
        client.close()
        engine.remove_image(reference)
    assert engine.find_image(reference) is None
    yield reference
    engine.remove_image(reference)


def make_resolver(
    engine: DockerEngine, cache: ImageCache, policy: Policy, *references: str
) -> ImageResolver:
    entry = CatalogEntry(
        name="images-test-wanted", candidates=tuple(Candidate(one) for one in references)
    )
    return ImageResolver(engine, policy, catalog=Catalog({entry.name: entry}), cache=cache)


@pytest.mark.parametrize("policy", [Policy.AUTO, Policy.REGISTRY])
def test_an_image_is_pulled_once(
    engine: DockerEngine, cache: ImageCache, pushed: str, policy: Policy
) -> None:
    image = make_resolver(engine, cache, policy, pushed).resolve("images-test-wanted")
    assert (image.used, image.substitute) == (pushed, False)
    found = engine.find_image(pushed)
    assert found
    assert found.id == image.id
    # The registry has no second one: this one can only be what is on the engine.
    again = make_resolver(engine, cache, policy, pushed, f"{pushed}-missing")
    assert again.resolve("images-test-wanted").id == image.id


def test_local_never_asks_a_registry(engine: DockerEngine, cache: ImageCache, pushed: str) -> None:
    with pytest.raises(ImageUnavailable) as caught:
        make_resolver(engine, cache, Policy.LOCAL, pushed).resolve("images-test-wanted")
    assert [what for what, _ in caught.value.tried] == ["the engine's own images"]
    assert engine.find_image(pushed) is None


def test_the_next_reference_is_pulled_when_the_registry_lacks_one(
    engine: DockerEngine, cache: ImageCache, pushed: str
) -> None:
    resolver = make_resolver(engine, cache, Policy.REGISTRY, f"{pushed}-missing", pushed)
    assert resolver.resolve("images-test-wanted").used == pushed


def test_a_missing_tag_is_told_in_the_registrys_words(
    engine: DockerEngine, cache: ImageCache, registry: str
) -> None:
    reference = f"{registry}/images-test/none:1"
    with pytest.raises(ImageUnavailable) as caught:
        make_resolver(engine, cache, Policy.REGISTRY, reference).resolve("images-test-wanted")
    (_, (what, why)) = caught.value.tried
    assert what == f"pulling {reference}"
    assert "manifest unknown" in why
    assert reference.removesuffix(":1") in why


def test_a_registry_that_is_down_is_asked_once(engine: DockerEngine, cache: ImageCache) -> None:
    registry = f"127.0.0.1:{find_free_port()}"
    first, second = f"{registry}/images-test/a:1", f"{registry}/images-test/b:1"
    with pytest.raises(ImageUnavailable) as caught:
        make_resolver(engine, cache, Policy.AUTO, first, second).resolve("images-test-wanted")
    (_, (_, why), (what, why_not)) = caught.value.tried
    assert "connection refused" in why
    assert what == f"pulling {second}"
    assert why_not == f"{registry} failed before, not asked again: {why}"
