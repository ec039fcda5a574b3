"""What a pod can be told of itself: its fields, and its containers' resources.

Source: podFieldSelectorRuntimeValue and containerResourceRuntimeValue, pkg/kubelet/kubelet_pods.go;
pkg/fieldpath/fieldpath.go; pkg/api/v1/resource/helpers.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pausedemo.core.manifest import Container, ResourceFieldSelector
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.quantities import Quantity
from pausedemo.errors import PausedemoError

_SUBSCRIPT: Final = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]", re.DOTALL)
_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


class MissingReference(PausedemoError):
    """Something that a container or volume refers to is not there; it may come. Kubelet's words."""


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What a pod's manifest cannot say.

    ``pod_ips`` and ``host_ips`` begin with the first; empty: not known. ``allocatable`` is what
    the node has for containers without limits: cpu, memory, ephemeral-storage.
    """

    node_name: str = ""
    host_ips: tuple[str, ...] = ()
    pod_ips: tuple[str, ...] = ()
    allocatable: Mapping[str, Quantity] = field(default_factory=dict)


def read_field(path: str, pod: Pod, facts: PodFacts) -> str:
    """The text of one field of a pod, such as ``metadata.labels['app']``; empty where not set.

    Raises MissingReference when there is no such field.
    """
    metadata = pod.manifest.metadata
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript is not None:
        table = metadata.labels if subscript[1] == "labels" else metadata.annotations
        return table.get(subscript[2], "")
    match path:
        case "metadata.name":
            return metadata.name
        case "metadata.namespace":
            return metadata.namespace
        case "metadata.uid":
            return pod.uid
        case "metadata.labels":
            return render_map(metadata.labels)
        case "metadata.annotations":
            return render_map(metadata.annotations)
        case _:
            return _read_runtime_field(path, pod, facts)


def _read_runtime_field(path: str, pod: Pod, facts: PodFacts) -> str:
    match path:
        case "spec.nodeName" | "spec.host":
            return facts.node_name
        case "spec.serviceAccountName":
            return pod.spec.service_account_name or pod.spec.service_account or "default"
        case "status.hostIP":
            return facts.host_ips[0] if facts.host_ips else ""
        case "status.hostIPs":
            return ",".join(facts.host_ips)
        case "status.podIP":
            return facts.pod_ips[0] if facts.pod_ips else ""
        case "status.podIPs":
            return ",".join(facts.pod_ips)
        case _:
            raise MissingReference(f"unsupported fieldPath: {path}")


def read_resource(
    selector: ResourceFieldSelector, pod: Pod, container: Container | None, facts: PodFacts
) -> str:
    """A container's limit or request in units of the divisor, rounded up.

    ``container`` is the one that asks; the selector may name another. Without a limit it is what
    the node has; without a request, 0. Raises MissingReference.
    """
    if selector.container_name:
        container = _find_container(pod, selector.container_name)
    if container is None:
        raise MissingReference('container "" not found')
    kind, _, name = selector.resource.partition(".")
    if kind not in ("limits", "requests") or name not in ("cpu", "memory", "ephemeral-storage"):
        raise MissingReference(f"unsupported container resource : {selector.resource}")
    given = container.resources.limits if kind == "limits" else container.resources.requests
    quantity = given.get(name)
    if (quantity is None or not quantity.amount) and kind == "limits":
        quantity = facts.allocatable.get(name)
    if quantity is None:
        return "0"
    if name == "cpu":
        return str(-(-quantity.milli_value // selector.unit.milli_value))
    return str(-(-quantity.value // selector.unit.value))


def _find_container(pod: Pod, name: str) -> Container:
    for container in pod.spec.all_containers:
        if container.name == name:
            return container
    raise MissingReference(f"container {name} not found")


def render_map(table: Mapping[str, str]) -> str:
    """Labels or annotations, one a line, sorted. Source: FormatMap."""
    return "\n".join(f"{key}={quote(value)}" for key, value in sorted(table.items()))


def quote(text: str) -> str:
    """Write a text as Go's ``%q`` does. Source: strconv/quote.go, go."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
