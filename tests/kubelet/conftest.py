"""Pods on the engine, each gone at the end of its test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.kubelet.controller import EngineLimits, PodImages
from tests.kubelet.kit import Kits


@pytest.fixture(scope="session")
def limits() -> EngineLimits:
    """What the engine cannot do is found out once, as in a run."""
    return EngineLimits()


@pytest.fixture
def kits(
    engine: DockerEngine, pause_image: str, busybox_image: str, limits: EngineLimits
) -> Iterator[Kits]:
    images = PodImages(pause_image, {"busybox": busybox_image})
    with contextlib.ExitStack() as made:
        yield Kits(engine, images, made, limits)
