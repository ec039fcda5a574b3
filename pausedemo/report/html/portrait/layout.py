"""Where everything of a pod's drawing stands: geometry only, no markup.

Containers are boxes side by side; a lane for each kind of namespace runs through all of them. In
its lane a namespace is a bar over exactly the containers that are in it, so that sharing is seen
as reach. Where a container stands between two members and is none, the bar is broken, and a thin
link behind the boxes joins its pieces. Namespaces whose reaches overlap get tracks of their own.

All is computed on two axes, ``along`` the containers and ``across`` the lanes. A wide drawing
puts the containers side by side; a tall one, for phones, below each other, with the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pausedemo.report.html.portrait.boxes import Box
from pausedemo.report.html.portrait.metrics import Metrics
from pausedemo.report.html.portrait.sharing import Namespace, Sharing


@dataclass(frozen=True, slots=True)
class PodFrame:
    """``name`` is empty for the containers outside of pods. ``head``: where the name goes."""

    name: str
    box: Box
    head: Box


@dataclass(frozen=True, slots=True)
class ContainerBox:
    """``index`` is that of the resident. ``head``: where the name goes."""

    index: int
    box: Box
    head: Box


@dataclass(frozen=True, slots=True)
class Lane:
    """``box`` is the lane from end to end, over all containers; ``head``: the kind's name."""

    kind: str
    box: Box
    head: Box


@dataclass(frozen=True, slots=True)
class Bar:
    """A namespace: ``runs`` lie over its members, ``links`` join them behind who is none."""

    namespace: Namespace
    runs: tuple[Box, ...]
    links: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is drawn, from back to front but for the bars' links."""

    is_tall: bool
    machine: Box
    machine_head: Box
    lanes: tuple[Lane, ...]
    pods: tuple[PodFrame, ...]
    containers: tuple[ContainerBox, ...]
    bars: tuple[Bar, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole, a margin around the machine included."""
        return self.machine.right + self.machine.x, self.machine.bottom + self.machine.y


_LINK: Final = 4.0

_Span = tuple[float, float]


def compute_layout(sharing: Sharing, metrics: Metrics) -> Layout:
    """Place a sharing's pods, containers, lanes and namespaces. At least one container."""
    pods, containers = _place_along(sharing, metrics)
    pods_top = metrics.margin + metrics.machine_head[1]
    heads_top = pods_top + metrics.pod_head[1] + metrics.pod_padding
    heads_bottom = heads_top + metrics.container_head
    lanes, tracks = _place_across(sharing, metrics, heads_bottom)
    bottom = lanes[-1][1] + metrics.lane_gap if lanes else heads_bottom
    pods_bottom = bottom + metrics.pod_padding

    def box(along: _Span, across: _Span) -> Box:
        (x, right), (y, end) = (across, along) if metrics.is_tall else (along, across)
        return Box(x, y, right - x, end - y)

    edge = metrics.margin / 2
    start = metrics.margin + metrics.machine_head[0]
    end = pods[-1][1]
    machine = box((edge, end + edge), (edge, pods_bottom + edge))
    pod_head = metrics.pod_head[0] + metrics.pod_padding
    return Layout(
        is_tall=metrics.is_tall,
        machine=machine,
        machine_head=Box(machine.x, machine.y, machine.width, max(metrics.machine_head)),
        lanes=tuple(
            Lane(kind, box((start, end), lane), box((start, start + metrics.lane_head), lane))
            for kind, lane in zip(sharing.kinds, lanes, strict=True)
        ),
        pods=tuple(
            PodFrame(
                name,
                box(pod, (pods_top, pods_bottom)),
                box((pod[0], pod[0] + pod_head), (pods_top, pods_bottom))
                if metrics.is_tall
                else box(pod, (pods_top, heads_top)),
            )
            for (name, _), pod in zip(sharing.pods, pods, strict=True)
        ),
        containers=tuple(
            ContainerBox(
                index, box(span, (heads_top, bottom)), box(span, (heads_top, heads_bottom))
            )
            for index, span in enumerate(containers)
        ),
        bars=tuple(
            _place_bar(one, containers, track, metrics, box)
            for one, track in zip(sharing.namespaces, tracks, strict=True)
        ),
    )


def _place_along(sharing: Sharing, metrics: Metrics) -> tuple[list[_Span], list[_Span]]:
    """Spans of the pods and of the containers, along."""
    position = metrics.margin + metrics.machine_head[0] + metrics.lane_head
    pods: list[_Span] = []
    containers: list[_Span] = []
    for _, members in sharing.pods:
        begin = position + (metrics.pod_gap if pods else 0.0)
        position = begin + metrics.pod_head[0] + metrics.pod_padding
        for number in range(len(members)):
            position += metrics.container_gap if number else 0.0
            containers.append((position, position + metrics.container))
            position += metrics.container
        position += metrics.pod_padding
        pods.append((begin, position))
    return pods, containers


def _place_across(
    sharing: Sharing, metrics: Metrics, position: float
) -> tuple[list[_Span], list[_Span]]:
    """Spans of the lanes, and of each namespace's track, across, from ``position`` on."""
    lanes: list[_Span] = []
    spans: dict[Namespace, _Span] = {}
    pitch = metrics.bar + metrics.track_gap
    for kind in sharing.kinds:
        same = [one for one in sharing.namespaces if one.kind == kind]
        numbers = assign_tracks([(one.members[0], one.members[-1]) for one in same])
        position += metrics.lane_gap if lanes else 0.0
        for one, number in zip(same, numbers, strict=True):
            begin = position + number * pitch
            spans[one] = (begin, begin + metrics.bar)
        end = position + (max(numbers) + 1) * pitch - metrics.track_gap
        lanes.append((position, end))
        position = end
    return lanes, [spans[one] for one in sharing.namespaces]


def _place_bar(
    namespace: Namespace,
    containers: Sequence[_Span],
    track: _Span,
    metrics: Metrics,
    box: Callable[[_Span, _Span], Box],
) -> Bar:
    runs = [
        (containers[first][0] + metrics.bar_inset, containers[last][1] - metrics.bar_inset)
        for first, last in find_runs(namespace.members)
    ]
    middle = (track[0] + track[1]) / 2
    thin = (middle - _LINK / 2, middle + _LINK / 2)
    return Bar(
        namespace,
        tuple(box(run, track) for run in runs),
        tuple(box((before[1], after[0]), thin) for before, after in pairwise(runs)),
    )


def assign_tracks(reaches: Sequence[tuple[int, int]]) -> list[int]:
    """A track for each reach (first, last), as few as can be: those of one track do not overlap.

    The reaches come sorted by their firsts.
    """
    ends: list[int] = []
    numbers = []
    for first, last in reaches:
        number = next((n for n, end in enumerate(ends) if end < first), len(ends))
        ends[number : number + 1] = [last]
        numbers.append(number)
    return numbers


def find_runs(members: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as stretches without a gap: first and last of each."""
    runs: list[tuple[int, int]] = []
    for member in members:
        if runs and runs[-1][1] == member - 1:
            runs[-1] = (runs[-1][0], member)
        else:
            runs.append((member, member))
    return runs
