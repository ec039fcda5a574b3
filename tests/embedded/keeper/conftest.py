"""A small root folder: BusyBox out of the cache's archive."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.images.cache import ImageCache
from pausedemo.images.recipes import RECIPES
from tests.conftest import skip_or_fail


@pytest.fixture(scope="session")
def busybox_tree(tmp_path_factory: pytest.TempPathFactory, cache: ImageCache) -> Path:
    """BusyBox's files, as root has them."""
    if os.geteuid() != 0:
        pytest.skip("starts programs in namespaces as root")
    try:
        archive = cache.provide(RECIPES["busybox"]())
    except PausedemoError as error:
        skip_or_fail(str(error))
        raise
    tree = tmp_path_factory.mktemp("keeper") / "tree"
    tree.mkdir()
    with tarfile.open(archive) as image:
        manifest = image.extractfile("manifest.json")
        assert manifest is not None
        for layer in json.load(manifest)[0]["Layers"]:
            file = image.extractfile(layer)
            assert file is not None
            with tarfile.open(fileobj=file) as files:
                files.extractall(tree, filter="fully_trusted")  # noqa: S202 - of our own recipe
    for name in ("proc", "dev", "tmp"):
        (tree / name).mkdir(exist_ok=True)
    return tree


@pytest.fixture
def tree(busybox_tree: Path, tmp_path: Path) -> Path:
    """A copy for one test, which may change it."""
    copied = tmp_path / "root"
    shutil.copytree(busybox_tree, copied, symlinks=True)
    return copied
