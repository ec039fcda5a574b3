from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pausedemo.embedded.containers.changes import changes


def whiteout(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("this user may not make a whiteout")


def copy_up(lower: Path, upper: Path) -> None:
    """As overlayfs does it with a directory: mode and times come along."""
    upper.mkdir(parents=True)
    found = lower.stat()
    upper.chmod(stat.S_IMODE(found.st_mode))
    os.utime(upper, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, list[Path]]:
    top, bottom, upper = tmp_path / "top", tmp_path / "bottom", tmp_path / "upper"
    (bottom / "etc").mkdir(parents=True)
    (bottom / "etc/passwd").write_text("root")
    (bottom / "etc/gone").write_text("x")
    (top / "etc").mkdir(parents=True)
    whiteout(top / "etc/gone")
    upper.mkdir()
    return upper, [top, bottom]


def test_nothing_changed(layers):
    assert changes(*layers) == []


def test_added_modified_and_deleted(layers):
    upper, lowers = layers
    copy_up(lowers[0] / "etc", upper / "etc")
    whiteout(upper / "etc/passwd")
    (upper / "etc/gone").write_text("back")
    (upper / "new/dir").mkdir(parents=True)
    assert changes(upper, lowers) == [
        {"Path": "/etc", "Kind": 0},
        {"Path": "/etc/gone", "Kind": 1},
        {"Path": "/etc/passwd", "Kind": 2},
        {"Path": "/new", "Kind": 1},
        {"Path": "/new/dir", "Kind": 1},
    ]


def test_a_directory_above_a_modified_file_is_not_named_for_it(layers):
    upper, lowers = layers
    copy_up(lowers[0] / "etc", upper / "etc")
    (upper / "etc/passwd").write_text("changed")
    found = (lowers[0] / "etc").stat()
    os.utime(upper / "etc", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert changes(upper, lowers) == [{"Path": "/etc/passwd", "Kind": 0}]
