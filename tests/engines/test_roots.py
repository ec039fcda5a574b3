"""The sources of another Debian release, from this machine's own."""

import pytest

from engines.roots import render_sources

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
