from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.report.text import (
    Excerpt,
    describe_attempts,
    describe_steps,
    excerpt_output,
    format_duration,
    format_totals,
    join_lines,
    list_known,
    list_stale,
    list_substitutes,
    make_visible,
)
from tests.report.example import EXAMPLE, OTHER_ENGINE


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("plain\ttab\nline", "plain\ttab\nline"),
        ("é ✓ 日本 😀", "é ✓ 日本 😀"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2Jcleared", r"\x1b[2Jcleared"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\nb", "a\nb"),
        ("10%\r20%", r"10%\r20%"),
        ("nul\0del\x7f", r"nul\x00del\x7f"),
        ("c1\x9b31m", r"c1\x9b31m"),
        ("turn\u202eed", r"turn\u202eed"),
        ("separated\u2028line", r"separated\u2028line"),
        ("half\udc80", r"half\udc80"),
        ("no character\uffff", r"no character\uffff"),
    ],
)
def test_unsafe_characters_become_visible(text: str, visible: str) -> None:
    assert make_visible(text) == visible


@given(st.text(st.characters()))
def test_visible_text_stays_as_it_is_and_has_no_control_characters(text: str) -> None:
    visible = make_visible(text)
    assert make_visible(visible) == visible
    assert [c for c in visible if c != "\n" and c != "\t" and not c.isprintable() and c < " "] == []
    visible.encode("utf-8")


def test_joined_text_is_one_line() -> None:
    assert join_lines("  a\n\n b\tc\r\n") == "a b c"


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("", Excerpt((), 0, ())),
        ("\n \n", Excerpt((), 0, ())),
        ("a\n\nb\n", Excerpt(("a", "", "b"), 0, ())),
        ("1\n2\n3\n4", Excerpt(("1", "2", "3", "4"), 0, ())),
        ("1\n2\n3\n4\n5", Excerpt(("1", "2"), 2, ("5",))),
        ("a\tb", Excerpt(("a       b",), 0, ())),
        ("x" * 503, Excerpt(("x" * 500 + " (and 3 more characters)",), 0, ())),
    ],
)
def test_an_excerpt_holds_the_first_and_last_lines(text: str, excerpt: Excerpt) -> None:
    assert excerpt_output(text, head=2, tail=1) == excerpt


def test_an_excerpt_says_how_much_it_left_out() -> None:
    assert excerpt_output("1\n2\n3\n4\n5", 2, 1).note == "... 2 of 5 lines left out ..."


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.0, "0.0 s"),
        (1.26, "1.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (125.4, "2 min 5 s"),
        (3600, "60 min 0 s"),
    ],
)
def test_durations_are_read_easily(duration_s: float, text: str) -> None:
    assert format_duration(duration_s) == text


def test_totals_name_what_occurred() -> None:
    assert format_totals(EXAMPLE) == "3 scenarios: 1 passed, 1 failed, 1 error"


def test_substitutes_are_named_and_other_images_are_not() -> None:
    assert list_substitutes(EXAMPLE) == [
        "nginx:1.22.1 stands in for nginx:1.9.1",
        "ghost:5.130.6 stands in for ghost:3.21",
    ]


def test_known_and_stale_differences_name_scenario_step_engine_and_reason() -> None:
    assert list_known(OTHER_ENGINE) == [
        "ipc-share, /dev/shm is the same file system: known difference (podman<4): mounts a "
        "/dev/shm of its own into a container that joins another's IPC namespace"
    ]
    assert list_stale(OTHER_ENGINE) == [
        "ipc-share, the host name is the pod's: listed difference not seen (podman): gives each "
        "container a UTS namespace of its own"
    ]
    assert [*list_known(EXAMPLE), *list_stale(EXAMPLE)] == []


def test_a_scenario_says_how_its_steps_and_attempts_went() -> None:
    assert [(describe_attempts(one), describe_steps(one)) for one in OTHER_ENGINE.scenarios] == [
        ("", "2 of 3 steps passed, 1 known difference"),
        ("3 of 13 attempts went wrong", "0 of 1 step passed"),
        ("", "not applicable: needs an engine that may lower an OOM score"),
        ("", "1 step"),
    ]
