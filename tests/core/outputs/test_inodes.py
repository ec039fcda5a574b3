from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.outputs.inodes import KINDS, parse_namespaces
from pausedemo.errors import ParseError
from tests.core.captures import capture_names, cuts, read_capture

ALL = {
    "cgroup": 4026531835,
    "ipc": 4026532182,
    "mnt": 4026532180,
    "net": 4026532184,
    "pid": 4026532183,
    "pid_for_children": 4026532183,
    "time": 4026531834,
    "time_for_children": 4026531834,
    "user": 4026531837,
    "uts": 4026532181,
}
CAPTURES = {
    "busybox": ALL,
    "coreutils": ALL,
    "coreutils-tty": ALL,
    "coreutils-two-links": {"net": ALL["net"], "pid": ALL["pid"]},
}
# capture -> why: a zombie has left its namespaces; BusyBox colours names on a terminal.
REFUSED = ("busybox-tty", "busybox-zombie", "coreutils-zombie")


def test_every_capture_is_looked_at() -> None:
    assert capture_names("namespaces") == sorted([*CAPTURES, *REFUSED])


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_give_each_link_its_inode(name: str) -> None:
    text = read_capture("namespaces", name)
    assert dict(parse_namespaces(text)) == CAPTURES[name]
    assert parse_namespaces(text.rstrip("\r\n")) == parse_namespaces(text)


@pytest.mark.parametrize("name", REFUSED)
def test_a_link_that_could_not_be_read_is_an_error(name: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_namespaces(read_capture("namespaces", name))
    assert caught.value.line_number == 2


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_cut_anywhere_gives_whole_links_only(name: str) -> None:
    text = read_capture("namespaces", name)
    whole = list(parse_namespaces(text).items())
    parsed = 0
    for cut in cuts(text):
        try:
            links = list(parse_namespaces(cut).items())
        except ParseError:
            continue
        parsed += 1
        assert links
        assert links == whole[: len(links)]
    assert parsed >= len(whole)


ROW = "lrwxrwxrwx 1 root root 0 Nov 24 04:01 "


@pytest.mark.parametrize(
    ("text", "line_number"),
    [
        ("", 1),
        ("total 0\n", 1),
        ("ls: /proc/1/ns: Permission denied\n", 1),
        (ROW + "net -> net:[1]\ntotal 0\n", 2),
        (ROW + "net -> net:[1]\n" + ROW + "net -> net:[1]\n", 2),
        (ROW + "net -> pid:[1]\n", 1),
        (ROW + "vfs -> vfs:[1]\n", 1),
        (ROW + "net -> 'net:[1]\n", 1),
        (ROW + "net -> net:[]\n", 1),
        (ROW + "net -> net:[" + "1" * 5000 + "]\n", 1),
        ("-" + ROW[1:] + "net -> net:[1]\n", 1),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_line(text: str, line_number: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse_namespaces(text)
    assert caught.value.line_number == line_number


@given(st.dictionaries(st.sampled_from(list(KINDS)), st.integers(1, 2**64 - 1), min_size=1))
def test_a_printed_listing_reads_back(inodes: dict[str, int]) -> None:
    rows = [f"{ROW}{link} -> {KINDS[link]}:[{inode}]" for link, inode in inodes.items()]
    assert parse_namespaces("\n".join(["total 0", *rows])) == inodes


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for start in ("", "total 0\n", ROW + "net -> net:[1]\n"):
        try:
            links = set(parse_namespaces(start + text))
        except ParseError:
            continue
        assert set() < links <= set(KINDS)
