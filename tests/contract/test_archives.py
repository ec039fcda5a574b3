"""Files of containers by the archive: written with owners, modes and links, read, looked at."""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Mapping

import pytest

from pausedemo.engine.port import Mount, MountKind, PathInfo
from pausedemo.errors import NotFound
from tests.contract.conftest import Maker


def member(
    name: str, mode: int, *, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.mode, made.type, made.linkname = mode, kind, link
    made.uid, made.gid = 7, 8
    return made


def pack(members: Mapping[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for one, content in members.items():
            one.size = len(content)
            archive.addfile(one, io.BytesIO(content))
    return buffer.getvalue()


MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=1048576,mode=0700"}
TREE = {
    member("v", 0o2775, kind=tarfile.DIRTYPE): b"",
    member("v/..1", 0o755, kind=tarfile.DIRTYPE): b"",
    member("v/..1/key", 0o640): b"value",
    member("v/..data", 0o777, kind=tarfile.SYMTYPE, link="..1"): b"",
    member("v/key", 0o777, kind=tarfile.SYMTYPE, link="..data/key"): b"",
}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="plain"),
        pytest.param(
            MEMORY,
            id="memory",
            marks=pytest.mark.differs(("podman 4", "it takes a size for a quota of the disk")),
        ),
    ],
)
def test_a_mounted_volume_is_written_to_with_its_own_owner_and_mode(
    make: Maker, options: dict[str, str]
) -> None:
    volume = make.volume(options)
    mount = Mount(kind=MountKind.VOLUME, source=volume, target="/volumes/v", copy_image=False)
    holder = make.run(mounts=(mount,))
    make.engine.put_archive(holder, "/volumes", pack(TREE))
    reader = make.run(mounts=(Mount(kind=MountKind.VOLUME, source=volume, target="/in"),))
    script = "stat -c '%a %u %g' /in /in/..1 /in/key; stat -L -c '%a %u %g' /in/key; cat /in/key"
    told = make.engine.exec(reader, ["sh", "-c", script], timeout_s=60).stdout.decode()
    assert told == "2775 7 8\n755 7 8\n777 7 8\n640 7 8\nvalue"


def test_a_link_is_replaced_and_what_it_led_to_stays(make: Maker) -> None:
    container = make.run()
    make.engine.put_archive(container, "/tmp", pack(TREE))
    changed = {
        member("v/..2", 0o755, kind=tarfile.DIRTYPE): b"",
        member("v/..2/key", 0o640): b"other",
        member("v/..data", 0o777, kind=tarfile.SYMTYPE, link="..2"): b"",
        member("v/..1", 0o000): b"",
    }
    make.engine.put_archive(container, "/tmp", pack(changed))
    done = make.engine.exec(container, ["sh", "-c", "cat /tmp/v/key; ls -A /tmp/v"], timeout_s=60)
    assert done.stdout.decode().split() == ["other..1", "..2", "..data", "key"]
    assert make.engine.stat_path(container, "/tmp/v/..1").size == 0


@pytest.mark.parametrize("started", [True, False])
def test_what_is_there_is_told(make: Maker, started: bool) -> None:
    container = make.run() if started else make.create()
    make.engine.put_archive(container, "/tmp", pack(TREE))
    assert make.engine.stat_path(container, "/tmp/v").mode == stat.S_IFDIR | 0o2775
    assert make.engine.stat_path(container, "/tmp/v/..1/key") == PathInfo(
        name="key", size=5, mode=stat.S_IFREG | 0o640, link_target=""
    )
    link = make.engine.stat_path(container, "/tmp/v/..data")
    assert (stat.S_ISLNK(link.mode), link.link_target) == (True, "/tmp/v/..1")
    with pytest.raises(NotFound):
        make.engine.stat_path(container, "/tmp/v/none")


@pytest.mark.parametrize("ended", [True, False])
def test_files_are_read_of_one_that_runs_and_of_one_that_has_ended(
    make: Maker, ended: bool
) -> None:
    container = make.run()
    make.engine.put_archive(container, "/tmp", pack(TREE))
    if ended:
        make.engine.stop_container(container, 0)
    with tarfile.open(fileobj=io.BytesIO(make.engine.get_archive(container, "/tmp/v"))) as archive:
        names = sorted(one.name for one in archive)
        read = archive.extractfile("v/..1/key")
        assert read is not None
        assert read.read() == b"value"
    assert names == ["v", "v/..1", "v/..1/key", "v/..data", "v/key"]
    with pytest.raises(NotFound):
        make.engine.get_archive(container, "/tmp/none")
