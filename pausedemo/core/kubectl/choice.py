"""Which container of a pod is meant, and which of its runs has the log.

Source: k8s.io/kubectl/pkg/cmd/util/podcmd, pkg/polymorphichelpers/logsforobject.go;
validateContainerLogStatus in kubernetes pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausedemo.core.kubectl.objects import KubeObject, entries, name_of, pick, table, text
from pausedemo.core.kubectl.podjson import ID_PREFIX
from pausedemo.errors import Refused

#: The annotation that names the container which most people want.
DEFAULT_CONTAINER: Final = "kubectl.kubernetes.io/default-container"


@dataclass(frozen=True, slots=True)
class Choice:
    """A container, and what kubectl says on stderr of having chosen it."""

    name: str
    notice: str = ""


def list_containers(pod: KubeObject) -> list[str]:
    """The names of all containers: those that run first, as kubectl lists them."""
    init = [f"{one['name']} (init)" for one in entries(pod, "spec", "initContainers")]
    return [*(one["name"] for one in entries(pod, "spec", "containers")), *init]


def container_names(pod: KubeObject) -> list[str]:
    """The names of all containers, init containers first, as they run."""
    everyone = [*entries(pod, "spec", "initContainers"), *entries(pod, "spec", "containers")]
    return [one["name"] for one in everyone]


def choose_container(pod: KubeObject, wanted: str = "") -> Choice:
    """The one that is asked for; else the one that the pod names, else its first.

    Refused when there is none of the name that is asked for.
    """
    names = container_names(pod)
    if wanted:
        if wanted not in names:
            raise Refused(
                f"error: container {wanted} is not valid for pod {name_of(pod)} "
                f"out of: {', '.join(list_containers(pod))}"
            )
        return Choice(wanted)
    notices = []
    annotated = text(table(pod, "metadata", "annotations"), DEFAULT_CONTAINER)
    if annotated in names:
        return Choice(annotated)
    if annotated:
        notices.append(f'Default container name "{annotated}" not found in pod {name_of(pod)}')
    first = str(entries(pod, "spec", "containers")[0]["name"])
    if len(names) > 1:
        everyone = ", ".join(list_containers(pod))
        notices.append(f'Defaulted container "{first}" out of: {everyone}')
    return Choice(first, "\n".join(notices))


def find_status(pod: KubeObject, container: str) -> KubeObject:
    """The status of a container of that name; nothing when there is none yet."""
    for key in ("containerStatuses", "initContainerStatuses"):
        for status in entries(pod, "status", key):
            if status["name"] == container:
                return dict(status)
    return {}


def find_running(pod: KubeObject, container: str) -> str:
    """The engine's id of a container that runs. Refused when it does not, or the pod is done."""
    phase = text(pod, "status", "phase")
    if phase in ("Succeeded", "Failed"):
        raise Refused(
            f"error: cannot exec into a container in a completed pod; current phase is {phase}"
        )
    status = find_status(pod, container)
    if pick(status, "state", "running") is None:
        raise Refused(f'error: unable to upgrade connection: container not found ("{container}")')
    return _bare(text(status, "containerID"))


def find_log(pod: KubeObject, container: str, *, previous: bool) -> str:
    """The engine's id of the run whose log is meant. Refused, in the kubelet's words."""
    status = find_status(pod, container)
    state, last = table(status, "state"), text(status, "lastState", "terminated", "containerID")
    where = f'container "{container}" in pod "{name_of(pod)}"'
    if not status:
        raise _bad_request(f"{where} is not available")
    if previous:
        if not last:
            raise _bad_request(f"previous terminated {where} not found")
        return _bare(last)
    if "running" in state:
        return _bare(text(status, "containerID"))
    found = text(state, "terminated", "containerID") or last
    if found:
        return _bare(found)
    if "terminated" in state:
        raise _bad_request(f"{where} is terminated")
    reason = text(state, "waiting", "reason")
    known = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }
    raise _bad_request(f"{where} is waiting to start: {known.get(reason, reason)}")


def _bad_request(message: str) -> Refused:
    return Refused(f"Error from server (BadRequest): {message}")


def _bare(container_id: str) -> str:
    return container_id.removeprefix(ID_PREFIX)
