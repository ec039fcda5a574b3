"""Root filesystems of Debian releases: from where, made once, kept while in use."""

import pytest

from engines import roots
from engines.roots import remove_unused, render_sources, use_root

SIGNED = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


@pytest.mark.parametrize(
    ("own", "suite", "expected"),
    [
        ("http://m/debian bookworm main", "trixie", "http://m/debian trixie main"),
        ("http://m/debian bookworm-updates main", "trixie", "http://m/debian trixie-updates main"),
        ("http://m/sec bookworm-security main", "trixie", "http://m/sec trixie-security main"),
        ("http://m/debian stable main", "trixie", "http://m/debian trixie main"),
        ("http://m/debian oldstable-updates main", "sid", "http://m/debian sid-updates main"),
        ("http://m/bookworm/x trixie main", "bookworm", "http://m/bookworm/x bookworm main"),
    ],
)
def test_only_the_suite_is_another(own, suite, expected):
    assert render_sources([f"{SIGNED} {own}"], suite) == f"{SIGNED} {expected}\n"


def test_every_source_is_taken_in_order():
    own = [f"{SIGNED} http://a/ bookworm main", f"{SIGNED} http://b/ bookworm-security main"]
    assert render_sources(own, "trixie").splitlines() == [
        f"{SIGNED} http://a/ trixie main",
        f"{SIGNED} http://b/ trixie-security main",
    ]


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Every root filesystem that was made, in an empty cache: suite and packages."""
    made = []

    def build(workshop, suite, packages):
        made.append((suite, packages))
        folder = workshop.folder / "root"
        folder.mkdir()
        return folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(roots, "_build", build)
    return made


def test_a_root_is_made_once_whatever_the_order_of_its_packages(built):
    with use_root("trixie", ["b", "a"]) as first, use_root("trixie", ["a", "b"]) as second:
        assert first == second
        assert first.is_dir()
    with use_root("trixie", ["a"]) as third, use_root("bookworm", ["a"]) as fourth:
        assert len({first, third, fourth}) == 3
    assert built == [("trixie", ("a", "b")), ("trixie", ("a",)), ("bookworm", ("a",))]


def test_a_root_that_could_not_be_made_leaves_nothing(built, monkeypatch):
    def fail(workshop, *_):
        (workshop.folder / "half").mkdir()
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(roots, "_build", fail)
        with pytest.raises(ZeroDivisionError), use_root("trixie", ["a"]):
            pass
    with use_root("trixie", ["a"]) as root:
        left = {entry.name for entry in root.parent.iterdir()}
        assert left == {root.name, f"{root.name}.lock"}
    assert built == [("trixie", ("a",))]


def test_only_roots_that_nobody_uses_are_removed(built):
    with use_root("trixie", ["a"]) as unused:
        pass
    with use_root("trixie", ["b"]) as used:
        assert remove_unused() == (unused,)
        assert used.is_dir()
    assert not unused.exists()
    with use_root("trixie", ["a"]) as again:
        assert again == unused
    assert len(built) == 3
