from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile

import pytest

from pausedemo.embedded.images.layers import unroll_layer
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.treetar import write_tree
from tests.embedded.images.conftest import SMALL, is_root
from tests.embedded.images.tars import digest, entry, folder, hard_link, link, make_tar

needs_root = pytest.mark.skipif(not is_root(), reason="owners and trusted attributes need root")


@pytest.fixture
def unroll(tmp_path, ways):
    target = tmp_path / "layer"
    target.mkdir()

    def unroll(data: bytes):
        made = unroll_layer(io.BytesIO(data), target, ways, SMALL)
        return target, made

    return unroll


def list_tree(root):
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        name = str(path.relative_to(root))
        if stat.S_ISLNK(mode):
            found[name] = f"-> {path.readlink()}"
        elif stat.S_ISDIR(mode):
            found[name] = "dir"
        elif stat.S_ISCHR(mode):
            found[name] = "whiteout" if path.lstat().st_rdev == 0 else "device"
        else:
            found[name] = path.read_bytes()
    return found


def test_files_directories_links_and_fifos_are_written(unroll):
    tree, made = unroll(
        make_tar(
            folder("bin", mtime=12),
            entry("bin/pause", b"ELF", mode=0o4755, mtime=1_700_000_000),
            hard_link("bin/other", "bin/pause"),
            link("sh", "bin/../../../etc/passwd"),
            entry("made/on/the/way", b"x"),
            entry("pipe", type=tarfile.FIFOTYPE),
        )
    )
    (tree / "pipe").unlink()
    assert list_tree(tree) == {
        "bin": "dir", "bin/other": b"ELF", "bin/pause": b"ELF", "made": "dir", "made/on": "dir",
        "made/on/the": "dir", "made/on/the/way": b"x", "sh": "-> bin/../../../etc/passwd",
    }  # fmt: skip
    found = (tree / "bin/pause").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_mtime, found.st_nlink) == (0o4755, 1.7e9, 2)
    assert (tree / "bin").stat().st_mtime == 12
    assert made.size == 4


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_the_diff_id_is_of_the_plain_tar_whatever_the_compression(unroll, pack):
    plain = make_tar(entry("a", b"b"))
    _, made = unroll(pack(plain))
    assert (made.diff_id, made.tar_size) == (digest(plain), len(plain))


def test_zstd_is_read_where_there_is_a_library(unroll):
    zstandard = pytest.importorskip("zstandard")
    plain = make_tar(entry("a", b"b"))
    _, made = unroll(zstandard.ZstdCompressor().compress(plain))
    assert made.diff_id == digest(plain)


@pytest.mark.parametrize("data", [b"", b"\0" * 1024, b"\0" * 512])
def test_an_empty_layer_is_one(unroll, data):
    tree, made = unroll(data)
    assert (list_tree(tree), made.diff_id) == ({}, digest(data))


@needs_root
def test_owners_and_capabilities_are_kept_and_orders_to_overlayfs_are_not(unroll):
    cap = b"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    headers = {
        "SCHILY.xattr.security.capability": cap.decode("utf-8", "surrogateescape"),
        "SCHILY.xattr.trusted.overlay.redirect": "/etc",
        "SCHILY.xattr.user.overlay.redirect": "/etc",
    }
    tree, _ = unroll(make_tar(entry("ping", b"x", uid=12, gid=34, pax_headers=headers)))
    found = (tree / "ping").stat()
    assert (found.st_uid, found.st_gid) == (12, 34)
    assert os.listxattr(tree / "ping") == ["security.capability"]
    assert os.getxattr(tree / "ping", "security.capability") == cap


def test_whiteouts_become_overlayfs_s(unroll, ways):
    tree, _ = unroll(
        make_tar(
            entry(".wh.gone", b""),
            folder("new"),
            entry("new/.wh..wh..opq", b""),
            entry("both/x", b"kept"),
            entry(".wh.both", b""),
            entry(".wh.again", b""),
            folder("again"),
            entry(".wh..wh.plnk/1.2", b"aufs"),
        )
    )
    assert list_tree(tree) == {
        "again": "dir", "both": "dir", "both/x": b"kept", "gone": "whiteout", "new": "dir",
    }  # fmt: skip
    for opaque in ("new", "both", "again"):
        assert os.getxattr(tree / opaque, ways.opaque_xattr) == b"y"


def sparse_tar(size):
    """A GNU sparse file, as tar -S writes one."""
    out = io.BytesIO()
    head = tarfile.TarInfo("hole")
    head.size = 1024
    head.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "hole",
        "GNU.sparse.realsize": str(size),
    }  # fmt: skip
    with tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        data = b"1\n4096\n512\n".ljust(512, b"\0") + b"d" * 512
        tar.addfile(head, io.BytesIO(data))
    return out.getvalue()


def test_a_sparse_file_keeps_its_holes(unroll):
    tree, _ = unroll(sparse_tar(1024 * 1024))
    found = (tree / "hole").read_bytes()
    assert found == (b"\0" * 4096 + b"d" * 512).ljust(1024 * 1024, b"\0")
    assert (tree / "hole").stat().st_blocks * 512 < 512 * 1024


def test_a_later_entry_takes_the_place_of_an_earlier_one(unroll):
    tree, _ = unroll(
        make_tar(
            entry("a", b"1"),
            entry("a", b"2"),
            folder("d"),
            entry("d/x", b"gone"),
            entry("d", b"file"),
            link("l", "/etc"),
            folder("l"),
            entry("l/inside", b"x"),
            link("in", "l"),
            entry("in/too", b"y"),
        )
    )
    assert list_tree(tree) == {
        "a": b"2", "d": b"file", "in": "-> l", "l": "dir", "l/inside": b"x", "l/too": b"y",
    }  # fmt: skip


GOOD = make_tar(entry("a", b"x" * 2000), entry("b", b"y"))
HOSTILE = {
    "absolute name": make_tar(entry("/tmp/x", b"")),
    "name that leads out": make_tar(entry("a/../../x", b"")),
    "through an absolute link": make_tar(link("l", "/tmp"), entry("l/x", b"")),
    "through a relative link": make_tar(link("l", "../.."), entry("l/x", b"")),
    "through a chain": make_tar(link("a", "b"), link("b", ".."), entry("a/x", b"")),
    "link in a loop": make_tar(link("a", "b"), link("b", "a"), entry("a/x", b"")),
    "directory through a link out": make_tar(link("l", "/"), folder("l/x")),
    "hard link out": make_tar(hard_link("h", "/etc/passwd")),
    "hard link up": make_tar(hard_link("h", "../../etc/passwd")),
    "hard link through a link": make_tar(link("l", "/etc"), hard_link("h", "l/passwd")),
    "hard link to nothing": make_tar(hard_link("h", "missing")),
    "hard link to a directory": make_tar(folder("d"), hard_link("h", "d")),
    "hard link to the root": make_tar(folder("d"), hard_link("h", ".")),
    "through a file": make_tar(entry("f", b""), entry("f/x", b"")),
    "block device": make_tar(entry("sda", type=tarfile.BLKTYPE, devmajor=8)),
    "character device": make_tar(entry("mem", type=tarfile.CHRTYPE, devmajor=1, devminor=1)),
    "whiteout of the parent": make_tar(entry("d/.wh...", b"")),
    "whiteout of itself": make_tar(entry("d/.wh..", b"")),
    "whiteout of nothing": make_tar(entry("d/.wh.", b"")),
    "file in a whiteout": make_tar(entry(".wh.d/x", b"")),
    "whiteout through a link out": make_tar(link("l", "/tmp"), entry("l/.wh.x", b"")),
    "opaque through a link out": make_tar(link("l", "/tmp"), entry("l/.wh..wh..opq", b"")),
    "long name": make_tar(entry("x" * 300, b"")),
    "deep name": make_tar(entry("/".join("d" * 300), b"")),
    "unknown type": make_tar(entry("x", type=b"V")),
    "many entries": make_tar(*(entry(f"f{number}", b"") for number in range(600))),
    "many parents": make_tar(*(entry(f"{n}/a/b/c/d/e", b"") for n in range(100))),
    "many bytes": make_tar(entry("x", b"\0" * (9 * 1024 * 1024))),
    "ratio": gzip.compress(make_tar(entry("x", b"\0" * (2 * 1024 * 1024)))),
    "sparse giant": sparse_tar(1 << 40),
    "giant header": make_tar(entry("x", b"", pax_headers={"comment": "y" * 100_000})),
    "huge owner": make_tar(entry("x", b"", uid=2**40)),
    "impossible time": make_tar(entry("x", b"", pax_headers={"mtime": "1e300"})),
    "cut in the data": GOOD[:1000],
    "cut in a header": GOOD[:2800],
    "garbage for a header": GOOD[:2560] + b"z" * 2560,
    "no tar": b"not a tar at all" * 100,
    "cut gzip": gzip.compress(make_tar(entry("r", os.urandom(4000))))[:2000],
    "broken xz": lzma.compress(GOOD)[:60] + b"xxxx" + lzma.compress(GOOD)[64:],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_tar_is_refused(unroll, name):
    if name == "huge owner" and not is_root():
        pytest.skip("owners are left out here")
    with pytest.raises(BadArchive):
        unroll(HOSTILE[name])


def test_an_upper_directory_becomes_a_layer_and_the_layer_the_same_tree(unroll, tmp_path, ways):
    upper = tmp_path / "upper"
    (upper / "d/opaque").mkdir(parents=True)
    os.setxattr(upper / "d/opaque", ways.opaque_xattr, b"y")
    os.mknod(upper / "d/gone", stat.S_IFCHR, os.makedev(0, 0))
    if is_root():
        os.mknod(upper / "d/device", stat.S_IFCHR, os.makedev(1, 3))
        os.chown(upper / "d", 5, 6)
    (upper / "file").write_bytes(b"data")
    (upper / "file").chmod(0o4711)
    os.link(upper / "file", upper / "same")
    (upper / "d/link").symlink_to("/etc")
    out = io.BytesIO()
    write_tree(upper, out, ways)
    tree, _ = unroll(out.getvalue())
    assert list_tree(tree) == {
        "d": "dir", "d/gone": "whiteout", "d/link": "-> /etc", "d/opaque": "dir",
        "file": b"data", "same": b"data",
    }  # fmt: skip
    assert os.getxattr(tree / "d/opaque", ways.opaque_xattr) == b"y"
    found = (tree / "file").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_nlink) == (0o4711, 2)
    owner = (5, 6) if is_root() else (os.geteuid(), os.getegid())
    assert ((tree / "d").stat().st_uid, (tree / "d").stat().st_gid) == owner
    again = io.BytesIO()
    write_tree(tree, again, ways)
    assert again.getvalue() == out.getvalue()
