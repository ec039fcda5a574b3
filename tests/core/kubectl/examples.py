"""Objects as the API gives them, for the tests of what kubectl prints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[2] / "data" / "kubectl"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    """A time before NOW, as the API writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def documented_pod() -> dict[str, Any]:
    """The pod of the Kubernetes documentation."""
    pod: dict[str, Any] = yaml.safe_load((DATA / "pod.yaml").read_text())
    return pod


def running(seconds: float = 60) -> dict[str, Any]:
    return {"running": {"startedAt": ago(seconds)}}


def ended(code: int = 0, reason: str = "", seconds: float = 25, **more: Any) -> dict[str, Any]:
    reason = reason or ("Error" if code else "Completed")
    times = {"startedAt": ago(seconds + 1), "finishedAt": ago(seconds)}
    return {"terminated": {"exitCode": code, "reason": reason, **times, **more}}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def status(name: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A container's status; ready when it runs, unless said otherwise."""
    runs = "running" in state
    return {
        "name": name,
        "state": state,
        "lastState": {},
        "ready": runs,
        "started": runs,
        "restartCount": 0,
        **more,
    }


def make_pod(
    *containers: dict[str, Any],
    init: tuple[dict[str, Any], ...] = (),
    sidecars: tuple[str, ...] = (),
    phase: str = "Running",
    true: tuple[str, ...] = ("Initialized", "Ready"),
    **metadata: Any,
) -> dict[str, Any]:
    """A pod whose containers have these statuses; ``true``: its conditions that hold."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "namespace": "default",
            "uid": "1-2-3",
            "creationTimestamp": ago(80),
            **metadata,
        },
        "spec": {
            "containers": [{"name": one["name"], "image": "busybox"} for one in containers],
            "initContainers": [
                {
                    "name": one["name"],
                    "image": "busybox",
                    **({"restartPolicy": "Always"} if one["name"] in sidecars else {}),
                }
                for one in init
            ],
        },
        "status": {
            "phase": phase,
            "containerStatuses": list(containers),
            "initContainerStatuses": list(init),
            "conditions": [{"type": one, "status": "True"} for one in true],
        },
    }


def make_event(reason: str, message: str, first: float, last: float, count: int = 1) -> Any:
    return {
        "kind": "Event",
        "metadata": {"name": f"web.{reason.lower()}", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "web", "fieldPath": "spec.containers{a}"},
        "reason": reason,
        "message": message,
        "type": "Warning" if reason == "BackOff" else "Normal",
        "source": {"component": "kubelet"},
        "firstTimestamp": ago(first),
        "lastTimestamp": ago(last),
        "count": count,
    }
