"""What dockerd says when a container ends while it is removed."""

from __future__ import annotations

import pytest

from pausedemo.engine.docker.containers import ended_meanwhile

ID = "91ec44616c2453717c14d91ff194f0863bdc5a1da316416b0e40c91b04ee1c5b"
KILLING = f"Could not kill running container {ID}, cannot remove - "


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"{KILLING}Container {ID} is not running", True),
        (f"{KILLING}Container {ID} PID 7 is zombie and can not be killed", False),
        (f"Container {ID} is not running", False),
        (f"driver failed to remove root filesystem for {ID}: busy", False),
    ],
)
def test_only_an_end_meanwhile_is_tried_again(message: str, expected: bool) -> None:
    assert ended_meanwhile(message) is expected
