"""Healthchecks on the real engine, compared with what dockerd 20.10 was seen to do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import docker
import pytest

from tests.embedded.api.wire import ask
from tests.embedded.engines import RunningEngine
from tests.waiting import wait_until

Run = Callable[..., Any]
MS = 1_000_000
INTERVAL_NS = 20 * MS
#: It is well unless there is a file /bad.
TEST = ["CMD-SHELL", "echo hi; test ! -e /bad"]


def check(*test: str, **more: int) -> dict[str, Any]:
    """A create's Healthcheck that is made often."""
    return {"test": list(test or TEST), "interval": INTERVAL_NS, **more}


def health_of(container: Any) -> dict[str, Any]:
    container.reload()
    found: dict[str, Any] = container.attrs["State"].get("Health", {})
    return found


def await_status(container: Any, status: str) -> dict[str, Any]:
    return wait_until(
        f"it is {status}",
        lambda: health if (health := health_of(container))["Status"] == status else None,
    )


def await_checks(container: Any) -> None:
    """Until as many have been made as an inspect shows."""
    last = wait_until("a check is made", lambda: health_of(container)["Log"])[-1]
    wait_until("more checks are made", lambda: last not in health_of(container)["Log"])


def find_events(client: Any, container: Any) -> list[str]:
    """Actions so far."""
    filters, now = {"container": container.id}, f"{time.time():.9f}"
    events = client.events(decode=True, filters=filters, since=1, until=now)
    return [one["Action"] for one in events]


def row_of(client: Any, container: Any, **filters: str) -> list[str]:
    rows = client.api.containers(all=True, filters={"id": container.id, **filters})
    return [row["Status"] for row in rows]


def test_a_container_is_starting_then_well_then_not_and_well_again(client: Any, run: Run) -> None:
    container = run(healthcheck=check(interval=2000 * MS))
    assert health_of(container) == {"Status": "starting", "FailingStreak": 0, "Log": []}
    assert row_of(client, container)[0].endswith(" (health: starting)")
    container.remove(force=True)
    container = run(healthcheck=check(retries=3))
    health = await_status(container, "healthy")
    assert (health["FailingStreak"], health["Log"][0]["Output"]) == (0, "hi\n")
    assert health["Log"][0]["ExitCode"] == 0
    assert row_of(client, container)[0].endswith(" (healthy)")
    container.exec_run("touch /bad")
    health = await_status(container, "unhealthy")
    assert health["FailingStreak"] >= 3
    assert health["Log"][-1]["ExitCode"] == 1
    assert row_of(client, container)[0].endswith(" (unhealthy)")
    container.exec_run("rm /bad")
    await_status(container, "healthy")
    told = [one for one in find_events(client, container) if one.startswith("health")]
    assert told == [f"health_status: {one}" for one in ("healthy", "unhealthy", "healthy")]


def test_each_check_is_an_exec_that_events_tell_of(client: Any, run: Run) -> None:
    container = run(healthcheck=check("CMD", "true"))
    await_status(container, "healthy")
    container.kill()
    actions = find_events(client, container)
    assert actions[:6] == [
        *("create", "start", "exec_create: true ", "exec_start: true ", "exec_die"),
        "health_status: healthy",
    ]


def test_a_check_that_takes_too_long_has_failed_and_is_killed(client: Any, run: Run) -> None:
    slow = check("CMD-SHELL", "echo part; exec sleep 1000", timeout=30 * MS, retries=1)
    container = run(healthcheck=slow)
    health = await_status(container, "unhealthy")
    first = health["Log"][0]
    assert (first["ExitCode"], first["Output"]) == (-1, "Health check exceeded timeout (30ms)")
    wait_until("three were made", lambda: len(health_of(container)["Log"]) >= 3)
    container.pause()
    container.unpause()
    # One hangs at a time, and the main process is there.
    assert len(container.top()["Processes"]) <= 2
    assert "exec_die" in find_events(client, container)


def test_a_check_that_cannot_start_has_failed(run: Run) -> None:
    container = run(healthcheck=check("CMD", "/nowhere", retries=1))
    health = await_status(container, "unhealthy")
    assert health["Log"][0]["ExitCode"] == -1
    assert health["Log"][0]["Output"] == (
        "OCI runtime exec failed: exec failed: unable to start container process: "
        'exec: "/nowhere": stat /nowhere: no such file or directory: unknown'
    )


def test_long_output_is_cut(run: Run) -> None:
    command = "head -c 5000 /dev/zero | tr '\\0' x; printf '\\377'"
    container = run(healthcheck=check("CMD-SHELL", command))
    assert await_status(container, "healthy")["Log"][0]["Output"] == "x" * 4096 + "..."
    container = run(healthcheck=check("CMD-SHELL", "printf 'a\\377b'"))
    assert await_status(container, "healthy")["Log"][0]["Output"] == "a\N{REPLACEMENT CHARACTER}b"


def test_failures_of_the_start_period_do_not_count_for_an_api_client(run: Run) -> None:
    container = run(healthcheck=check("CMD", "false", start_period=3_600_000 * MS, retries=1))
    wait_until("three were made", lambda: len(health_of(container)["Log"]) == 3)
    health = health_of(container)
    assert (health["Status"], health["FailingStreak"]) == ("starting", 0)


def test_who_stands_still_or_has_ended_is_not_asked(client: Any, run: Run) -> None:
    witness = run(healthcheck=check())
    container = run(healthcheck=check())
    await_status(container, "healthy")
    container.pause()
    before = health_of(container)
    assert before["Status"] == "unhealthy"  # as dockerd, which knows no better word
    await_checks(witness)
    assert health_of(container) == before
    assert row_of(client, container)[0].endswith(" (Paused)")
    container.unpause()
    await_status(container, "healthy")
    container.kill()
    ended = health_of(container)
    assert ended["Status"] == "unhealthy"
    count = len(find_events(client, container))
    await_checks(witness)
    assert (health_of(container), len(find_events(client, container))) == (ended, count)
    assert client.api.inspect_container(container.id)["ExecIDs"] is None
    container.start()
    await_status(container, "healthy")


def test_a_check_under_way_is_ended_by_a_pause(run: Run) -> None:
    script = "echo >> /asked; exec sleep 1000"
    container = run(healthcheck=check("CMD-SHELL", script, timeout=3_600_000 * MS))

    def count_asked() -> int:
        return int(container.exec_run(["sh", "-c", "cat /asked 2>/dev/null | wc -l"]).output)

    wait_until("it is asked", lambda: count_asked() == 1)
    container.pause()
    container.unpause()
    wait_until("it is asked again", lambda: count_asked() == 2)
    sleeping = [row for row in container.top()["Processes"] if row[-1] == "sleep 1000"]
    assert len(sleeping) == 2  # the main process, and one check
    assert health_of(container)["Log"] == []


def test_an_exec_that_was_a_check_is_forgotten_and_a_users_is_not(client: Any, run: Run) -> None:
    container = run(healthcheck=check("CMD", "true"))
    mine = client.api.exec_create(container.id, ["sh", "-c", "exit 3"])["Id"]
    client.api.exec_start(mine)
    await_status(container, "healthy")
    filters, now = {"container": container.id, "event": "exec_die"}, f"{time.time():.9f}"
    ended = client.events(decode=True, filters=filters, since=1, until=now)
    first, *_ = {one["Actor"]["Attributes"]["execID"] for one in ended} - {mine}
    with pytest.raises(docker.errors.NotFound):
        client.api.exec_inspect(first)
    assert client.api.exec_inspect(mine)["ExitCode"] == 3
    container.kill()
    assert client.api.inspect_container(container.id)["ExecIDs"] is None


@pytest.mark.parametrize("test", [["NONE"], [], ["FOO", "x"]])
def test_who_asks_for_no_check_has_no_health(client: Any, run: Run, test: list[str]) -> None:
    container = run(healthcheck={"test": test})
    assert health_of(container) == {}
    assert len(row_of(client, container, health="none")) == 1
    assert "(" not in row_of(client, container)[0]


def test_the_list_chooses_by_health(client: Any, run: Run, embedded: RunningEngine) -> None:
    well, ill = run(healthcheck=check()), run(healthcheck=check("CMD", "false", retries=1))
    await_status(well, "healthy")
    await_status(ill, "unhealthy")
    for container, status in ((well, "healthy"), (ill, "unhealthy")):
        found = [
            one
            for one in ("none", "starting", "healthy", "unhealthy")
            if row_of(client, container, health=one)
        ]
        assert found == [status]
    target = '/containers/json?filters={"health":["fine"]}'
    answer = ask(embedded.socket, "GET", target)
    assert (answer.status, answer.message) == (400, "Unrecognised filter value for health: fine")


@pytest.mark.parametrize(("version", "kept"), [("v1.43", None), ("v1.44", 7 * MS)])
def test_the_start_interval_is_of_api_1_44(
    embedded: RunningEngine, busybox: str, version: str, kept: int | None
) -> None:
    wanted = {"Test": ["CMD", "true"], "StartInterval": 7 * MS}
    body = {"Image": busybox, "Healthcheck": wanted}
    made = ask(embedded.socket, "POST", f"/{version}/containers/create?name=interval", body)
    try:
        assert made.status == 201, made
        seen = json.loads(ask(embedded.socket, "GET", "/containers/interval/json").body)
        assert seen["Config"]["Healthcheck"].get("StartInterval") == kept
    finally:
        ask(embedded.socket, "DELETE", "/containers/interval")
