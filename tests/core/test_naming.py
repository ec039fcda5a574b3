from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core import naming
from pausedemo.core.naming import (
    ContainerName,
    SandboxName,
    make_annotation_labels,
    parse_name,
    split_labels,
)

UID = "0f8a5c39-5a6e-4e5c-9d0a-7e0c7f1c2b11"

NAMES = [
    (f"k8s_POD_pause-test_default_{UID}_0", SandboxName("pause-test", "default", UID, 0)),
    (
        f"k8s_nginx_pause-test_default_{UID}_1",
        ContainerName("nginx", "pause-test", "default", UID, 1),
    ),
    ("k8s_POD_web.v2_kube-system_0a1b_12", SandboxName("web.v2", "kube-system", "0a1b", 12)),
    ("k8s_pod_web_default_0a1b_0", ContainerName("pod", "web", "default", "0a1b", 0)),
    ("k8s_POD_web_default_0a1b_0_09ab3f1c", SandboxName("web", "default", "0a1b", 0, "09ab3f1c")),
    ("k8s_a_web_default_0a1b_2_f", ContainerName("a", "web", "default", "0a1b", 2, "f")),
    (
        "k8s_a_web_default_0a1b_4294967295",
        ContainerName("a", "web", "default", "0a1b", 2**32 - 1),
    ),
]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_names_are_made_and_read(text: str, name: SandboxName | ContainerName) -> None:
    assert str(name) == text
    assert parse_name(text) == name
    assert parse_name("/" + text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "web",
        "k8s",
        "k8s_POD_web_default_0a1b",
        "k8s_POD_web_default_0a1b_0_f_f",
        "k8s_POD_web_default_0a1b_0_",
        "k8s_POD_web_default_0a1b_0_xyz",
        "k8s_POD_web_default_0a1b_0_0123456789",
        "K8S_POD_web_default_0a1b_0",
        "k9s_POD_web_default_0a1b_0",
        "k8s_POD_web_default_0a1b_x",
        "k8s_POD_web_default_0a1b_-1",
        "k8s_POD_web_default_0a1b_+1",
        "k8s_POD_web_default_0a1b_01",
        "k8s_POD_web_default_0a1b_1\n",
        "k8s_POD_web_default_0a1b_²",
        "k8s_POD_web_default_0a1b_4294967296",
        "k8s_POD_web_default_0a1b_" + "1" * 5000,
        "k8s_POD__default_0a1b_0",
        "k8s__web_default_0a1b_0",
        "k8s_POD_web_default__0",
        "//k8s_POD_web_default_0a1b_0",
    ],
)
def test_other_names_are_not_a_kubelets(text: str) -> None:
    assert parse_name(text) is None


@pytest.mark.parametrize(
    ("container", "pod", "uid", "attempt", "suffix"),
    [
        ("a_b", "web", "u", 0, ""),
        ("a", "we_b", "u", 0, ""),
        ("a", "", "u", 0, ""),
        ("a", "web", "u_", 0, ""),
        ("a", "web", "u", -1, ""),
        ("a", "web", "u", 2**32, ""),
        ("a", "web", "u", 0, "x"),
        ("POD", "web", "u", 0, ""),
    ],
)
def test_a_name_that_would_read_back_as_another_is_not_made(
    container: str, pod: str, uid: str, attempt: int, suffix: str
) -> None:
    with pytest.raises(ValueError, match=r"name|attempt|suffix"):
        ContainerName(container, pod, "default", uid, attempt, suffix)


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
SUBDOMAINS = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
ATTEMPTS = st.integers(0, 2**32 - 1)
SUFFIXES = st.from_regex(r"([0-9a-f]{8})?", fullmatch=True)


@given(
    st.one_of(
        st.builds(SandboxName, SUBDOMAINS, LABELS, st.uuids().map(str), ATTEMPTS, SUFFIXES),
        st.builds(
            ContainerName, LABELS, SUBDOMAINS, LABELS, st.uuids().map(str), ATTEMPTS, SUFFIXES
        ),
    )
)
def test_every_name_reads_back(name: SandboxName | ContainerName) -> None:
    assert parse_name(str(name)) == name


@given(st.text() | st.from_regex(r"k8s_(POD|[a-z]+)(_[a-z0-9.]+){3}_[0-9]+(_[0-9a-f]+)?"))
def test_what_reads_writes_back(text: str) -> None:
    name = parse_name(text)
    assert name is None or str(name) == text.removeprefix("/")


def test_label_keys_are_all_different_and_valid() -> None:
    keys = [
        *(naming.POD_NAME, naming.POD_NAMESPACE, naming.POD_UID, naming.CONTAINER_NAME),
        *(naming.CONTAINER_TYPE, naming.SANDBOX_ID, naming.RUN, naming.OWNER, naming.KEEP),
        *(naming.RESTART_COUNT, naming.CONTAINER_HASH),
    ]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"(io\.kubernetes\.|pausedemo\.dev/)[a-zA-Z.]+", key) for key in keys)


def test_annotations_travel_as_labels() -> None:
    labels = {"app": "web", naming.POD_NAME: "web", naming.SANDBOX_ID: "f00", naming.RUN: "1"}
    annotations = {naming.RESTART_COUNT: "3", "annotation.odd": "x"}
    on_engine = {**labels, **make_annotation_labels(annotations)}
    assert on_engine["annotation.io.kubernetes.container.restartCount"] == "3"
    assert split_labels(on_engine) == ({"app": "web"}, annotations)
