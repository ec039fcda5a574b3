"""A pod as ``kubectl describe pod`` tells it, events at the end.

Source: describePod in k8s.io/kubectl/pkg/describe/describe.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pausedemo.core.kubectl.containers import describe_containers, render_rfc1123
from pausedemo.core.kubectl.events import describe_events
from pausedemo.core.kubectl.objects import (
    KubeObject,
    entries,
    name_of,
    namespace_of,
    pick,
    render_since,
    table,
    text,
)
from pausedemo.core.kubectl.tables import escape
from pausedemo.core.kubectl.tabwriter import align
from pausedemo.core.kubectl.volumes import describe_volumes

#: An annotation longer than this has lines of its own, each cut at this length.
LONGEST_ANNOTATION: Final = 140
#: kubectl's own record of what was applied: left out, as kubectl does.
_HIDDEN: Final = "kubectl.kubernetes.io/last-applied-configuration"


def describe_pod(pod: KubeObject, events: Iterable[KubeObject], now: datetime) -> str:
    """The whole text, with its last line feed. ``events`` are those about this pod."""
    lines = [
        *_head(pod, now),
        *describe_containers(pod, "initContainers"),
        *describe_containers(pod, "containers"),
        *_conditions(pod),
        *describe_volumes(entries(pod, "spec", "volumes")),
        f"QoS Class:\t{text(pod, 'status', 'qosClass')}",
        *_labels("Node-Selectors", table(pod, "spec", "nodeSelector")),
        *_several("Tolerations", _tolerations(pod)),
    ]
    told = list(events)
    # The alignment ends before the events, so that theirs is their own.
    tail = describe_events(told, now) if told else ""
    if not tail:
        lines.append("Events:\t<none>")
    return escape(align("\n".join(lines)) + "\n" + tail)


def _head(pod: KubeObject, now: datetime) -> Iterator[str]:
    node, host = text(pod, "spec", "nodeName"), text(pod, "status", "hostIP")
    yield f"Name:\t{name_of(pod)}"
    yield f"Namespace:\t{namespace_of(pod)}"
    if pick(pod, "spec", "priority") is not None:
        yield f"Priority:\t{pick(pod, 'spec', 'priority')}"
    if account := text(pod, "spec", "serviceAccountName"):
        yield f"Service Account:\t{account}"
    yield f"Node:\t{f'{node}/{host}' if node else '<none>'}"
    if started := text(pod, "status", "startTime"):
        yield f"Start Time:\t{render_rfc1123(started)}"
    yield from _labels("Labels", table(pod, "metadata", "labels"))
    yield from _several("Annotations", _annotations(table(pod, "metadata", "annotations")))
    yield from _status(pod, now)
    yield f"IP:\t{text(pod, 'status', 'podIP')}"
    ips = entries(pod, "status", "podIPs")
    yield "IPs:" if ips else "IPs:\t<none>"
    for ip in ips:
        yield f"  IP:\t{ip['ip']}"
    for owner in entries(pod, "metadata", "ownerReferences"):
        if owner.get("controller"):
            yield f"Controlled By:\t{owner['kind']}/{owner['name']}"


def _status(pod: KubeObject, now: datetime) -> Iterator[str]:
    phase, deleted = text(pod, "status", "phase"), text(pod, "metadata", "deletionTimestamp")
    if deleted and phase not in ("Failed", "Succeeded"):
        grace_s = pick(pod, "metadata", "deletionGracePeriodSeconds") or 0
        yield f"Status:\tTerminating (lasts {render_since(deleted, now)})"
        yield f"Termination Grace Period:\t{grace_s}s"
    else:
        yield f"Status:\t{phase}"
    if reason := text(pod, "status", "reason"):
        yield f"Reason:\t{reason}"
    if message := text(pod, "status", "message"):
        yield f"Message:\t{message}"
    if profile := text(pod, "spec", "securityContext", "seccompProfile", "type"):
        yield f"SeccompProfile:\t{profile}"


def _conditions(pod: KubeObject) -> Iterator[str]:
    conditions = entries(pod, "status", "conditions")
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus"
        for one in conditions:
            yield f"  {one['type']} \t{one['status']} "


def _labels(title: str, labels: Mapping[str, Any]) -> Iterator[str]:
    return _several(title, [f"{key}={value}" for key, value in sorted(labels.items())])


def _several(title: str, lines: list[str]) -> Iterator[str]:
    for index, line in enumerate(lines or ["<none>"]):
        yield f"{'' if index else f'{title}:'}\t{line}"


def _annotations(annotations: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, written in sorted(annotations.items()):
        if key == _HIDDEN:
            continue
        value = str(written).removesuffix("\n")
        if "\n" in value or len(value) + len(key) + 2 > LONGEST_ANNOTATION:
            lines.append(f"{key}:")
            lines += [f"  {_shorten(line)}" for line in value.split("\n")]
        else:
            lines.append(f"{key}: {value}")
    return lines


def _shorten(line: str) -> str:
    longest = LONGEST_ANNOTATION - 2
    return line if len(line) <= longest else line[:longest] + "..."


def _tolerations(pod: KubeObject) -> list[str]:
    """Source: printTolerationsMultilineWithIndent there."""
    lines = []
    for one in sorted(entries(pod, "spec", "tolerations"), key=lambda entry: text(entry, "key")):
        line = text(one, "key")
        if value := text(one, "value"):
            line += f"={value}"
        if effect := text(one, "effect"):
            line += f":{effect}"
        if one.get("operator") == "Exists" and not value:
            line += " op=Exists" if line else "op=Exists"
        if (seconds := one.get("tolerationSeconds")) is not None:
            line += f" for {seconds}s"
        lines.append(line)
    return lines
