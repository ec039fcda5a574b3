"""Who shares which namespace, on a terminal."""

from __future__ import annotations

import io
import textwrap

import pytest
from rich.console import Console

from pausedemo.core.verdicts.results import Portrait
from pausedemo.report.console.paint import Painter
from pausedemo.report.console.sharing import print_sharing
from pausedemo.report.html.portrait.sharing import compute_sharing
from tests.report.portraits import NODE, PAUSE_TEST, PAUSE_TEST2, resident


def draw(portrait: Portrait, encoding: str = "utf-8", width: int = 100) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    console = Console(file=file, width=width, force_terminal=False)
    print_sharing(Painter(console), compute_sharing(portrait))
    file.flush()
    buffer = file.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(encoding)


def test_shared_namespaces_stand_at_one_bracket() -> None:
    assert draw(PAUSE_TEST).partition("\n\n")[0] + "\n" == textwrap.dedent("""\
                    net            ipc            uts            pid            mnt
        POD       ╭ 4026532285   ╭ 4026532283   ╭ 4026532282   · 4026532284   · 4026532281
        busybox   ├ 4026532285   ├ 4026532283   ├ 4026532282   · 4026532289   · 4026532286
        ghost     ├ 4026532285   ├ 4026532283   ├ 4026532282   · 4026532294   · 4026532291
        nginx     ╰ 4026532285   ╰ 4026532283   ╰ 4026532282   · 4026532299   · 4026532296
        """)


@pytest.mark.parametrize("width", [100, 82, 81, 80, 77, 76, 72])
def test_a_drawing_fits_a_terminal_that_has_room_for_it(width: int) -> None:
    rows = draw(PAUSE_TEST, width=width).splitlines()[:5]
    assert max(map(len, rows)) <= width
    assert [row.split() for row in rows] == [
        row.split() for row in draw(PAUSE_TEST).splitlines()[:5]
    ]


def test_a_shared_pid_namespace_is_one_bracket_as_well() -> None:
    rows = draw(PAUSE_TEST2).splitlines()[1:5]
    assert [row.split()[7:9] for row in rows] == [
        [bracket, "4026532304"] for bracket in ("╭", "├", "├", "╰")
    ]


def test_the_words_below_name_each_namespace() -> None:
    words = " ".join(draw(PAUSE_TEST).partition("\n\n")[2].split())
    assert "net:[4026532285] is shared by POD, busybox, ghost and nginx." in words
    assert "All are in the machine's own cgroup:[4026531835]" in words


def test_what_is_the_machines_is_told_apart() -> None:
    host = resident("p", "a", 4026532281, {"net": NODE["net"]})
    row = draw(Portrait((host,), NODE)).splitlines()[1]
    assert row.split()[:3] == ["a", "◆", str(NODE["net"])]


@pytest.mark.parametrize("portrait", [PAUSE_TEST, PAUSE_TEST2])
def test_a_console_without_brackets_gets_others(portrait: Portrait) -> None:
    rows = draw(portrait, "ascii").splitlines()[1:5]
    assert [row.split()[1] for row in rows] == ["/", "|", "|", "\\"]
