"""The sizes of a pod's drawing in its two shapes: wide, and tall for phones. In CSS pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Metrics:
    """Along is the axis of the containers, across that of the lanes.

    A head is room for a name; of those with two numbers, (along, across), one is zero.
    """

    is_tall: bool
    margin: float
    machine_head: tuple[float, float]
    pod_head: tuple[float, float]
    pod_padding: float
    pod_gap: float
    container: float  # along
    container_gap: float
    container_head: float  # across
    lane_head: float  # along
    lane_gap: float
    bar: float  # across
    bar_inset: float
    track_gap: float


WIDE: Final = Metrics(
    is_tall=False,
    margin=12,
    machine_head=(0, 26),
    pod_head=(0, 22),
    pod_padding=12,
    pod_gap=16,
    container=132,
    container_gap=14,
    container_head=50,
    lane_head=104,
    lane_gap=12,
    bar=30,
    bar_inset=8,
    track_gap=6,
)
TALL: Final = Metrics(
    is_tall=True,
    margin=6,
    machine_head=(24, 0),
    pod_head=(18, 0),
    pod_padding=7,
    pod_gap=10,
    container=78,
    container_gap=8,
    container_head=86,
    lane_head=22,
    lane_gap=8,
    bar=28,
    bar_inset=6,
    track_gap=4,
)
