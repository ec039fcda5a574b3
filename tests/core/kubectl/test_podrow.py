"""The row of ``kubectl get pods``, case by case of printPod."""

from __future__ import annotations

from typing import Any

import pytest

from pausedemo.core.kubectl.podrow import compute_row, is_dissolving, render_cells
from tests.core.kubectl.examples import NOW, ago, ended, make_pod, running, status, waiting

CRASHED = {"lastState": ended(1), "restartCount": 3}


@pytest.mark.parametrize(
    ("pod", "row"),
    [
        (make_pod(status("a", running())), "web 1/1 Running 0 80s"),
        (
            make_pod(status("a", running()), status("b", running(), ready=False)),
            "web 1/2 Running 0 80s",
        ),
        (
            make_pod(status("a", waiting("CrashLoopBackOff"), **CRASHED)),
            "web 0/1 CrashLoopBackOff 3 (25s ago) 80s",
        ),
        (
            # The first container's reason wins.
            make_pod(status("a", ended(2)), status("b", waiting("ImagePullBackOff"))),
            "web 0/2 Error 0 80s",
        ),
        (
            make_pod(status("a", ended(0)), phase="Succeeded", true=("Initialized",)),
            "web 0/1 Completed 0 80s",
        ),
        (
            make_pod(status("a", ended(0)), status("b", running()), true=("Initialized",)),
            "web 1/2 NotReady 0 80s",
        ),
        (make_pod(status("a", ended(0)), status("b", running())), "web 1/2 Running 0 80s"),
        (
            make_pod(status("a", {"terminated": {"exitCode": 3}}), phase="Failed", true=()),
            "web 0/1 ExitCode:3 0 80s",
        ),
        (
            make_pod(status("a", {"terminated": {"exitCode": 137, "signal": 9}}), true=()),
            "web 0/1 Signal:9 0 80s",
        ),
        (
            make_pod(
                status("a", waiting("PodInitializing")),
                init=(status("i", ended(0)), status("j", running())),
                phase="Pending",
                true=(),
            ),
            "web 0/1 Init:1/2 0 80s",
        ),
        (
            make_pod(
                status("a", waiting("PodInitializing")),
                init=(status("i", waiting("PodInitializing")),),
                phase="Pending",
                true=(),
            ),
            "web 0/1 Init:0/1 0 80s",
        ),
        (
            make_pod(
                status("a", waiting("PodInitializing")),
                init=(status("i", waiting("CrashLoopBackOff"), **CRASHED),),
                phase="Pending",
                true=(),
            ),
            "web 0/1 Init:CrashLoopBackOff 3 (25s ago) 80s",
        ),
        (
            make_pod(
                status("a", waiting("PodInitializing")),
                init=(status("i", ended(1)),),
                phase="Failed",
                true=(),
            ),
            "web 0/1 Init:Error 0 80s",
        ),
        (
            # Those of ordinary init containers count only while it initialises.
            make_pod(status("a", running()), init=(status("i", ended(0), **CRASHED),)),
            "web 1/1 Running 0 80s",
        ),
        (
            make_pod(
                status("a", running()),
                init=(status("s", running(), **CRASHED),),
                sidecars=("s",),
            ),
            "web 2/2 Running 3 (25s ago) 80s",
        ),
        (
            make_pod(
                status("a", running(), restartCount=2, lastState=ended(1, seconds=7)),
                status("b", running(), restartCount=1, lastState=ended(1, seconds=70)),
            ),
            "web 2/2 Running 3 (7s ago) 80s",
        ),
        (
            make_pod(status("a", running()), deletionTimestamp=ago(1)),
            "web 1/1 Terminating 0 80s",
        ),
        (
            make_pod(status("a", ended(1)), phase="Failed", true=(), deletionTimestamp=ago(1)),
            "web 0/1 Error 0 80s",
        ),
    ],
)
def test_a_row_tells_what_kubectl_tells(pod: dict[str, Any], row: str) -> None:
    assert " ".join(render_cells(compute_row(pod), NOW)[:5]) == row


def test_a_pods_own_reason_stands_where_no_container_has_one() -> None:
    pod = make_pod(status("a", running(), ready=False), phase="Failed", true=("Initialized",))
    pod["status"]["reason"] = "DeadlineExceeded"
    assert compute_row(pod).status == "DeadlineExceeded"


def test_the_wide_cells_tell_address_and_node() -> None:
    pod = make_pod(status("a", running()))
    assert render_cells(compute_row(pod), NOW)[5:] == ["<none>"] * 4
    pod["status"]["podIPs"] = [{"ip": "172.17.0.2"}]
    pod["spec"]["nodeName"] = "docker"
    assert render_cells(compute_row(pod), NOW)[5:] == ["172.17.0.2", "docker", "<none>", "<none>"]


def seen(*containers: bool, deleted: bool) -> dict[str, Any]:
    """A pod with these containers; False: there is none on the engine."""
    statuses = [
        {"name": "c", **({"containerID": "docker://1"} if one else {})} for one in containers
    ]
    metadata = {"name": "web", **({"deletionTimestamp": "2026-01-31T12:00:00Z"} if deleted else {})}
    return {"metadata": metadata, "status": {"containerStatuses": statuses}}


@pytest.mark.parametrize(
    ("before", "now", "dissolving"),
    [
        (seen(True, True, deleted=True), seen(True, False, deleted=True), True),
        (seen(True, deleted=False), seen(False, deleted=True), True),
        (seen(True, deleted=False), seen(True, deleted=True), False),
        # It was deleted before anything of it was made.
        (seen(False, deleted=False), seen(False, deleted=True), False),
        # Its containers are being made anew.
        (seen(True, deleted=False), seen(False, deleted=False), False),
    ],
)
def test_a_deleted_pod_dissolves_when_it_loses_containers(
    before: dict[str, Any], now: dict[str, Any], dissolving: bool
) -> None:
    assert is_dissolving(before, now) is dissolving
