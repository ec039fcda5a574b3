from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.volumes import ANONYMOUS, Volumes


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    return Volumes(tmp_path / "volumes")


class Mounts:
    """Notes what was asked for; where a mount appears is no part of what is tested here."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def mount(self, kind: str, device: str, target: Path, options: str) -> None:
        self.calls.append(("mount", kind, device, target.name, options))

    def unmount(self, target: Path) -> None:
        self.calls.append(("unmount", target.name))


def test_a_volume_is_a_directory_of_its_own(volumes, tmp_path):
    volume = volumes.create("data", labels={"a": "b"})
    assert volume.path == tmp_path / "volumes/data/_data"
    assert volume.path.is_dir()
    assert volumes.path("data") == volume.path
    rendered = volume.render()
    assert rendered.pop("CreatedAt")
    assert rendered == {
        "Driver": "local",
        "Labels": {"a": "b"},
        "Mountpoint": str(volume.path),
        "Name": "data",
        "Options": None,
        "Scope": "local",
    }


def test_one_that_exists_is_given_as_it_is(volumes):
    first = volumes.create("data", labels={"a": "b"})
    assert volumes.create("data", labels={"c": "d"}) == first


def test_one_without_a_name_gets_one_and_is_anonymous(volumes):
    volume = volumes.create()
    assert len(volume.name) == 64
    assert volume.labels == {ANONYMOUS: ""}


def test_the_next_engine_on_the_same_root_finds_them(volumes, tmp_path):
    made = [volumes.create("one", labels={"a": "b"}), volumes.create("two")]
    (tmp_path / "volumes/torn").mkdir()
    assert Volumes(tmp_path / "volumes").list() == made


@pytest.mark.parametrize(
    ("name", "options", "status", "message"),
    [
        (
            "x",
            {},
            400,
            "create x: volume name is too short, "
            "names should be at least two alphanumeric characters",
        ),
        (
            "../x",
            {},
            400,
            'create ../x: "../x" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path",
        ),
        ("ab", {"options": {"size": "1"}}, 400, 'create ab: invalid option: "size"'),
        (
            "ab",
            {"options": {"type": "none", "o": "bind"}},
            400,
            'create ab: missing required option: "device"',
        ),
        (
            "ab",
            {"options": {"device": "tmpfs"}},
            400,
            'create ab: missing required option: "type"',
        ),
        (
            "ab",
            {"options": {"type": "tmpfs", "device": "tmpfs"}},
            501,
            "create ab: this engine has no volumes of type tmpfs; "
            "it has plain ones, and binds (type=none, o=bind, device=/directory)",
        ),
        (
            "ab",
            {"options": {"type": "none", "o": "bind,ro", "device": "/x"}},
            501,
            "create ab: a bind wants o=bind alone, and an absolute device",
        ),
        (
            "ab",
            {"driver": "nfs"},
            404,
            'create ab: error looking up volume plugin nfs: plugin "nfs" not found',
        ),
    ],
)
def test_create_refuses(volumes, name, options, status, message):
    with pytest.raises(ApiError) as raised:
        volumes.create(name, **options)
    assert (raised.value.status, str(raised.value)) == (status, message)
    assert volumes.list() == []


def test_a_bind_lives_where_its_device_is_and_stays_when_removed(volumes, tmp_path):
    (tmp_path / "mine").mkdir()
    options = {"type": "none", "o": "bind", "device": str(tmp_path / "mine")}
    assert volumes.create("bound", options=options).path == tmp_path / "mine"
    volumes.remove("bound")
    assert (tmp_path / "mine").is_dir()


def test_a_volume_in_use_is_not_removed(volumes):
    volumes.create("data")
    volumes.hold("data", "c2")
    volumes.hold("data", "c1")
    with pytest.raises(ApiError) as raised:
        volumes.remove("data", force=True)
    assert raised.value.status == 409
    assert str(raised.value) == "remove data: volume is in use - [c1, c2]"
    volumes.release("data", "c1")
    volumes.release("data", "c2")
    volumes.remove("data")
    assert volumes.list() == []


def test_remove_deletes_the_data(volumes, tmp_path):
    (volumes.create("data").path / "file").write_text("x")
    volumes.remove("data")
    assert list((tmp_path / "volumes").iterdir()) == []


def test_a_missing_volume_is_not_found_unless_forced(volumes):
    for verb in (volumes.get, volumes.remove, volumes.path, lambda name: volumes.hold(name, "c")):
        with pytest.raises(ApiError) as raised:
            verb("none")
        assert (raised.value.status, str(raised.value)) == (404, "get none: no such volume")
    assert volumes.remove("none", force=True) is None


def test_prune_leaves_what_is_held_and_tells_what_it_freed(volumes):
    (volumes.create("one").path / "file").write_bytes(b"x" * 1000)
    volumes.create("held")
    volumes.hold("held", "c")
    assert volumes.prune(volumes.list()) == (["one"], 1000)
    assert [volume.name for volume in volumes.list()] == ["held"]


def test_a_file_system_is_there_while_somebody_holds_it(tmp_path):
    mounts = Mounts()
    volumes = Volumes(tmp_path, mounts)
    volumes.create("fast", options={"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})
    for step in (volumes.hold, volumes.release):
        for container in ("c1", "c2", "c1"):
            step("fast", container)
    assert mounts.calls == [("mount", "tmpfs", "tmpfs", "_data", "size=1m"), ("unmount", "_data")]
