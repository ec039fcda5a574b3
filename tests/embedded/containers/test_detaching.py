"""Keys that detach: their names, and how they are found in what is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.containers.detaching import DEFAULT_KEYS, KeyWatcher, parse_keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", b""),
        ("ctrl-p,ctrl-q", DEFAULT_KEYS),
        ("a", b"a"),
        ("ctrl-a,a,A", b"\x01aA"),
        ("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", b"\0\x1b\x1c\x1d\x1e\x1f"),
        ("DEL, ", b"\x7f "),
    ],
)
def test_keys_have_names(text, keys):
    assert parse_keys(text) == keys


# All of them asked of dockerd 20.10.
@pytest.mark.parametrize(
    "text", [",", "ctrl-a,,b", "ctrl-A", "CTRL-a", "ctrl-1", "ctrl-", "del", "foo", "ä", "ctrl-ä"]
)
def test_a_key_that_has_no_name_is_refused(text):
    with pytest.raises(ValueError, match="unknown character"):
        parse_keys(text)


# Captured from dockerd 20.10: what the terminal of ``cat`` was given.
@pytest.mark.parametrize(
    ("keys", "typed", "passed", "left"),
    [
        (b"", [b"abc\n", b"\x10\x11"], b"abc\n", True),
        (b"", [b"\x10", b"\x11"], b"", True),
        (b"", [b"x\x10\x11y"], b"x", True),
        (b"", [b"\x10\x10\x11\n"], b"\x10\x10\x11\n", False),
        (b"", [b"a\x10b\n"], b"a\x10b\n", False),
        (b"", [b"\x10", b"b\n"], b"\x10b\n", False),
        (b"", [b"ab\x10"], b"ab", False),
        (b"abc", [b"xab", b"abc\n"], b"xababc\n", False),
        (b"abc", [b"xab", b"c\n"], b"x", True),
    ],
)
def test_the_keys_are_found_wherever_the_pieces_end(keys, typed, passed, left):
    watcher, given_on = KeyWatcher(keys), b""
    for piece in typed:
        part, is_left = watcher.feed(piece)
        given_on += part
    assert (given_on, is_left) == (passed, left)


@given(st.binary(max_size=30), st.integers(1, 30))
def test_other_keys_pass_whole(data, size):
    typed = data.replace(b"\x10", b"")
    watcher = KeyWatcher(b"")
    pieces = [watcher.feed(typed[at : at + size]) for at in range(0, len(typed), size)]
    assert b"".join(part for part, _ in pieces) == typed
    assert not any(is_left for _, is_left in pieces)
