"""``port-forward``: bytes to a pod's port and back."""

from __future__ import annotations

import re
import socket
import urllib.request

import pytest

from pausedemo.cli.port_forward import parse_ports
from pausedemo.errors import Refused, UsageError
from tests.cli.pods.conftest import Pods

SERVER = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: a
    image: busybox
    command: [sh, -c, "mkdir /w; echo page > /w/index.html; exec httpd -f -p 127.0.0.1:8080 -h /w"]
    ports: [{containerPort: 8080, name: http}]
"""
POD = {
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]},
}


@pytest.mark.parametrize(
    ("written", "ports"),
    [("8080:80", (8080, 80)), ("80", (80, 80)), (":80", (0, 80)), ("9:http", (9, 80))],
)
def test_ports_are_written_as_for_kubectl(written: str, ports: tuple[int, int]) -> None:
    assert parse_ports(written, POD) == ports


@pytest.mark.parametrize("written", ["", "0", "65536", "a:b:c", "8080:", "http:80"])
def test_what_is_no_port_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="is no port"):
        parse_ports(written, POD)


@pytest.mark.parametrize("written", ["ftp", "8080:ftp", ":ftp"])
def test_a_name_that_no_port_has_is_refused_in_kubectls_words(written: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_ports(written, POD)
    assert str(caught.value) == "error: Pod 'web' does not have a named port 'ftp'"


def test_what_listens_on_the_pods_loopback_is_reached(pods: Pods) -> None:
    pods.apply(SERVER)
    process = pods.start("port-forward", "web", ":http")
    assert process.stdout is not None
    first = process.stdout.readline().decode()
    match = re.fullmatch(r"Forwarding from 127\.0\.0\.1:(\d+) -> 8080\n", first)
    assert match, first
    for _ in range(3):
        with urllib.request.urlopen(f"http://127.0.0.1:{match[1]}/", timeout=30) as reply:
            assert reply.read() == b"page\n"
    process.terminate()
    out, _ = process.communicate(timeout=60)
    assert out.decode().count(f"Handling connection for {match[1]}\n") == 3
    assert process.returncode == 130


def test_a_port_that_nobody_listens_on_is_told(pods: Pods) -> None:
    pods.apply(SERVER)
    process = pods.start("port-forward", "web", ":9", "--address", "127.0.0.1")
    assert process.stdout is not None
    local = int(process.stdout.readline().decode().rpartition(":")[2].split()[0])
    with socket.create_connection(("127.0.0.1", local), 30) as near:
        assert near.recv(10) == b""
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert f"an error occurred forwarding {local} -> 9: " in err.decode()
    assert "connection refused" in err.decode().lower()


def test_a_pod_that_does_not_run_has_no_ports(pods: Pods) -> None:
    pods.apply(SERVER.replace("spec:", "spec:\n  restartPolicy: Never").replace("exec httpd", "#"))
    pods("wait", "pod/web", "--for=jsonpath={.status.phase}=Succeeded")
    ended = pods("port-forward", "web", "80", code=1)
    assert ended.stderr == (
        "error: unable to forward port because pod is not running. Current status=Succeeded\n"
    )
