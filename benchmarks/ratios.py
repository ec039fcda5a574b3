"""What is computed from times: ratios, their medians, the verdict, the table. No clock here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measure:
    """One ratio, measured several times.

    ``bound`` is the most that its median may be; None where the ratio is only told.
    """

    name: str
    ratios: tuple[float, ...]
    bound: float | None

    @property
    def median(self) -> float:
        return median(self.ratios)

    @property
    def ok(self) -> bool:
        return self.bound is None or self.median <= self.bound


@dataclass(frozen=True, slots=True)
class Side:
    """What was measured of one side alone: seconds, in the order of the rounds."""

    name: str
    seconds: tuple[float, ...]


def compute_ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Each of our times by theirs of the same round: what slows a round slows both."""
    return tuple(mine / other for mine, other in zip(ours, theirs, strict=True))


def compute_union_s(intervals: Iterable[tuple[float, float]]) -> float:
    """Seconds that at least one of the intervals (from, to) covers."""
    covered_s = 0.0
    reached = float("-inf")
    for begin, end in sorted(intervals):
        covered_s += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return covered_s


def rotate(sides: Sequence[str], turn: int) -> tuple[str, ...]:
    """The order of a round: each side is first, second, ... equally often."""
    first = turn % len(sides)
    return (*sides[first:], *sides[:first])


def render_measures(measures: Sequence[Measure]) -> str:
    """Write a line per measure: median, the lowest and highest ratio, the bound, the verdict."""
    lines = [("ratio", "median", "min..max", "at most", "")]
    for measure in measures:
        lines.append(
            (
                measure.name,
                f"{measure.median:.2f}",
                f"{min(measure.ratios):.2f}..{max(measure.ratios):.2f}",
                "-" if measure.bound is None else f"{measure.bound:.2f}",
                "" if measure.bound is None else "ok" if measure.ok else "MISSED",
            )
        )
    return _render_columns(lines)


def render_sides(sides: Sequence[Side]) -> str:
    """Write the seconds behind the ratios. They say as much of the machine as of the side."""
    lines = [("seconds", "median", "min..max", "rounds")]
    for side in sides:
        low, high = min(side.seconds), max(side.seconds)
        lines.append(
            (
                side.name,
                f"{median(side.seconds):.3f}",
                f"{low:.3f}..{high:.3f}",
                str(len(side.seconds)),
            )
        )
    return _render_columns(lines)


def _render_columns(lines: Sequence[Sequence[str]]) -> str:
    """Pad to the widest cell; the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
