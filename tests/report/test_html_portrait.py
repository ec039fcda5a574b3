from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausedemo.core.verdicts.results import Portrait
from pausedemo.report.html.portrait import draw_portrait
from pausedemo.report.html.portrait.boxes import Box
from pausedemo.report.html.portrait.drawing import draw
from pausedemo.report.html.portrait.layout import Layout, assign_tracks, compute_layout, find_runs
from pausedemo.report.html.portrait.lettering import clip, measure, wrap_name
from pausedemo.report.html.portrait.metrics import TALL, WIDE, Metrics
from pausedemo.report.html.portrait.sharing import compute_sharing, describe_sharing
from tests.report.hostile import PORTRAITS
from tests.report.portraits import BROKEN, EIGHT, MIXED, NAMED, NODE, PAUSE_TEST, TWO_PODS

SETTINGS = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None
)
SHAPES = [pytest.param(WIDE, id="wide"), pytest.param(TALL, id="tall")]
SOME = PORTRAITS.filter(lambda portrait: portrait.residents) | st.sampled_from(list(NAMED.values()))


def _lay_out(portrait: Portrait, metrics: Metrics) -> Layout:
    return compute_layout(compute_sharing(portrait), metrics)


def _overlapping(boxes: list[Box]) -> list[tuple[Box, Box]]:
    return [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)]


@pytest.mark.parametrize("metrics", SHAPES)
@SETTINGS
@given(SOME)
def test_frames_hold_what_belongs_to_them_and_nothing_overlaps(
    metrics: Metrics, portrait: Portrait
) -> None:
    layout = _lay_out(portrait, metrics)
    sharing = compute_sharing(portrait)
    canvas = Box(0, 0, *layout.size)
    containers = [container.box for container in layout.containers]
    pods = [pod.box for pod in layout.pods]
    assert _overlapping(containers) == []
    assert _overlapping(pods) == []
    assert _overlapping([lane.box for lane in layout.lanes]) == []
    assert _overlapping([*(lane.head for lane in layout.lanes), *pods, layout.machine_head]) == []
    assert canvas.holds(layout.machine)
    assert all(layout.machine.holds(box) for box in (*pods, *(one.box for one in layout.lanes)))
    for pod, (_, members) in zip(layout.pods, sharing.pods, strict=True):
        inside = [one.index for one in layout.containers if pod.box.holds(one.box)]
        assert inside == list(members)
        assert not any(pod.head.overlaps(box) for box in containers)
    assert all(one.box.holds(one.head) for one in layout.containers)


@pytest.mark.parametrize("metrics", SHAPES)
@SETTINGS
@given(SOME)
def test_a_bar_joins_exactly_the_containers_that_have_its_inode(
    metrics: Metrics, portrait: Portrait
) -> None:
    layout = _lay_out(portrait, metrics)
    sharing = compute_sharing(portrait)
    lanes = {lane.kind: lane.box for lane in layout.lanes}
    for bar in layout.bars:
        reached = Counter(
            container.index
            for container in layout.containers
            for run in bar.runs
            if run.overlaps(container.box)
        )
        kind, inode = bar.namespace.kind, bar.namespace.inode
        assert reached == {
            index: 1
            for index, resident in enumerate(sharing.residents)
            if resident.namespaces.get(kind) == inode
        }
        assert all(lanes[kind].holds(piece) for piece in (*bar.runs, *bar.links))
        assert len(bar.links) == len(bar.runs) - 1
        for link, (before, after) in zip(bar.links, pairwise(bar.runs), strict=True):
            ends = [link.y, link.bottom] if metrics.is_tall else [link.x, link.right]
            near = [before.bottom, after.y] if metrics.is_tall else [before.right, after.x]
            assert ends == pytest.approx(near)
    pieces = [[*bar.runs, *bar.links] for bar in layout.bars]
    for one, other in combinations(pieces, 2):
        assert not any(mine.overlaps(theirs) for mine in one for theirs in other)
    drawn = {(bar.namespace.kind, bar.namespace.inode) for bar in layout.bars}
    left = {(one.kind, one.inode) for one in sharing.backdrop}
    assert drawn | left == {
        pair
        for resident in portrait.residents
        for pair in resident.namespaces.items()
        if not pair[0].endswith("_for_children")
    }
    assert drawn & left == set()


@pytest.mark.parametrize("metrics", SHAPES)
@SETTINGS
@given(SOME)
def test_every_line_of_text_fits_its_place(metrics: Metrics, portrait: Portrait) -> None:
    picture = draw(compute_sharing(portrait), metrics)
    canvas = Box(0, 0, picture.width, picture.height)
    for text in picture.texts:
        assert canvas.holds(text.box)
        assert text.length <= text.room
        assert "\n" not in text.content
    assert _overlapping([text.box for text in picture.texts if "label" in text.kind]) == []


@pytest.mark.parametrize("metrics", SHAPES)
@pytest.mark.parametrize("portrait", [PAUSE_TEST, TWO_PODS, EIGHT])
def test_a_pods_inodes_are_written_whole(metrics: Metrics, portrait: Portrait) -> None:
    sharing = compute_sharing(portrait)
    picture = draw(sharing, metrics)
    labels = Counter(text.content for text in picture.texts if "label" in text.kind)
    assert labels == Counter(
        one.label if one.is_shared or not metrics.is_tall else str(one.inode)
        for one in sharing.namespaces
    )


def test_the_drawing_is_told_in_words() -> None:
    assert describe_sharing(compute_sharing(PAUSE_TEST)) == (
        "Pod pause-test: POD, busybox, ghost and nginx.",
        "net:[4026532285] is shared by POD, busybox, ghost and nginx.",
        "ipc:[4026532283] is shared by POD, busybox, ghost and nginx.",
        "uts:[4026532282] is shared by POD, busybox, ghost and nginx.",
        "POD alone is in pid:[4026532284] and mnt:[4026532281].",
        "busybox alone is in pid:[4026532289] and mnt:[4026532286].",
        "ghost alone is in pid:[4026532294] and mnt:[4026532291].",
        "nginx alone is in pid:[4026532299] and mnt:[4026532296].",
        "All are in the machine's own cgroup:[4026531835], user:[4026531837] and "
        "time:[4026531834] as well.",
    )


def test_the_machines_namespaces_are_marked_and_strangers_named() -> None:
    drawing = draw_portrait(MIXED)
    assert drawing is not None
    assert drawing.title == "Namespaces of pod host-network and others"
    assert drawing.rows[:3] == (
        ("net:[4026531840]", "the machine's", "host-network/POD, host-network/agent"),
        ("net:[4026532325]", "shared", "first, debugger"),
        ("net:[4026532335]", "its own", "second"),
    )
    wide, _ = drawing.pictures
    kinds = Counter(shape.kind for shape in wide.shapes)
    assert (kinds["bar machines ns-net"], kinds["bar shared ns-net"]) == (1, 1)
    assert kinds["machine"] == kinds["pod"] == kinds["loose"] == 1
    assert "net:[4026531840] the machine's" in {text.content for text in wide.texts}


@pytest.mark.parametrize(
    ("portrait", "title"),
    [
        (TWO_PODS, "Namespaces of pod two-shared and pod two-isolated"),
        (Portrait(MIXED.residents[2:], NODE), "Namespaces of first, debugger and second"),
        (Portrait(MIXED.residents[2:] * 2, NODE), "Namespaces of 6 containers"),
    ],
)
def test_a_title_names_the_pods_or_else_the_containers(portrait: Portrait, title: str) -> None:
    drawing = draw_portrait(portrait)
    assert drawing is not None
    assert drawing.title == title
    told = {text.content for picture in drawing.pictures for text in picture.texts}
    assert "in no pod" not in told


def test_who_shares_much_stands_together() -> None:
    names = [resident.name for resident in compute_sharing(MIXED).residents]
    assert names == ["POD", "agent", "first", "debugger", "second"]


def test_a_pods_containers_stand_in_one_order_however_they_started() -> None:
    shuffled = Portrait(tuple(reversed(TWO_PODS.residents)), NODE)
    names = [f"{one.pod}/{one.name}" for one in compute_sharing(shuffled).residents]
    pods = "two-isolated", "two-shared"
    assert names == [f"{pod}/{name}" for pod in pods for name in ("POD", "a", "b")]


def test_what_all_share_is_told_where_the_machines_own_is_unknown() -> None:
    node = {kind: inode for kind, inode in NODE.items() if kind not in ("cgroup", "mnt")}
    sharing = compute_sharing(Portrait(PAUSE_TEST.residents, node))
    assert sharing.kinds == ("net", "ipc", "uts", "pid", "mnt")
    assert describe_sharing(sharing)[-2:] == (
        "All are in the machine's own user:[4026531837] and time:[4026531834] as well.",
        "All share cgroup:[4026531835] as well.",
    )


def test_what_cannot_stand_together_is_linked() -> None:
    layout = _lay_out(BROKEN, WIDE)
    assert {bar.namespace.label: (len(bar.runs), len(bar.links)) for bar in layout.bars} == {
        "net:[1]": (2, 1),
        "net:[2]": (1, 0),
        "ipc:[11]": (1, 0),
        "ipc:[12]": (1, 0),
        "pid:[21]": (2, 1),
        "pid:[22]": (2, 1),
    }


def test_nobody_is_no_drawing_and_a_crowd_stands_in_one_column() -> None:
    assert draw_portrait(None) is None
    assert draw_portrait(Portrait((), NODE)) is None
    crowd = Portrait(EIGHT.residents * 2, NODE)
    drawing = draw_portrait(crowd)
    assert drawing is not None
    assert [picture.is_tall for picture in drawing.pictures] == [True]


@pytest.mark.parametrize(
    ("reaches", "tracks"),
    [
        ([(0, 0), (1, 1), (2, 5)], [0, 0, 0]),
        ([(0, 2), (1, 3), (3, 4)], [0, 1, 0]),
        ([(0, 5), (1, 1), (2, 2)], [0, 1, 1]),
        ([(0, 2), (2, 3)], [0, 1]),
    ],
)
def test_reaches_that_overlap_get_tracks_of_their_own(
    reaches: list[tuple[int, int]], tracks: list[int]
) -> None:
    assert assign_tracks(reaches) == tracks


def test_runs_are_stretches_without_a_gap() -> None:
    assert find_runs((0, 1, 3, 5, 6, 7)) == [(0, 1), (3, 3), (5, 7)]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("busybox", ["busybox"]),
        ("worker-number-1", ["worker-", "number-1"]),
        ("averyveryverylongname", ["averyvery", "verylong…"]),
        ("日本日本日本日本日本", ["日本日本日本", "日本日本"]),
    ],
)
def test_a_long_name_takes_two_lines(name: str, lines: list[str]) -> None:
    assert wrap_name(name, 90, 13) == lines


@given(st.text(max_size=40), st.floats(20, 200))
def test_clipped_text_is_short_enough(text: str, room: float) -> None:
    clipped = clip(text, room, 10)
    assert measure(clipped, 10) <= room
    assert clipped == text or clipped.endswith("…")
