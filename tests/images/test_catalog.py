"""Names, references and what stands for what."""

from __future__ import annotations

import pytest

from pausedemo.images.catalog import Candidate, Catalog, qualify, read_registry, shorten
from pausedemo.images.recipes import RECIPES


@pytest.mark.parametrize(
    ("written", "short", "whole", "registry"),
    [
        ("busybox", "busybox", "docker.io/library/busybox:latest", "docker.io"),
        ("busybox:1.36", "busybox:1.36", "docker.io/library/busybox:1.36", "docker.io"),
        ("docker.io/library/nginx:1", "nginx:1", "docker.io/library/nginx:1", "docker.io"),
        ("me/app", "me/app", "docker.io/me/app:latest", "docker.io"),
        ("localhost/app:1", "localhost/app:1", "localhost/app:1", "localhost"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app", "127.0.0.1:5000/app:latest", "127.0.0.1:5000"),
        ("k8s.gcr.io/pause:3.2", "k8s.gcr.io/pause:3.2", "k8s.gcr.io/pause:3.2", "k8s.gcr.io"),
        ("a.io/b@sha256:00", "a.io/b@sha256:00", "a.io/b@sha256:00", "a.io"),
    ],
)  # fmt: skip
def test_a_reference_is_shortened_and_qualified(
    written: str, short: str, whole: str, registry: str
) -> None:
    assert (shorten(written), qualify(written), read_registry(written)) == (short, whole, registry)
    assert qualify(whole) == whole
    assert shorten(short) == short


@pytest.mark.parametrize(
    ("wanted", "recipe", "recipe_substitutes", "first_substitutes"),
    [
        ("busybox", "busybox", False, False),
        ("busybox:latest", "busybox", False, False),
        ("nginx", "nginx", False, False),
        ("nginx:1.9.1", "nginx", True, True),
        ("ghost:3.21", "ghost", True, False),
        ("docker.io/library/ghost:3.21", "ghost", True, False),
        ("pause", "pause", False, False),
        ("k8s.gcr.io/pause:3.2", "pause", True, False),
    ],
)
def test_another_version_than_the_wanted_one_is_a_substitute(
    wanted: str, recipe: str, recipe_substitutes: bool, first_substitutes: bool
) -> None:
    entry = Catalog().find(wanted)
    assert (entry.recipe, entry.recipe_substitute) == (recipe, recipe_substitutes)
    assert entry.candidates[0].substitute is first_substitutes
    assert recipe in RECIPES


def test_every_candidate_is_fully_qualified() -> None:
    candidates = [one for entry in Catalog().entries.values() for one in entry.candidates]
    assert candidates
    assert [one.reference for one in candidates] == [qualify(one.reference) for one in candidates]


def test_an_unknown_name_stands_for_itself_and_has_no_recipe() -> None:
    entry = Catalog().find("nginx:1.25")
    assert entry.candidates == (Candidate("docker.io/library/nginx:1.25"),)
    assert (entry.recipe, entry.facts) == (None, None)
