from __future__ import annotations

import os
import stat
import tarfile

import pytest

from pausedemo.embedded.build.merged import Merged
from pausedemo.embedded.errors import NotFound


@pytest.fixture
def merged(tmp_path):
    """A link that leads out of the directory would reach the machine's own files."""
    top, bottom = tmp_path / "top", tmp_path / "bottom"
    for directory in (bottom / "etc", bottom / "gone", bottom / "hidden", top / "etc"):
        directory.mkdir(parents=True)
    (bottom / "etc/passwd").write_text("bottom")
    (bottom / "etc/group").write_text("bottom")
    (bottom / "hidden/below").write_text("x")
    (bottom / "file").write_text("x")
    (top / "etc/passwd").write_text("top")
    (top / "etc/out").symlink_to("../../../../etc/passwd")
    (top / "link").symlink_to("/etc")
    (top / "circle").symlink_to("circle")
    (top / "hidden").write_text("now a file")
    try:
        os.mknod(top / "gone", stat.S_IFCHR | 0o600, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("this user may not make a whiteout")
    return Merged([top, bottom])


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/", "/"),
        ("/etc/passwd", "/etc/passwd"),
        ("/link/passwd", "/etc/passwd"),
        ("/link/../file", "/file"),
        ("/etc/out", "/etc/passwd"),
        ("/../file", "/file"),
        ("/gone", None),
        ("/hidden/below", None),
        ("/circle", None),
        ("/none", None),
        ("/file/x", None),
    ],
)
def test_links_stay_within_the_image(merged, path, real):
    found = merged.stat(path)
    assert (found and found.path) == real


def content(merged, path):
    with merged.read(path) as file, tarfile.open(fileobj=file) as tar:
        found = {}
        for info in tar:
            data = tar.extractfile(info) if info.isreg() else None
            found[info.name] = data.read().decode() if data else info.linkname
        return found


def test_the_topmost_layer_counts(merged):
    assert content(merged, "/link") == {
        ".": "",
        "./group": "bottom",
        "./out": "../../../../etc/passwd",
        "./passwd": "top",
    }
    assert content(merged, "/etc/out") == {"passwd": "top"}
    assert sorted(content(merged, "/")) == [
        ".", "./circle", "./etc", "./etc/group", "./etc/out", "./etc/passwd", "./file",
        "./hidden", "./link",
    ]  # fmt: skip


def test_what_is_not_there_is_not_found(merged):
    with pytest.raises(NotFound):
        merged.read("/gone")


def test_no_layers_are_nothing():
    assert Merged([]).stat("/") is None
