"""Which objects a pod refers to."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.references import Reference, find_references
from tests.core.podkit import BORN, UID


def make_pod(containers: str, more: str = "") -> Pod:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
    text += f"  containers: [{{name: a, image: busybox{containers}}}]\n{more}"
    return Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)


@pytest.mark.parametrize(
    ("containers", "more", "found"),
    [
        ("", "", set()),
        (", env: [{name: A, value: x}]", "", set()),
        (
            ", env: [{name: A, valueFrom: {configMapKeyRef: {name: one, key: k}}},"
            " {name: B, valueFrom: {secretKeyRef: {name: two, key: k}}},"
            " {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
            "",
            {("ConfigMap", "one"), ("Secret", "two")},
        ),
        (
            ", envFrom: [{configMapRef: {name: one}}, {secretRef: {name: one}}]",
            "",
            {("ConfigMap", "one"), ("Secret", "one")},
        ),
        (
            "",
            "  initContainers:\n  - {name: i, image: busybox,"
            " envFrom: [{secretRef: {name: first, optional: true}}]}\n",
            {("Secret", "first")},
        ),
        (
            "",
            "  volumes:\n  - {name: v, configMap: {name: one}}\n"
            "  - {name: w, secret: {secretName: two}}\n  - {name: x, emptyDir: {}}\n",
            {("ConfigMap", "one"), ("Secret", "two")},
        ),
        (
            "",
            "  volumes:\n  - name: v\n    projected: {sources: [{configMap: {name: one}},"
            " {secret: {name: two}}, {downwardAPI: {items: []}}]}\n",
            {("ConfigMap", "one"), ("Secret", "two")},
        ),
    ],
)
def test_what_a_pod_refers_to_is_found_wherever_it_does(
    containers: str, more: str, found: set[tuple[str, str]]
) -> None:
    assert find_references(make_pod(containers, more)) == {Reference(*one) for one in found}
