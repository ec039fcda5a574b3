"""What the shell offers of an engine's pods."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Invoke
from tests.cli.pods.conftest import Pods

TWO = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  initContainers: [{name: first, image: busybox, command: ["true"]}]
  containers:
  - {name: server, image: busybox, command: [sleep, "3600"]}
  - {name: client, image: busybox, command: [sleep, "3600"]}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: a, image: busybox, command: [sleep, "3600"]}]
"""
KINDS = ["pods", "configmaps", "secrets", "events"]


def complete(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What is offered for the last word."""
    with monkeypatch.context() as patch:
        patch.setenv("_PAUSEDEMO_COMPLETE", "bash_complete")
        patch.setenv("COMP_WORDS", " ".join(("pausedemo", *words)))
        patch.setenv("COMP_CWORD", str(len(words)))
        offered = invoke().stdout.split()
    return [word.removeprefix("plain,") for word in offered]


@pytest.mark.parametrize("command", ["exec", "logs", "port-forward", "namespaces"])
def test_a_shell_offers_the_pods_of_the_namespace(
    pods: Pods, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    pods.record(TWO)
    place = ("--engine", pods.engine.url, "-n", pods.namespace)
    assert complete(invoke, monkeypatch, command, *place, "") == ["db", "web"]
    assert complete(invoke, monkeypatch, command, *place, "w") == ["web"]
    assert complete(invoke, monkeypatch, command, *place, "pod/w") == ["pod/web"]
    assert complete(invoke, monkeypatch, command, *place[:2], "-n", "none", "") == []


@pytest.mark.parametrize("command", ["get", "describe", "wait", "delete"])
def test_a_shell_offers_kinds_and_then_their_names(
    pods: Pods, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    pods.record(TWO)
    place = ("--engine", pods.engine.url, "-n", pods.namespace)
    assert complete(invoke, monkeypatch, command, *place, "") == KINDS
    assert complete(invoke, monkeypatch, command, *place, "po", "") == ["db", "web"]
    assert complete(invoke, monkeypatch, command, *place, "cm/") == ["cm/settings"]
    assert complete(invoke, monkeypatch, command, *place, "nonsense", "") == []


def test_a_shell_offers_the_containers_of_the_pod_that_is_named(
    pods: Pods, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods.record(TWO)
    place = ("--engine", pods.engine.url, "-n", pods.namespace)
    everyone = ["server", "client", "first"]
    assert complete(invoke, monkeypatch, "exec", *place, "web", "-c", "") == everyone
    assert complete(invoke, monkeypatch, "exec", *place, "web", "-c", "s") == ["server"]
    assert complete(invoke, monkeypatch, "logs", *place, "pod/web", "-c", "") == everyone
    assert complete(invoke, monkeypatch, "logs", *place, "db", "") == ["a"]
    assert complete(invoke, monkeypatch, "exec", *place, "nope", "-c", "") == []


def test_a_shell_offers_the_namespaces_that_there_are(
    pods: Pods, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods.record(TWO)
    asked = complete(invoke, monkeypatch, "get", "--engine", pods.engine.url, "-n", "t-")
    assert pods.namespace in asked


def test_a_shell_offers_nothing_where_no_engine_answers(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert complete(invoke, monkeypatch, "exec", "w") == []
    assert complete(invoke, monkeypatch, "get", "p") == ["pods"]
