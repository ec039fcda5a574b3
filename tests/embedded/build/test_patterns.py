from __future__ import annotations

import pytest

from pausedemo.embedded.build.patterns import compile_pattern, has_wildcards, is_ignored
from pausedemo.embedded.errors import BadParameter


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a", True),
        ("*", "a/b", False),
        ("*/b", "a/b", True),
        ("?", "ab", False),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        ("[^a]", "/", False),
        ("a.b", "axb", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("[a&&b]", "&", True),
    ],
)
def test_go_patterns(pattern, path, matches):
    assert bool(compile_pattern(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize("pattern", ["[a", "a\\", "[z-a]"])
def test_unfinished_patterns_are_refused(pattern):
    with pytest.raises(BadParameter, match="syntax error in pattern"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("path", "answer"), [("a*", True), ("a?", True), ("[a]", True), (r"a\*", False), ("a", False)]
)
def test_wildcards_are_seen_unless_escaped(path, answer):
    assert has_wildcards(path) is answer


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("Dockerfile", "Dockerfile", True),
        ("# Dockerfile", "Dockerfile", False),
        ("*", "Dockerfile", True),
        ("*\n!Dockerfile", "Dockerfile", False),
        ("!Dockerfile\n*", "Dockerfile", True),
        ("/Dockerfile/", "Dockerfile", True),
        ("a", "a/b", True),
        ("**/b", "b", True),
        ("**/b", "x/y/b", True),
        ("a/**", "a/x/y", True),
        ("*.md", "a/x.md", False),
        ("", "a", False),
    ],
)
def test_dockerignore(text, path, ignored):
    assert is_ignored(text, path) is ignored
