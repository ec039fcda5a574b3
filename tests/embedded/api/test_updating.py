"""POST /containers/{id}/update, as the docker command sends it: every field, most of them empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.api.wire import ask
from tests.embedded.engines import RunningEngine

NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("Memory", "MemorySwap", "NanoCpus", "CpuShares", "CpuQuota", "BlkioWeight"), 0
    ),
    "CpusetCpus": "",
    "PidsLimit": None,
    "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
}


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"NanoCpus": 10**9}, "NanoCpus"),
        ({"Memory": 64 << 20, "MemorySwap": -1}, "Memory, MemorySwap"),
        (
            {"CpuShares": 7, "RestartPolicy": {"Name": "always"}},
            "CpuShares",
        ),
    ],
)
def test_a_limit_is_refused_by_its_own_name(
    embedded: RunningEngine, run: Callable[..., Any], limits: dict[str, Any], named: str
) -> None:
    place = f"/containers/{run().id}/update"
    answer = ask(embedded.socket, "POST", place, NOTHING | limits)
    wanted = f"the embedded engine can update the restart policy only, not {named}"
    assert (answer.status, answer.message) == (400, wanted)


def test_an_empty_restart_policy_leaves_it_as_it_is(
    embedded: RunningEngine, run: Callable[..., Any]
) -> None:
    container = run(restart_policy={"Name": "always"})
    answer = ask(embedded.socket, "POST", f"/containers/{container.id}/update", NOTHING)
    container.reload()
    policy = container.attrs["HostConfig"]["RestartPolicy"]["Name"]
    assert (answer.status, policy) == (200, "always")
