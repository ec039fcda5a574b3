from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.build.tree import Tree
from pausedemo.embedded.errors import BadParameter
from tests.embedded.build.bench import archive

FILES = {
    "./": None,
    "./dir/": None,
    "./dir/a": "A",
    "./implied/b": "B",
    "up": "-> ../../../dir",
    "absolute": "-> /dir/a",
    "broken": "-> nothing",
    "one": "-> two",
    "two": "-> one",
    "hard": "= dir/a",
}


@pytest.fixture
def tree():
    return Tree.from_tar(archive(FILES))


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("", ""),
        ("dir/a", "dir/a"),
        ("up/a", "dir/a"),
        ("absolute", "dir/a"),
        ("dir/../implied/./b", "implied/b"),
        ("../../dir", "dir"),
        ("broken", None),
        ("none", None),
        ("dir/a/x", None),
    ],
)
def test_links_are_followed_within_the_tree(tree, path, resolved):
    assert tree.resolve(path) == resolved


def test_a_circle_of_links_is_refused(tree):
    with pytest.raises(BadParameter, match="too many links in one"):
        tree.resolve("one")


def test_a_hard_link_has_the_content(tree):
    assert tree.open("hard").read() == b"A"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"../x": "X"}, '"../x" is outside of the archive'),
        ({"a/../../x": "X"}, '"a/../../x" is outside of the archive'),
        ({"x": "= ../../etc/passwd"}, '"../../etc/passwd" is outside of the archive'),
        ({"x": "= none"}, 'invalid hardlink "x" -> "none"'),
        ({"l": "-> /etc", "l/passwd": "X"}, '"l" is no directory, but the archive has files in it'),
    ],
)
def test_hostile_archives_are_refused(files, message):
    with pytest.raises(BadParameter) as raised:
        Tree.from_tar(archive(files))
    assert str(raised.value) == message


def test_devices_are_for_images_only():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("null")
        info.type = tarfile.CHRTYPE
        tar.addfile(info)
    out.seek(0)
    with pytest.raises(BadParameter, match='"null" is a device'):
        Tree.from_tar(out)
    out.seek(0)
    assert Tree.from_tar(out, devices=True).get("null")


def test_the_later_of_two_entries_counts():
    tree = Tree.from_tar(archive({"a": None, "a/b": "B", "./a": "now a file"}))
    assert [path for path, _ in tree.walk("")] == ["", "a"]
    assert tree.open("a").read() == b"now a file"


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"dir/a": "B"}, False),
        ({"dir/l": "-> b"}, False),
        ({"dir/new": ""}, False),
        ({"outside": "x"}, True),
    ],
)
def test_the_digest_is_of_what_is_below(changed, same):
    files = {"dir": None, "dir/a": "A", "dir/l": "-> a", "outside": ""}
    first, second = (Tree.from_tar(archive(each)) for each in (files, {**files, **changed}))
    assert (first.digest("dir") == second.digest("dir")) is same


def test_an_empty_context_is_a_tree():
    assert [path for path, _ in Tree.from_tar(io.BytesIO()).walk("")] == [""]
    assert Tree.from_tar(io.BytesIO(bytes(10240))).resolve("a") is None


@pytest.mark.parametrize("data", [b"x" * 2000, archive({"a": "A" * 600}).read()[:700]])
def test_a_broken_tar_is_said_to_be_one(data):
    with pytest.raises(BadParameter, match="Error processing tar file"):
        Tree.from_tar(io.BytesIO(data)).digest("")


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", -512), ("uid", -1), ("gid", 1 << 40), ("name", "a/" * 300), ("linkname", "a\0b")],
)
def test_numbers_and_names_that_no_file_has_are_refused(field, value):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("a")
        info.type = tarfile.SYMTYPE
        setattr(info, field, value)
        if field == "linkname":
            info.pax_headers = {"linkpath": value}
            tar.fileobj.write(info.tobuf(tarfile.PAX_FORMAT))
        else:
            tar.addfile(info)
    out.seek(0)
    with pytest.raises(BadParameter):
        Tree.from_tar(out)


@given(st.integers(0, 3583), st.binary(min_size=1, max_size=12))
def test_a_damaged_tar_is_read_or_refused(place, damage):
    data = bytearray(archive({"d": None, "d/a": "A", "l": "-> d", "h": "= d/a", "b": "B"}).read())
    data[place : place + len(damage)] = damage
    _refresh_checksums(data)
    try:
        tree = Tree.from_tar(io.BytesIO(bytes(data)), devices=True)
        tree.digest("")
    except BadParameter:
        return


def _refresh_checksums(data: bytearray) -> None:
    """So that damage to a header is not refused for its checksum alone."""
    for start in range(0, len(data) - 511, 512):
        block = data[start : start + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            data[start + 148 : start + 156] = b"%06o\0 " % sum(block)
