"""Debian's packages, on a Debian machine; what is said elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.host import Tool
from pausedemo.images import debian
from pausedemo.images.workshop import Workshop

RELEASE, CODENAME = debian.read_release()
on_debian = pytest.mark.skipif(not RELEASE.startswith("debian"), reason="this is not Debian")
needs_mmdebstrap = pytest.mark.skipif(
    not RELEASE.startswith("debian") or os.geteuid() != 0 or not shutil.which("mmdebstrap"),
    reason="needs Debian, root and mmdebstrap (Debian: mmdebstrap)",
)


@on_debian
def test_only_debians_own_main_of_this_release_is_used() -> None:
    sources = debian.read_sources(CODENAME)
    assert sources
    for source in sources:
        kind, signed, uri, suite, component = source.split()
        assert (kind, component) == ("deb", "main")
        assert signed == "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        assert uri.partition(":")[0]
        assert suite.startswith(CODENAME)


def test_the_sources_of_others_and_of_other_releases_are_left_out() -> None:
    rows = """\
http://mirror/debian/|bookworm|main|Debian|bookworm
http://mirror/debian/|bookworm|contrib|Debian|bookworm
http://mirror/debian/|oldstable-updates|main|Debian|bookworm-updates
http://mirror/debian/|bookworm-backports|main|Debian Backports|bookworm-backports
http://mirror/debian/|sid|main|Debian|sid
http://mirror/security/|bookworm-security|main|$(ORIGIN)|$(CODENAME)
http://mirror/never/|trixie|main|$(ORIGIN)|$(CODENAME)
https://elsewhere/|bookworm|main|Elsewhere|bookworm
http://mirror/debian/|bookworm|main|Debian|bookworm
"""
    signed = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    assert debian.parse_sources(rows, "bookworm") == (
        f"{signed} http://mirror/debian/ bookworm main",
        f"{signed} http://mirror/debian/ oldstable-updates main",
        f"{signed} http://mirror/security/ bookworm-security main",
    )


@on_debian
def test_a_release_that_apt_does_not_know_is_told() -> None:
    with pytest.raises(PausedemoError, match="no source of Debian no-such main"):
        debian.read_sources("no-such")


@needs_mmdebstrap
def test_a_package_comes_with_its_files_and_version(tmp_path: Path) -> None:
    root = debian.fetch_packages(Workshop(tmp_path, lambda _: None), ("busybox-static",))
    assert debian.find_file(root, "usr/bin/busybox").stat().st_size > 1_000_000
    assert debian.read_package_version(root, "busybox-static").startswith("1:1.")
    with pytest.raises(PausedemoError, match="have no usr/bin/nothing"):
        debian.find_file(root, "usr/bin/nothing")
    with pytest.raises(PausedemoError, match="version of nothing"):
        debian.read_package_version(root, "nothing")


@needs_mmdebstrap
def test_a_package_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PausedemoError, match=r"mmdebstrap ended with .*no-such-package"):
        debian.fetch_packages(Workshop(tmp_path, lambda _: None), ("no-such-package",))


@pytest.mark.parametrize(
    ("release", "uid", "words"),
    [
        (("ubuntu24.04", "noble"), 0, "on Debian only; this is ubuntu24.04"),
        (("debian12", "bookworm"), 1000, "no-newuidmap"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_fetched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    release: tuple[str, str],
    uid: int,
    words: str,
) -> None:
    monkeypatch.setattr(debian, "read_release", lambda: release)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(debian, "USER_TOOLS", (Tool("no-newuidmap", "uidmap"),))
    with pytest.raises(PausedemoError, match=words):
        debian.fetch_packages(Workshop(tmp_path, lambda _: None), ("busybox-static",))
    assert list(tmp_path.iterdir()) == []
