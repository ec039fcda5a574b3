"""Named volumes: labels that last, one maker, and events."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Iterator

import pytest

from pausedemo.engine.port import Engine, Mount, MountKind
from pausedemo.errors import Conflict
from tests.contract.conftest import Maker


@pytest.fixture
def prefix(contract_engine: Engine) -> Iterator[str]:
    """What names of volumes begin with; those that do are removed at the end."""
    name = f"contract-{uuid.uuid4().hex[:8]}-"
    yield name
    for volume in contract_engine.list_volumes({}):
        if volume.name.startswith(name):
            contract_engine.remove_volume(volume.name)


def test_labels_come_back_as_they_were(contract_engine: Engine, prefix: str) -> None:
    labels = {prefix: "", "json": '{"a": "b=c", "d": "\u00e9\\n"}', "long": "x" * 2**20}
    made = contract_engine.create_volume(f"{prefix}1", labels)
    assert made.labels == labels
    assert made.driver == "local"
    assert contract_engine.find_volume(made.name) == made
    assert contract_engine.list_volumes({prefix: None, "json": labels["json"]}) == (made,)
    assert contract_engine.list_volumes({prefix: "other"}) == ()


def test_the_first_who_makes_it_has_made_it(contract_engine: Engine, prefix: str) -> None:
    contract_engine.create_volume(f"{prefix}1", {"who": "first"})
    try:
        second = contract_engine.create_volume(f"{prefix}1", {"who": "second"})
    except Conflict:  # as podman says it
        second = contract_engine.create_volume(f"{prefix}1", {"who": "first"})
    assert second.labels == {"who": "first"}


def test_what_is_gone_is_no_error(contract_engine: Engine, prefix: str) -> None:
    contract_engine.create_volume(f"{prefix}1", {})
    contract_engine.remove_volume(f"{prefix}1")
    contract_engine.remove_volume(f"{prefix}1")
    assert contract_engine.find_volume(f"{prefix}1") is None


def test_its_making_and_its_end_are_told(contract_engine: Engine, prefix: str, make: Maker) -> None:
    label: dict[str, str | None] = {prefix: ""}
    with contract_engine.events(label, volumes=prefix) as stream, contextlib.closing(stream):
        contract_engine.create_volume(f"{prefix}1", {})
        contract_engine.create_volume(f"other-{prefix}", {})
        contract_engine.remove_volume(f"other-{prefix}")
        contract_engine.remove_volume(f"{prefix}1")
        container = make.create(labels={**make.labels, prefix: ""})
        told = list(itertools.islice(stream, 3))
    assert [(one.action, one.volume, one.container_id) for one in told] == [
        ("create", f"{prefix}1", ""),
        ("destroy", f"{prefix}1", ""),
        ("create", "", container),
    ]


def test_what_a_volume_holds_is_measured(contract_engine: Engine, make: Maker) -> None:
    full, empty = make.volume(), make.volume()
    mount = Mount(kind=MountKind.VOLUME, source=full, target="/data", copy_image=False)
    container = make.create(mounts=(mount,))
    contract_engine.put_file(container, "/data/file", b"x" * 100_000, 0o644)
    sizes = contract_engine.measure_volumes()
    assert sizes[empty] < 100_000 <= sizes[full] < 200_000
