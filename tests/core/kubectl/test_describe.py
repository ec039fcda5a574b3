"""``kubectl describe pod``, beside what kubectl itself has printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pausedemo.core.kubectl.containers import render_probe, render_rfc1123
from pausedemo.core.kubectl.describe import describe_pod
from tests.core.kubectl.examples import (
    DATA,
    NOW,
    ago,
    documented_pod,
    ended,
    make_event,
    make_pod,
    running,
    status,
    waiting,
)


@pytest.fixture(autouse=True)
def eastern(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of the documentation's author."""
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def describe(pod: dict[str, object], *events: dict[str, object]) -> str:
    return describe_pod(pod, events, NOW)


def lines_between(text: str, first: str, after: str) -> list[str]:
    lines = text.split("\n")
    start = lines.index(first)
    return lines[start : next(i for i in range(start, len(lines)) if lines[i].startswith(after))]


def variable(text: str, name: str) -> str:
    """What is told of a variable."""
    (line,) = (one for one in text.split("\n") if one.startswith(f"      {name}:"))
    return line.removeprefix(f"      {name}:").strip()


def test_the_documented_pod_is_described_as_in_the_documentation() -> None:
    now = datetime(2022, 2, 17, 21, 51, 35, tzinfo=UTC)
    name = "nginx-deployment-67d4bdd6f5-w6kd7"
    events = [
        {
            "type": "Normal",
            "reason": reason,
            "firstTimestamp": (now - timedelta(seconds=age)).isoformat(),
            "lastTimestamp": (now - timedelta(seconds=age)).isoformat(),
            "source": {"component": component},
            "message": message,
        }
        for reason, age, component, message in (
            (
                "Scheduled",
                34,
                "default-scheduler",
                f"Successfully assigned default/{name} to kube-worker-1",
            ),
            ("Pulling", 31, "kubelet", 'Pulling image "nginx"'),
            ("Pulled", 30, "kubelet", 'Successfully pulled image "nginx" in 1.146417389s'),
            ("Created", 30, "kubelet", "Created container nginx"),
            ("Started", 30, "kubelet", "Started container nginx"),
        )
    ]
    assert describe_pod(documented_pod(), events, now) == (DATA / "describe.txt").read_text()


def test_how_a_container_ended_and_why_it_waits_are_told() -> None:
    crashed = status("a", waiting("CrashLoopBackOff"), lastState=ended(1), restartCount=3)
    text = describe(make_pod(crashed))
    assert lines_between(text, "    State:          Waiting", "    Environment") == [
        "    State:          Waiting",
        "      Reason:       CrashLoopBackOff",
        "    Last State:     Terminated",
        "      Reason:       Error",
        "      Exit Code:    1",
        "      Started:      Sun, 01 Mar 2026 06:59:34 -0500",
        "      Finished:     Sun, 01 Mar 2026 06:59:35 -0500",
        "    Ready:          False",
        "    Restart Count:  3",
    ]


def test_repeated_events_are_told_with_their_count_and_the_time_they_took() -> None:
    events = (
        make_event("BackOff", "Back-off restarting failed container a", 25, 5, 4),
        make_event("Started", "Started container a", 30, 30),
    )
    assert describe(make_pod(status("a", running())), *events).split("\n")[-5:] == [
        "  Type     Reason   Age               From     Message",
        "  ----     ------   ----              ----     -------",
        "  Normal   Started  30s               kubelet  Started container a",
        "  Warning  BackOff  5s (x4 over 25s)  kubelet  Back-off restarting failed container a",
        "",
    ]


def test_without_events_it_says_so() -> None:
    assert describe(make_pod(status("a", running()))).endswith("Events:          <none>\n")


def test_a_pod_that_is_deleted_tells_its_grace() -> None:
    pod = make_pod(
        status("a", running()), deletionTimestamp=ago(-20), deletionGracePeriodSeconds=30
    )
    text = describe(pod)
    # As kubectl: a time that is still to come is no age.
    assert "Status:                    Terminating (lasts <invalid>)\n" in text
    assert "Termination Grace Period:  30s\n" in text


def test_environment_and_where_it_comes_from() -> None:
    pod = make_pod(status("a", running()))
    pod["spec"]["containers"][0] |= {
        "command": ["sh", "-c"],
        "args": ["echo one\necho two"],
        "resources": {"limits": {"memory": "64Mi"}},
        "envFrom": [
            {"configMapRef": {"name": "settings"}},
            {"prefix": "S_", "secretRef": {"name": "keys", "optional": True}},
        ],
        "env": [
            {"name": "PLAIN", "value": "one\ntwo"},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}},
            {
                "name": "SET",
                "valueFrom": {
                    "configMapKeyRef": {"name": "settings", "key": "s", "optional": True}
                },
            },
        ],
        "volumeMounts": [
            {"mountPath": "/z", "name": "cache", "readOnly": True, "subPath": "in"},
            {"mountPath": "/a", "name": "cache"},
        ],
    }
    text = describe(pod)
    assert lines_between(text, "    Command:", "    State") == [
        "    Command:",
        "      sh",
        "      -c",
        "    Args:",
        "      echo one",
        "      echo two",
    ]
    assert lines_between(text, "    Environment Variables from:", "Conditions") == [
        "    Environment Variables from:",
        "      settings  ConfigMap                Optional: false",
        "      keys      Secret with prefix 'S_'  Optional: true",
        "    Environment:",
        "      PLAIN:  one",
        "              two",
        "      POD:    web (v1:metadata.name)",
        "      CPU:    node allocatable (limits.cpu)",
        "      MEM:    67108864 (limits.memory)",
        "      KEY:    <set to the key 'k' in secret 'keys'>          Optional: false",
        "      SET:    <set to the key 's' of config map 'settings'>  Optional: true",
        "    Mounts:",
        "      /a from cache (rw)",
        '      /z from cache (ro,path="in")',
    ]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("metadata.name", "web"),
        ("metadata.namespace", "default"),
        ("metadata.uid", ""),
        ("metadata.labels['app']", ""),
        ("spec.nodeName", ""),
        ("status.podIP", ""),
        ("status.podIPs", ""),
    ],
)
def test_only_the_fields_that_kubectl_knows_have_their_value_shown(path: str, shown: str) -> None:
    pod = make_pod(status("a", running()), labels={"app": "shop"})
    pod["spec"]["nodeName"] = "node"
    pod["status"] |= {"podIP": "10.0.0.2", "podIPs": [{"ip": "10.0.0.2"}]}
    pod["spec"]["containers"][0]["env"] = [
        {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": path}}}
    ]
    assert variable(describe(pod), "F") == f"{shown} (v1:{path})".strip()


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ({"resource": "limits.cpu"}, "node allocatable"),
        # kubectl asks the container itself, whatever is named.
        ({"resource": "limits.cpu", "containerName": "a"}, "node allocatable"),
        ({"resource": "limits.memory", "divisor": "1Mi"}, "64"),
        ({"resource": "limits.memory", "divisor": "60Mi"}, "2"),
        ({"resource": "limits.memory", "divisor": "0"}, "67108864"),
        ({"resource": "limits.ephemeral-storage"}, "0"),
        ({"resource": "requests.cpu", "divisor": "1"}, "1"),
        ({"resource": "requests.cpu", "divisor": "1m"}, "100"),
        ({"resource": "requests.memory"}, "0"),
    ],
)
def test_a_resource_is_that_of_the_container_itself_in_units_of_the_divisor(
    reference: dict[str, str], shown: str
) -> None:
    pod = make_pod(status("a", running()), status("b", running()))
    first, second = pod["spec"]["containers"]
    first["resources"] = {"limits": {"cpu": "500m"}}
    second["resources"] = {"limits": {"memory": "64Mi"}, "requests": {"cpu": "100m"}}
    second["env"] = [{"name": "R", "valueFrom": {"resourceFieldRef": reference}}]
    assert variable(describe(pod), "R") == f"{shown} ({reference['resource']})"


def test_every_kind_of_volume_is_told() -> None:
    pod = make_pod(status("a", running()))
    pod["spec"]["volumes"] = [
        {"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "plain", "emptyDir": {}},
        {"name": "host", "hostPath": {"path": "/srv"}},
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "keys", "secret": {"secretName": "keys", "optional": True}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {
            "name": "facts",
            "downwardAPI": {
                "items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]
            },
        },
        {
            "name": "all",
            "projected": {"sources": [{"configMap": {"name": "settings"}}, {"downwardAPI": {}}]},
        },
    ]
    text = describe(pod)
    told = [line.rstrip() for line in lines_between(text, "Volumes:", "QoS Class")]
    assert [" ".join(line.split()) for line in told] == [
        "Volumes:",
        "cache:",
        "Type: EmptyDir (a temporary directory that shares a pod's lifetime)",
        "Medium: Memory",
        "SizeLimit: 1Mi",
        "plain:",
        "Type: EmptyDir (a temporary directory that shares a pod's lifetime)",
        "Medium:",
        "SizeLimit: <unset>",
        "host:",
        "Type: HostPath (bare host directory volume)",
        "Path: /srv",
        "HostPathType: <none>",
        "settings:",
        "Type: ConfigMap (a volume populated by a ConfigMap)",
        "Name: settings",
        "Optional: false",
        "keys:",
        "Type: Secret (a volume populated by a Secret)",
        "SecretName: keys",
        "Optional: true",
        "data:",
        "Type: PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same "
        "namespace)",
        "ClaimName: data",
        "ReadOnly: false",
        "facts:",
        "Type: DownwardAPI (a volume populated by information about the pod)",
        "Items:",
        "metadata.name -> name",
        "all:",
        "Type: Projected (a volume that contains injected data from multiple sources)",
        "ConfigMapName: settings",
        "Optional: false",
        "DownwardAPI: true",
    ]


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (
            {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 120},
            "exec [cat /tmp/healthy] delay=120s timeout=1s period=10s #success=1 #failure=3",
        ),
        (
            {"httpGet": {"path": "/health", "port": 8080}, "failureThreshold": 10},
            "http-get http://:8080/health delay=0s timeout=1s period=10s #success=1 #failure=10",
        ),
        (
            {"tcpSocket": {"port": "db"}},
            "tcp-socket :db delay=0s timeout=1s period=10s #success=1 #failure=3",
        ),
        (
            {"grpc": {"port": 9000, "service": ""}},
            "grpc <pod>:9000  delay=0s timeout=1s period=10s #success=1 #failure=3",
        ),
    ],
)
def test_a_probe_is_one_line(probe: dict[str, object], told: str) -> None:
    assert render_probe(probe) == told


def test_a_long_annotation_has_lines_of_its_own_and_a_hidden_one_none() -> None:
    annotations = {
        "short": "word",
        "long": "x" * 200,
        "several": "one\ntwo\n",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    text = describe(make_pod(status("a", running()), annotations=annotations))
    told = lines_between(text, "Annotations:  long:", "Status")
    assert [line[14:] for line in told] == [
        "long:",
        "  " + "x" * 138 + "...",
        "several:",
        "  one",
        "  two",
        "short: word",
    ]


def test_a_message_cannot_act_on_the_terminal() -> None:
    event = make_event("Failed", "bad\x1b]0;title\x07", 1, 1)
    assert "bad^[]0;title" in describe(make_pod(status("a", running())), event)


def test_what_never_was_has_gos_zero_time() -> None:
    assert render_rfc1123("") == "Mon, 01 Jan 0001 00:00:00 +0000"
