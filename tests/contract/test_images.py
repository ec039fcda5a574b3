"""Images on the engine: found, listed, loaded, tagged, removed. No registry is asked."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausedemo.engine.port import Engine
from pausedemo.errors import Conflict, EngineError, NotFound
from pausedemo.images.archive import ImageConfig, write_archive
from pausedemo.images.rootfs import Rootfs
from tests.contract.conftest import Maker, write_name

LABEL = "pausedemo.test/image"


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex[:12]


@pytest.fixture
def loaded(contract_engine: Engine, mark: str, tmp_path: Path) -> Iterator[str]:
    """A small image of our own, loaded from an archive as ``docker save`` writes it."""
    rootfs = Rootfs(empty=True)
    rootfs.add_file("hello", mark.encode())
    reference = f"pausedemo-contract/{mark}:one"
    archive = io.BytesIO()
    config = ImageConfig(labels={LABEL: mark}, command=("/hello",))
    write_archive(archive, rootfs, config, reference, tmp_path)
    archive.seek(0)
    contract_engine.load_image(archive)
    with contextlib.ExitStack() as stack:
        stack.callback(contract_engine.remove_image, reference)
        yield reference


def test_a_loaded_image_is_found_by_name_and_by_id(
    contract_engine: Engine, loaded: str, mark: str
) -> None:
    found = contract_engine.find_image(loaded)
    assert found is not None
    assert found.references == (write_name(contract_engine, loaded),)
    assert found.labels == {LABEL: mark}
    assert contract_engine.find_image(found.id) == found


def test_a_name_that_no_image_has_is_not_found(contract_engine: Engine) -> None:
    assert contract_engine.find_image("pausedemo-contract/no-such-image:1") is None


def test_images_are_listed_by_label(contract_engine: Engine, loaded: str, mark: str) -> None:
    (found,) = contract_engine.list_images({LABEL: mark})
    assert found == contract_engine.find_image(loaded)
    assert found in contract_engine.list_images({LABEL: None})
    assert contract_engine.list_images({LABEL: "another"}) == ()


def test_an_image_may_have_several_names_and_goes_with_the_last(
    contract_engine: Engine, loaded: str, mark: str
) -> None:
    second = f"pausedemo-contract.example:5000/{mark}:two"
    contract_engine.tag_image(loaded, second)
    found = contract_engine.find_image(second)
    assert found is not None
    assert set(found.references) == {write_name(contract_engine, loaded), second}
    contract_engine.remove_image(loaded)
    assert contract_engine.find_image(loaded) is None
    assert contract_engine.find_image(second) is not None
    contract_engine.remove_image(second)
    assert contract_engine.find_image(found.id) is None
    contract_engine.remove_image(second)


def test_a_name_without_a_tag_means_latest(contract_engine: Engine, loaded: str, mark: str) -> None:
    contract_engine.tag_image(loaded, f"pausedemo-contract/{mark}")
    try:
        latest = contract_engine.find_image(f"pausedemo-contract/{mark}:latest")
        assert latest == contract_engine.find_image(f"pausedemo-contract/{mark}")
        assert latest is not None
    finally:
        contract_engine.remove_image(f"pausedemo-contract/{mark}")


def test_an_image_that_is_not_there_cannot_be_tagged(contract_engine: Engine, mark: str) -> None:
    with pytest.raises(NotFound):
        contract_engine.tag_image(f"pausedemo-contract/{mark}:absent", "pausedemo-contract/x:y")


def test_what_is_no_archive_cannot_be_loaded(contract_engine: Engine) -> None:
    with pytest.raises(EngineError, match="load an image"):
        contract_engine.load_image(io.BytesIO(b"this is no archive" * 1000))


def test_an_image_that_a_container_uses_cannot_be_removed(
    contract_engine: Engine, loaded: str, make: Maker
) -> None:
    make.create("/hello", image=loaded)
    with pytest.raises(Conflict, match="container"):
        contract_engine.remove_image(loaded)
