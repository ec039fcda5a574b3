"""The files of an image: what is let in, and that the same files give the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.images.rootfs import FIXED_TIME, Rootfs


def read_members(rootfs: Rootfs) -> list[tuple[str, bytes, int, int, int, str, bytes]]:
    output = io.BytesIO()
    assert rootfs.write(output) == hashlib.sha256(output.getvalue()).hexdigest()
    output.seek(0)
    with tarfile.open(fileobj=output) as archive:
        return [
            (
                member.name,
                member.type,
                member.mode,
                member.uid,
                member.gid,
                member.linkname,
                _read(archive, member),
            )
            for member in archive
        ]


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    assert member.mtime == FIXED_TIME
    content = archive.extractfile(member) if member.isfile() else None
    return content.read() if content else b""


def test_files_folders_and_links_keep_mode_owner_and_order() -> None:
    rootfs = Rootfs(empty=True)
    rootfs.add_symlink("b/link", "/a")
    rootfs.add_file("/a", b"text", mode=0o4755, uid=1000, gid=33)
    rootfs.add_folder("tmp", mode=0o1777)
    assert read_members(rootfs) == [
        ("a", tarfile.REGTYPE, 0o4755, 1000, 33, "", b"text"),
        ("b", tarfile.DIRTYPE, 0o755, 0, 0, "", b""),
        ("b/link", tarfile.SYMTYPE, 0o777, 0, 0, "/a", b""),
        ("tmp", tarfile.DIRTYPE, 0o1777, 0, 0, "", b""),
    ]


def test_the_same_files_give_the_same_bytes_in_whatever_order_they_come(tmp_path: Path) -> None:
    outputs = []
    for names in (("x", "y"), ("y", "x")):
        folder = tmp_path / names[0]
        folder.mkdir()
        rootfs = Rootfs()
        for time, name in enumerate(names):
            (folder / name).write_text(name)
            os.utime(folder / name, (time, time))
            rootfs.add_file(name, folder / name)
        output = io.BytesIO()
        rootfs.write(output)
        outputs.append(output.getvalue())
    assert outputs[0] == outputs[1]


def test_bin_and_lib_are_below_usr() -> None:
    rootfs = Rootfs()
    rootfs.add_file("bin/tool", b"")
    assert "usr/bin/tool" in rootfs
    assert "/sbin/tool" not in rootfs
    members = {name: target for name, _, _, _, _, target, _ in read_members(rootfs)}
    assert (members["bin"], members["lib"]) == ("usr/bin", "usr/lib")


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/", "", "a/..", "a\0b"])
def test_a_path_that_is_not_below_the_root_is_refused(path: str) -> None:
    with pytest.raises(PausedemoError, match="not a path below its root"):
        Rootfs().add_file(path, b"")


def test_a_file_below_a_link_is_refused() -> None:
    rootfs = Rootfs()
    rootfs.add_symlink("etc", "/var")
    with pytest.raises(PausedemoError, match="/etc is no folder"):
        rootfs.add_file("etc/passwd", b"")


def test_a_folder_does_not_become_a_file() -> None:
    with pytest.raises(PausedemoError, match="it is a folder already"):
        Rootfs().add_file("tmp", b"")


def test_a_tree_comes_with_links_and_without_what_is_declined(tmp_path: Path) -> None:
    (tmp_path / "in/keep").mkdir(parents=True)
    (tmp_path / "in/keep/a.js").write_text("a")
    (tmp_path / "in/drop").mkdir()
    (tmp_path / "in/drop/b.js").write_text("b")
    (tmp_path / "in/link").symlink_to("keep")
    (tmp_path / "in/keep/a.js").chmod(0o640)
    rootfs = Rootfs(empty=True)
    rootfs.add_tree(tmp_path / "in", "t", owner=(1, 2), keep=lambda path: path.name != "drop")
    assert [
        (name, mode, uid, gid, target, content)
        for name, _, mode, uid, gid, target, content in read_members(rootfs)
        if name not in ("t", "t/keep")
    ] == [("t/keep/a.js", 0o640, 1, 2, "", b"a"), ("t/link", 0o777, 1, 2, "keep", b"")]


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PausedemoError, match="not a file, folder or link"):
        Rootfs().add_copy(tmp_path / "pipe", "pipe")
