"""Stores in temporary directories, written to as whoever runs the tests may."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pausedemo.embedded.images.layers import Ways
from pausedemo.embedded.images.limits import Limits
from pausedemo.embedded.images.store import ImageStore
from tests.images.conftest import registry, registry_program

__all__ = ["registry", "registry_program"]  # fixtures

SMALL = Limits(
    max_bytes=8 * 1024 * 1024, max_entries=500, max_ratio=50, ratio_from=1024 * 1024,
    max_header_bytes=64 * 1024, max_document_bytes=64 * 1024,
)  # fmt: skip


class EventLog:
    """Events in the order of their coming."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, dict[str, str]]] = []

    def publish(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None:  # noqa: A002
        self.seen.append((type, action, id, attributes))

    @property
    def actions(self) -> list[str]:
        return [action for _, action, _, _ in self.seen]


class Users:
    """Containers by the image they use; the running ones."""

    def __init__(self) -> None:
        self.of: dict[str, list[str]] = {}
        self.running: set[str] = set()

    def in_use(self, image_id: str) -> list[str]:
        return self.of.get(image_id, [])

    def is_running(self, container_id: str) -> bool:
        return container_id in self.running


def is_root() -> bool:
    """Whether all users are mapped, as they are outside of user namespaces."""
    mapped = Path("/proc/self/uid_map").read_text().split()
    return os.geteuid() == 0 and mapped == ["0", "0", str(2**32 - 1)]


@pytest.fixture
def ways() -> Ways:
    return Ways(rootless=not is_root(), single_id=not is_root())


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return open_store(tmp_path / "store")


@pytest.fixture
def events() -> EventLog:
    return EventLog()


def open_store(root: Path, **more: Any) -> ImageStore:
    return ImageStore(root, rootless=not is_root(), single_id=not is_root(), limits=SMALL, **more)


def list_files(root: Path) -> set[str]:
    """All files and directories in a store that mean something."""
    return {str(path.relative_to(root)) for path in root.rglob("*")} - {"layers", "images", "tmp"}
