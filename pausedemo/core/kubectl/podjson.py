"""A pod as an object of Kubernetes' API: what is wanted, with the API's defaults, and its status.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and the
defaults of kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pausedemo.core.kubectl.objects import render_time
from pausedemo.core.manifest import Container
from pausedemo.core.manifest.podspec import DEFAULT_SCHEDULER
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podreport import (
    Condition,
    ContainerReport,
    PodStatusReport,
    State,
    StateRunning,
    StateTerminated,
)

#: As Kubernetes writes ids of containers that Docker runs.
ID_PREFIX: Final = "docker://"

#: Mappings whose keys and values are the user's: nothing in them is left out.
_FREE: Final = frozenset(
    {"labels", "annotations", "nodeSelector", "limits", "requests", "data", "binaryData"}
)
#: Defaults of ours that the API leaves open.
_LEFT_OPEN: Final = frozenset({"mountPropagation"})


def make_pod(
    pod: Pod, applied: Mapping[str, Any], report: PodStatusReport, *, version: str, node: str = ""
) -> dict[str, Any]:
    """The whole object. ``applied`` is the manifest as written; ``version`` counts its changes.

    ``node`` is where it is, whatever the manifest asks for; empty: not known.
    """
    everything = pod.manifest.model_dump(mode="json", by_alias=True, exclude_none=True)
    full = keep_written(everything, applied)
    spec = full["spec"]
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", DEFAULT_SCHEDULER)
    if node:
        spec["nodeName"] = node
    for key in ("initContainers", "containers"):
        models = pod.spec.init_containers if key == "initContainers" else pod.spec.containers
        for container, model in zip(spec.get(key, ()), models, strict=True):
            container.setdefault("resources", {})
            container.setdefault("imagePullPolicy", default_pull_policy(model))
    metadata = make_metadata(full["metadata"], pod.uid, pod.created_at, version)
    if pod.deletion is not None:
        end = pod.deletion.at + timedelta(seconds=pod.deletion.grace_s)
        metadata["deletionTimestamp"] = render_time(end)
        metadata["deletionGracePeriodSeconds"] = pod.deletion.grace_s
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": make_status(report),
    }


def make_metadata(
    metadata: Mapping[str, Any], uid: str, created_at: datetime, version: str
) -> dict[str, Any]:
    """What an object is called, and what was added when it was kept."""
    return {
        **metadata,
        "creationTimestamp": render_time(created_at),
        "resourceVersion": version,
        "uid": uid,
    }


def make_status(report: PodStatusReport) -> dict[str, Any]:
    """The ``status`` of a Pod object."""
    status: dict[str, Any] = {
        "conditions": [_condition(one) for one in report.conditions],
        "phase": str(report.phase),
        "qosClass": str(report.qos_class),
        "startTime": render_time(report.start_time),
        "containerStatuses": [_container(one) for one in report.containers],
    }
    if report.init_containers:
        status["initContainerStatuses"] = [_container(one) for one in report.init_containers]
    for key, several, ip in (
        ("hostIP", "hostIPs", report.host_ip),
        ("podIP", "podIPs", report.ip),
    ):
        if ip:
            status[key] = ip
            status[several] = [{"ip": ip}]
    if report.reason:
        status["reason"] = report.reason
    if report.message:
        status["message"] = report.message
    return status


def keep_written(full: Any, written: Any, *, free: bool = False) -> Any:
    """Leave out of an object with all its defaults those that say nothing.

    What was written stays, whatever it says.
    """
    if isinstance(full, dict):
        kept = {}
        for key, value in full.items():
            given = written.get(key) if isinstance(written, Mapping) else None
            said = isinstance(written, Mapping) and key in written
            if key in _LEFT_OPEN and not said:
                continue
            inner = keep_written(value, given, free=key in _FREE)
            if free or said or not (inner in ("", [], {}, None) or _is_zero(inner)):
                kept[key] = inner
        return kept
    if isinstance(full, list | tuple):
        given_ones = list(written) if isinstance(written, list | tuple) else []
        given_ones += [None] * (len(full) - len(given_ones))
        return [keep_written(one, given) for one, given in zip(full, given_ones, strict=True)]
    return full


def default_pull_policy(container: Container) -> str:
    """Always for an image without a tag, and for ``latest``; else when it is not there."""
    if container.image_pull_policy is not None:
        return str(container.image_pull_policy)
    name = container.image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    return "Always" if name.partition(":")[2] in ("", "latest") else "IfNotPresent"


def _is_zero(value: Any) -> bool:
    return isinstance(value, bool | int) and not value


def _condition(one: Condition) -> dict[str, Any]:
    condition: dict[str, Any] = {
        "lastProbeTime": None,
        "lastTransitionTime": render_time(one.changed_at),
        "status": str(one.status),
        "type": one.type,
    }
    if one.reason:
        condition["reason"] = one.reason
    if one.message:
        condition["message"] = one.message
    return condition


def _container(one: ContainerReport) -> dict[str, Any]:
    status: dict[str, Any] = {
        "image": one.image,
        "imageID": _image_id(one.image_id),
        "lastState": _state(one.last_state) if one.last_state else {},
        "name": one.name,
        "ready": one.ready,
        "restartCount": one.restart_count,
        "started": bool(one.started),
        "state": _state(one.state),
    }
    if one.container_id:
        status["containerID"] = ID_PREFIX + one.container_id
    return status


def _image_id(found: str) -> str:
    """Source: cri-dockerd, core/convert.go, toPullableImageID."""
    if not found:
        return ""
    return f"docker-pullable://{found}" if "@" in found else ID_PREFIX + found


def _state(state: State) -> dict[str, Any]:
    if isinstance(state, StateRunning):
        return {"running": {"startedAt": render_time(state.started_at)}}
    if isinstance(state, StateTerminated):
        ended: dict[str, Any] = {"exitCode": state.exit_code, "reason": state.reason}
        ended["startedAt"] = render_time(state.started_at) if state.started_at else None
        ended["finishedAt"] = render_time(state.finished_at) if state.finished_at else None
        if state.container_id:
            ended["containerID"] = ID_PREFIX + state.container_id
        if state.message:
            ended["message"] = state.message
        return {"terminated": ended}
    waiting = {"reason": state.reason}
    if state.message:
        waiting["message"] = state.message
    return {"waiting": waiting}
