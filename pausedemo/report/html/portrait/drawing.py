"""A laid out portrait as shapes and texts, ready to be written as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.core.naming import SANDBOX_CONTAINER_NAME
from pausedemo.report.html.portrait.boxes import Box
from pausedemo.report.html.portrait.layout import (
    Bar,
    ContainerBox,
    Lane,
    Layout,
    PodFrame,
    compute_layout,
)
from pausedemo.report.html.portrait.lettering import Text, clip, measure, wrap_name
from pausedemo.report.html.portrait.metrics import Metrics
from pausedemo.report.html.portrait.sharing import MEANINGS, Sharing
from pausedemo.report.text import join_lines

_LINE: Final = 17.0
# A bar longer than two of these has room for larger letters.
_SHORT: Final = 116.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A rounded rectangle. ``kind`` are CSS classes; ``title`` is what a pointer over it tells."""

    kind: str
    box: Box
    radius: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing in one shape. What stands first lies below what follows; texts lie on top."""

    is_tall: bool
    width: float
    height: float
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]


def draw(sharing: Sharing, metrics: Metrics) -> Picture:
    """Draw a sharing in one shape."""
    layout = compute_layout(sharing, metrics)
    return Picture(
        layout.is_tall,
        *layout.size,
        tuple(_draw_shapes(sharing, layout)),
        tuple(_draw_texts(sharing, layout)),
    )


def _draw_shapes(sharing: Sharing, layout: Layout) -> Iterator[Shape]:
    yield Shape("machine", layout.machine, 14)
    for pod in layout.pods:
        yield Shape("pod" if pod.name else "loose", pod.box, 12)
    for lane in layout.lanes:
        yield Shape("lane", lane.box, 0)
    for bar in layout.bars:
        for link in bar.links:
            yield Shape(f"link {_colour_of(bar)}", link, 2)
    for container in layout.containers:
        yield Shape("container", container.box, 8, sharing.name_of(container.index))
    for bar in layout.bars:
        names = ", ".join(sharing.name_of(index) for index in bar.namespace.members)
        title = f"{bar.namespace.label} {bar.namespace.whose}: {names}"
        for run in bar.runs:
            yield Shape(f"bar {bar.namespace.manner} {_colour_of(bar)}", run, 7, title)


def _draw_texts(sharing: Sharing, layout: Layout) -> Iterator[Text]:
    head = layout.machine_head.inset(3)
    room = Box(head.x + 8, head.y, head.width - 8, head.height)
    yield _start("machine-name", "the machine", room, 12)
    for pod in layout.pods:
        # Where nobody is in a pod, that is nothing to tell.
        if pod.name or len(layout.pods) > 1:
            yield _name_pod(pod)
    for lane in layout.lanes:
        yield from _name_lane(lane, is_tall=layout.is_tall)
    for container in layout.containers:
        yield from _name_container(sharing, container)
    for bar in layout.bars:
        for run in bar.runs:
            yield from _label_run(bar, run, turned=layout.is_tall)


def _name_pod(pod: PodFrame) -> Text:
    room = Box(pod.head.x + 10, pod.head.y + 2, pod.head.width - 20, pod.head.height)
    return _start("pod-name", f"pod {pod.name}" if pod.name else "in no pod", room, 13)


def _name_lane(lane: Lane, *, is_tall: bool) -> Iterator[Text]:
    head, meaning = lane.head, MEANINGS.get(lane.kind, "")
    if is_tall:
        # Names may be as wide as a lane and the gap beside it.
        room = Box(head.x - 4, head.y, head.width + 8, head.height)
        yield Text("lane-name", clip(lane.kind, room.width, 9.5), room, 9.5)
        return
    half = _LINE if meaning else head.height
    top = head.middle[1] - (_LINE if meaning else half / 2)
    yield _start("lane-name", lane.kind, Box(head.x + 6, top, head.width - 10, half), 13)
    if meaning:
        room = Box(head.x + 6, head.middle[1], head.width - 10, _LINE - 2)
        yield replace(_start("aside", meaning, room, 11), bold=False)


def _name_container(sharing: Sharing, container: ContainerBox) -> Iterator[Text]:
    name = sharing.residents[container.index].name
    room = container.head.inset(5)
    lines = wrap_name(join_lines(name), room.width, 13)
    roles = ["pause"] if name == SANDBOX_CONTAINER_NAME else []
    top = room.middle[1] - _LINE * (len(lines) + len(roles)) / 2
    for number, line in enumerate(lines):
        yield Text(
            "name", line, Box(room.x, top + number * _LINE, room.width, _LINE), 13, bold=True
        )
    for number, role in enumerate(roles, len(lines)):
        yield Text("aside", role, Box(room.x, top + number * _LINE, room.width, _LINE), 11)


def _label_run(bar: Bar, run: Box, *, turned: bool) -> Iterator[Text]:
    """``net:[4026532281]``, or only the inode where that does not fit: the lane names the kind."""
    one = bar.namespace
    long = run.height if turned else run.width
    size = 10.0 if turned else 11.0 if long < 2 * _SHORT else 13.0
    kind = f"label {one.manner} {_colour_of(bar)}"
    # The ends of a bar are round.
    room = long - 4

    def fit(*words: str) -> str:
        fitting = (word for word in words if measure(word, size) <= room)
        return next(fitting, clip(words[-1], room, size))

    whole = f"{one.label} {one.whose}"
    if not one.is_machines or measure(whole, size) <= room:
        text = whole if one.is_machines else fit(one.label, str(one.inode))
        yield Text(kind, text, run, size, turned=turned)
        return
    lines = fit(one.label, str(one.inode)), fit(one.whose, "machine's")
    for half, line in zip(_halve(run, turned=turned), lines, strict=True):
        yield Text(kind, line, half, size, turned=turned)


def _halve(box: Box, *, turned: bool) -> tuple[Box, Box]:
    """The places of two lines, closer together than the box is high."""
    x, y = box.middle
    if turned:
        return Box(x - 12, box.y, 12, box.height), Box(x, box.y, 12, box.height)
    return Box(box.x, y - 13, box.width, 13), Box(box.x, y, box.width, 13)


def _start(kind: str, text: str, box: Box, size: float) -> Text:
    """A bold line at the start of its box."""
    content = clip(join_lines(text), box.width, size, bold=True)
    return Text(kind, content, box, size, bold=True, at_start=True)


def _colour_of(bar: Bar) -> str:
    """The CSS class of its kind; kinds that no manual page names share one."""
    kind = bar.namespace.kind
    return f"ns-{kind}" if kind in MEANINGS else "ns-other"
