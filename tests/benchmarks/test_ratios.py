"""What the benchmarks compute from times."""

from __future__ import annotations

import pytest

from benchmarks.ratios import (
    Measure,
    Side,
    compute_ratios,
    compute_union_s,
    render_measures,
    render_sides,
    rotate,
)


def test_times_are_divided_round_by_round():
    assert compute_ratios([1.0, 3.0], [2.0, 2.0]) == (0.5, 1.5)


def test_sides_with_different_numbers_of_rounds_are_not_compared():
    with pytest.raises(ValueError, match="shorter"):
        compute_ratios([1.0, 3.0], [2.0])


@pytest.mark.parametrize(
    ("intervals", "union_s"),
    [
        ([], 0.0),
        ([(1.0, 3.0)], 2.0),
        ([(1.0, 3.0), (5.0, 6.0)], 3.0),
        ([(5.0, 6.0), (1.0, 3.0)], 3.0),
        ([(1.0, 3.0), (2.0, 4.0)], 3.0),
        ([(1.0, 3.0), (3.0, 4.0)], 3.0),
        ([(1.0, 9.0), (2.0, 3.0), (4.0, 5.0)], 8.0),
        ([(1.0, 9.0), (2.0, 3.0), (8.0, 10.0)], 9.0),
        ([(1.0, 3.0), (1.0, 3.0)], 2.0),
    ],
)
def test_time_that_several_intervals_cover_counts_once(intervals, union_s):
    assert compute_union_s(intervals) == pytest.approx(union_s)


def test_every_side_takes_every_place_in_the_order():
    orders = [rotate(("a", "b", "c"), turn) for turn in range(4)]
    assert orders == [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b"), ("a", "b", "c")]


@pytest.mark.parametrize(
    ("ratios", "bound", "ok"),
    [
        ((0.5, 0.6, 9.0), 0.6, True),
        ((0.5, 0.7, 0.7), 0.6, False),
        ((0.5, 0.7), 0.6, True),
        ((0.5, 0.7), None, True),
    ],
)
def test_the_median_decides_and_may_reach_the_bound(ratios, bound, ok):
    assert Measure("x", ratios, bound).ok is ok


def test_the_table_has_a_line_and_a_verdict_per_measure():
    measures = [
        Measure("running pod, by docker command", (0.6, 0.5, 0.7), 0.75),
        Measure("recovery", (1.42, 1.31, 1.5), 1.3),
        Measure("told", (2.0,), None),
    ]
    assert render_measures(measures) == (
        "ratio                           median    min..max  at most\n"
        "running pod, by docker command    0.60  0.50..0.70     0.75      ok\n"
        "recovery                          1.42  1.31..1.50     1.30  MISSED\n"
        "told                              2.00  2.00..2.00        -"
    )


def test_the_seconds_behind_the_ratios_are_shown():
    assert render_sides([Side("bare SDK", (0.3, 0.4, 0.35))]) == (
        "seconds   median      min..max  rounds\nbare SDK   0.350  0.300..0.400       3"
    )
