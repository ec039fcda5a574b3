"""What is told of last words."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import Container
from pausedemo.core.rules.terminationlog import cut_file, cut_log, wants_log


@pytest.mark.parametrize(
    ("policy", "exit_code", "started", "wants"),
    [
        ("File", 1, True, False),
        ("FallbackToLogsOnError", 1, True, True),
        ("FallbackToLogsOnError", 137, True, True),
        ("FallbackToLogsOnError", 0, True, False),
        ("FallbackToLogsOnError", 127, False, False),
    ],
)
def test_the_log_is_asked_after_errors_where_the_policy_says_so(
    policy: str, exit_code: int, started: bool, wants: bool
) -> None:
    container = Container.model_validate(
        {"name": "a", "image": "busybox", "terminationMessagePolicy": policy}
    )
    assert wants_log(container, exit_code, started) is wants


def test_the_ends_are_kept() -> None:
    content = b"x" * 5000 + b"end"
    assert cut_file(content) == "x" * 4093 + "end"
    assert cut_log(content) == "x" * 2045 + "end"
    assert cut_file(b"") == cut_log(b"") == ""
