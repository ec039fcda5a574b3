from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausedemo.embedded.containers import copying
from pausedemo.embedded.containers.copying import go_mode, pack, unpack
from pausedemo.embedded.errors import NotFound, ServerError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "dir/sub").mkdir(parents=True)
    (tmp_path / "dir/file").write_text("hello")
    os.link(tmp_path / "dir/file", tmp_path / "dir/second")
    (tmp_path / "link").symlink_to("dir")
    (tmp_path / "dangling").symlink_to("/nowhere/x")
    os.utime(tmp_path / "dir/file", (0, 1.5))
    return tmp_path


def names(data: bytes) -> list[str]:
    """As they stand in the archive: tarfile cuts a directory's slash off."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [info.name + "/" * info.isdir() for info in tar]


def packed(path: object) -> bytes:
    out = io.BytesIO()
    pack(str(path), "c", out)
    return out.getvalue()


def archive(*members: tuple[str, bytes, str | bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o640
            info.uid, info.gid = os.getuid(), os.getgid()
            data = content if isinstance(content, bytes) else b""
            info.linkname = content if isinstance(content, str) else ""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


FILE, DIR, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    ("mode", "go"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | stat.S_ISVTX | 0o777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFLNK | 0o777, 1 << 27 | 0o777),
        (stat.S_IFREG | stat.S_ISUID | stat.S_ISGID | 0o755, 1 << 23 | 1 << 22 | 0o755),
        (stat.S_IFCHR | 0o666, 1 << 26 | 1 << 21 | 0o666),
        (stat.S_IFBLK | 0o660, 1 << 26 | 0o660),
        (stat.S_IFIFO | 0o600, 1 << 25 | 0o600),
        (stat.S_IFSOCK | 0o600, 1 << 24 | 0o600),
    ],
)
def test_modes_are_gos(mode, go):
    assert go_mode(mode) == go


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("dir", ["dir/", "dir/file", "dir/second", "dir/sub/"]),
        ("dir/", ["dir/", "dir/file", "dir/second", "dir/sub/"]),
        ("dir/.", ["./", "./file", "./second", "./sub/"]),
        ("dir/file", ["file"]),
        ("link/file", ["file"]),
        ("link", ["link"]),
        ("link/", ["link/", "link/file", "link/second", "link/sub/"]),
        ("link/.", ["./", "./file", "./second", "./sub/"]),
        ("dangling", ["dangling"]),
        ("dir/../dir/sub", ["sub/"]),
    ],
)
def test_entries_bear_the_names_that_docker_cp_expects(tree, path, expected):
    assert names(packed(f"{tree}/{path}")) == expected


def test_times_are_whole_seconds_and_hard_links_stay_links(tree):
    with tarfile.open(fileobj=io.BytesIO(packed(tree / "dir"))) as tar:
        assert tar.getmember("dir/file").mtime == 1
        assert tar.getmember("dir/second").linkname == "dir/file"


def test_whoever_looks_while_a_link_is_replaced_finds_the_one_or_the_other(tmp_path):
    def replace_often() -> None:
        for number in range(1000):
            unpack(str(tmp_path), "c", archive(("data", LINK, str(number))))

    (tmp_path / "data").symlink_to("first")
    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace_often)
        seen = set()
        while not replacing.done():
            seen.add((tmp_path / "data").readlink())
        replacing.result()
    assert len(seen) > 1
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_link_in_place_of_what_is_mounted_is_refused_and_leaves_nothing(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    subprocess.run(["mount", "--bind", hosts, hosts], check=True)
    try:
        with pytest.raises(OSError, match="busy"):
            unpack(str(tmp_path), "c", archive(("hosts", LINK, "elsewhere")))
    finally:
        subprocess.run(["umount", hosts], check=True)
    assert [one.name for one in tmp_path.iterdir()] == ["hosts"]
    assert not hosts.is_symlink()


def test_sockets_are_left_out(tree):
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tree / "dir/sub/s"))
        assert names(packed(tree / "dir/sub")) == ["sub/"]


@pytest.mark.parametrize("path", ["none", "a\0b", "none/x", "dir/file/x", "dangling/"])
def test_what_is_not_there_is_not_found(tree, path):
    with pytest.raises(NotFound) as raised:
        packed(f"{tree}/{path}")
    assert str(raised.value) == f"Could not find the file {tree}/{path} in container c"


@pytest.mark.parametrize(
    ("path", "name", "link"),
    [
        ("dir/file", "file", ""),
        ("dir/.", ".", ""),
        ("link/", "link", ""),
        ("link", "link", "dir"),
        ("dangling", "dangling", "/nowhere/x"),
    ],
)
def test_stat_tells_where_a_link_leads(tree, path, name, link):
    answer = copying.stat(f"{tree}/{path}", "c")
    assert (answer["name"], answer["linkTarget"]) == (name, link and str(tree / link))


def test_stat_of_a_file(tree):
    answer = copying.stat(f"{tree}/dir/file", "c")
    mode = (tree / "dir/file").stat().st_mode & 0o777
    assert answer == {
        "name": "file",
        "size": 5,
        "mode": mode,
        "mtime": "1970-01-01T00:00:01.5Z",
        "linkTarget": "",
    }


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress])
def test_unpack_puts_a_tar_into_a_directory(tree, squeeze):
    data = archive(
        ("new/deep/a", FILE, b"A"),
        ("new/b", LINK, "deep/a"),
        ("new/c", HARD, "new/deep/a"),
        ("dir", DIR, b""),
        ("dir/file", FILE, b"B"),
    )
    unpack(f"{tree}/link/..", "c", io.BytesIO(squeeze(data.getvalue())))
    assert (tree / "new/b").read_text() == "A"
    assert (tree / "new/c").samefile(tree / "new/deep/a")
    assert (tree / "dir/file").read_text() == "B"
    assert (tree / "dir/second").read_text() == "hello"
    assert stat.S_IMODE((tree / "dir/file").stat().st_mode) == 0o640
    assert (tree / "dir").stat().st_mtime == 0


def test_what_was_packed_unpacks_to_the_same(tree):
    (tree / "to").mkdir()
    unpack(f"{tree}/to", "c", io.BytesIO(packed(tree / "dir")))
    assert packed(tree / "to/dir") == packed(tree / "dir")


@pytest.mark.parametrize(
    ("member", "options", "message"),
    [
        (("../x", FILE, b""), {}, "is outside of"),
        (("a/../../x", FILE, b""), {}, "is outside of"),
        (("x", HARD, "../../etc/passwd"), {}, "is outside of"),
        (
            ("sub", FILE, b""),
            {"no_overwrite_dir_non_dir": True},
            "cannot overwrite directory",
        ),
        (
            ("file", DIR, b""),
            {"no_overwrite_dir_non_dir": True},
            "cannot overwrite non-directory",
        ),
    ],
)
def test_unpack_refuses(tree, member, options, message):
    with pytest.raises(ServerError, match=message):
        unpack(f"{tree}/dir", "c", archive(member), **options)
    assert not (tree / "x").exists()


def test_a_file_takes_a_directorys_place_unless_forbidden(tree):
    unpack(f"{tree}/dir", "c", archive(("sub", FILE, b"now a file")))
    assert (tree / "dir/sub").read_text() == "now a file"


@pytest.mark.parametrize("data", [b"", bytes(1024)])
def test_an_empty_tar_is_no_error(tree, data):
    unpack(f"{tree}/dir", "c", io.BytesIO(data))


@pytest.mark.parametrize(
    "data", [b"no tar" * 200, archive(("a", FILE, b"x" * 999)).getvalue()[:900]]
)
def test_a_broken_tar_is_said_to_be_one(tree, data):
    with pytest.raises(ServerError, match="Error processing tar file"):
        unpack(f"{tree}/dir", "c", io.BytesIO(data))


def test_a_file_is_no_extraction_point(tree):
    with pytest.raises(ServerError, match="extraction point is not a directory"):
        unpack(f"{tree}/dir/file", "c", archive())
    with pytest.raises(NotFound, match="Could not find the file"):
        unpack(f"{tree}/none", "c", archive())


@given(st.integers(0, 4095), st.binary(min_size=1, max_size=12))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_tar_is_unpacked_or_refused_and_never_leads_out(tmp_path, place, damage):
    members = (("d", DIR, b""), ("d/a", FILE, b"A"), ("l", LINK, "d"), ("h", HARD, "d/a"))
    data = bytearray(archive(*members).getvalue())
    data[place : place + len(damage)] = damage
    for start in range(0, len(data) - 511, 512):
        block = data[start : start + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            data[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    target = Path(tempfile.mkdtemp(dir=tmp_path)) / "to"
    target.mkdir()
    with contextlib.suppress(ServerError, OSError):
        unpack(str(target), "c", io.BytesIO(bytes(data)), keep_owners=False)
    assert [path.name for path in target.parent.iterdir()] == ["to"]
