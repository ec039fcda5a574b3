from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pausedemo.core.pods.kubeletline import render_event_line
from pausedemo.core.pods.podevent import PodEvent
from tests.core.podkit import make_pod

NOON = datetime(2026, 1, 31, 12, 0, 7, tzinfo=UTC)
TIME = NOON.astimezone().strftime("%H:%M:%S")
LONG = 'Container image "busybox" already present on machine (no registry gave it)'


@pytest.mark.parametrize(
    ("event", "columns", "lines"),
    [
        (
            PodEvent("Normal", "Started", "Started container a", NOON, "a"),
            80,
            [f"{TIME}  web            Started           Started container a"],
        ),
        (
            PodEvent("Warning", "Unhealthy", "Readiness probe failed:\nno", NOON, "a"),
            None,
            [f"{TIME}  web          ! Unhealthy         Readiness probe failed: no"],
        ),
        (
            PodEvent("Normal", "Pulled", LONG, NOON, "a"),
            83,
            [
                f'{TIME}  web            Pulled            Container image "busybox" already',
                " " * 43 + "present on machine (no registry gave it)",
            ],
        ),
        (
            PodEvent("Normal", "Pulled", LONG, NOON, "a"),
            50,
            [f"{TIME}  web            Pulled            {LONG}"],
        ),
        (
            PodEvent("Normal", "Pulled", LONG, NOON, "a"),
            None,
            [f"{TIME}  web            Pulled            {LONG}"],
        ),
    ],
)
def test_a_line_fits_a_terminal_and_is_whole_elsewhere(
    event: PodEvent, columns: int | None, lines: list[str]
) -> None:
    assert render_event_line(make_pod(), event, columns).splitlines() == lines
