from __future__ import annotations

import pytest

from pausedemo.core.manifest import ResourceFieldSelector, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.downward import (
    MissingReference,
    PodFacts,
    quote,
    read_field,
    read_resource,
)
from pausedemo.core.values.quantities import parse_quantity
from tests.core.podkit import BORN, UID

TEXT = r"""
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: demo
  labels: {b: two, a: one}
  annotations: {note: "x \"y\"\n\tz"}
spec:
  serviceAccountName: me
  containers:
  - name: a
    image: i
    resources: {limits: {cpu: 1200m, memory: 100Mi}, requests: {cpu: 300m, memory: 1}}
  - {name: b, image: i}
"""
POD = Pod(parse_pod(TEXT, "pod.yaml"), UID, BORN, shares_pid=False)
FACTS = PodFacts(
    node_name="node",
    host_ips=("192.0.2.1", "2001:db8::1"),
    pod_ips=("10.0.0.7", "2001:db8::7"),
    allocatable={"cpu": parse_quantity("3"), "memory": parse_quantity("2Gi")},
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("metadata.name", "web"),
        ("metadata.namespace", "demo"),
        ("metadata.uid", UID),
        ("metadata.labels", 'a="one"\nb="two"'),
        ("metadata.labels['a']", "one"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations", 'note="x \\"y\\"\\n\\tz"'),
        ("metadata.annotations['note']", 'x "y"\n\tz'),
        ("spec.nodeName", "node"),
        ("spec.serviceAccountName", "me"),
        ("status.hostIP", "192.0.2.1"),
        ("status.hostIPs", "192.0.2.1,2001:db8::1"),
        ("status.podIP", "10.0.0.7"),
        ("status.podIPs", "10.0.0.7,2001:db8::7"),
    ],
)
def test_a_pod_s_fields_are_told(path: str, text: str) -> None:
    assert read_field(path, POD, FACTS) == text


def test_what_is_not_known_yet_is_empty() -> None:
    assert [read_field(f"status.{name}", POD, PodFacts()) for name in ("podIP", "hostIPs")] == [
        "",
        "",
    ]


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(MissingReference, match=r"^unsupported fieldPath: status\.phase$"):
        read_field("status.phase", POD, FACTS)


@pytest.mark.parametrize(
    ("container", "resource", "divisor", "text"),
    [
        *(("a", "limits.cpu", "0", "2"), ("a", "limits.cpu", "1", "2")),
        *(("a", "limits.cpu", "1m", "1200"), ("a", "requests.cpu", "1m", "300")),
        *(("a", "requests.cpu", "1", "1"), ("a", "limits.memory", "1", "104857600")),
        *(("a", "limits.memory", "1Mi", "100"), ("a", "limits.memory", "1Gi", "1")),
        *(("a", "requests.memory", "1Ki", "1"), ("a", "limits.memory", "1k", "104858")),
        *(("b", "limits.cpu", "0", "3"), ("b", "limits.memory", "1Mi", "2048")),
        *(("b", "requests.cpu", "1m", "0"), ("b", "limits.ephemeral-storage", "0", "0")),
    ],
)
def test_resources_are_told_in_units_of_the_divisor_rounded_up(
    container: str, resource: str, divisor: str, text: str
) -> None:
    data = {"containerName": container, "resource": resource, "divisor": divisor}
    selector = ResourceFieldSelector.model_validate(data)
    assert read_resource(selector, POD, None, FACTS) == text


def test_without_a_name_it_is_the_container_that_asks() -> None:
    selector = ResourceFieldSelector.model_validate({"resource": "limits.cpu", "divisor": "1m"})
    assert read_resource(selector, POD, POD.spec.containers[0], FACTS) == "1200"
    with pytest.raises(MissingReference, match='container "" not found'):
        read_resource(selector, POD, None, FACTS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"containerName": "c", "resource": "limits.cpu"}, "container c not found"),
        ({"containerName": "a", "resource": "cpu"}, "unsupported container resource : cpu"),
    ],
)
def test_what_cannot_be_told_is_an_error(data: dict[str, str], message: str) -> None:
    with pytest.raises(MissingReference) as caught:
        read_resource(ResourceFieldSelector.model_validate(data), POD, None, FACTS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        *(("", '""'), ("a b", '"a b"'), ("é", '"é"'), ('"\\', '"\\"\\\\"')),
        *(("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'), ("\x00\x7f", '"\\x00\\x7f"')),
        *(("\u2028", '"\\u2028"'), ("\U000e0001", '"\\U000e0001"')),
    ],
)
def test_texts_are_quoted_as_go_does(text: str, quoted: str) -> None:
    assert quote(text) == quoted
