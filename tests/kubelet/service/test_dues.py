"""When pods are due."""

from __future__ import annotations

from pausedemo.kubelet.service.dues import Dues
from tests.core.podkit import at


def test_those_whose_time_has_come_are_given_once_and_in_order() -> None:
    dues = Dues()
    assert dues.next_in_s(at(0)) is None
    assert [dues.add("b", at(20)), dues.add("c", at(30)), dues.add("a", at(10))] == [
        True,
        False,
        True,
    ]
    assert list(dues.pop(at(9))) == []
    assert dues.next_in_s(at(4)) == 6
    assert list(dues.pop(at(20))) == ["a", "b"]
    assert dues.next_in_s(at(20)) == 10
    assert list(dues.pop(at(100))) == ["c"]
    assert list(dues.pop(at(100))) == []
