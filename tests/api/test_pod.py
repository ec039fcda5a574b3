"""``with pausedemo.pod(...)``: pods for test suites."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import pausedemo
from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.engine.port import Engine
from pausedemo.errors import InvalidFile, Refused, TimedOut, UsageError
from pausedemo.kubelet.objects.guests import remove_dead_guests
from pausedemo.kubelet.objects.pods import Pods
from pausedemo.kubelet.objects.store import Store

WEB = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo out; exec sleep 3600"]}
"""
PLAIN = """
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec:
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo out; exec sleep 3600"]}
"""


def kept(engine: Engine) -> set[str]:
    """The namespaces of all pods on the engine."""
    return {one.pod.namespace for one in Pods(Store(engine)).list()}


def test_a_pod_is_ready_inside_the_block_and_gone_after_it(
    pods_engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(PLAIN)
    with pausedemo.pod(file, engine=pods_engine, images="local") as pod:
        assert (pod.name, pod.phase, pod.ready) == ("plain", "Running", True)
        assert pod.namespace in kept(pods_engine)
        assert pod.exec("a", ["sh", "-c", "echo hi; echo no >&2; exit 3"]) == (
            pausedemo.CommandResult(3, "hi\n", "no\n")
        )
        assert pod.exec(None, ["hostname", "-i"]).stdout.strip() == pod.ip
        assert pod.logs() == "out\n"
        assert pod.restarts("a") == 0
        pod.wait("jsonpath={.status.phase}=Running", timeout_s=5)
        rows = pods_engine.list_containers({naming.POD_UID: pod.uid})
        assert len(rows) == 2
    assert pods_engine.list_containers({naming.POD_UID: pod.uid}) == ()
    assert pod.namespace not in kept(pods_engine)
    with pytest.raises(Refused, match='pods "plain" not found'):
        _ = pod.phase


def test_a_pod_is_kept_alive_while_the_block_lasts(pods_engine: Engine) -> None:
    with pausedemo.pod(PLAIN, engine=pods_engine, images="local") as pod:
        (container,) = pods_engine.list_containers(
            {naming.POD_UID: pod.uid, naming.CONTAINER_NAME: "a"}
        )
        pods_engine.kill_container(container.id)
        pod.wait("jsonpath={.status.containerStatuses[0].restartCount}=1")
        pod.wait()
        assert pod.restarts("a") == 1
        assert pod.logs("a", previous=True) == "out\n"


def test_two_pods_of_one_manifest_do_not_meet(pods_engine: Engine) -> None:
    with (
        pausedemo.pod(PLAIN, engine=pods_engine, images="local") as one,
        pausedemo.pod(PLAIN, engine=pods_engine, images="local") as other,
    ):
        assert one.namespace != other.namespace
        with (
            pytest.raises(Refused, match='pods "plain" already exists'),
            pausedemo.pod(PLAIN, engine=pods_engine, namespace=one.namespace),
        ):
            raise AssertionError("it was made")
        assert one.ready


def test_whoever_waits_in_vain_is_told_how_the_pod_is(pods_engine: Engine) -> None:
    never = PLAIN.replace("name: a,", "name: a, readinessProbe: {exec: {command: ['false']}},")
    with (
        pytest.raises(TimedOut, match=r"timed out waiting .* pods/plain \(phase Running; "),
        pausedemo.pod(never, engine=pods_engine, images="local", timeout_s=3),
    ):
        raise AssertionError("it was ready")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (PLAIN.replace("image:", "imagee:"), 'did you mean "image"'),
        (f"{PLAIN}---{PLAIN}", "it has 2 pods; expected one"),
        ("no-such-file.yaml", "cannot be read"),
    ],
)
def test_a_wrong_manifest_is_refused_before_an_engine_is_asked(manifest: str, said: str) -> None:
    with (
        pytest.raises(InvalidFile, match=said),
        pausedemo.pod(manifest, engine="unix:///no/such/socket"),
    ):
        raise AssertionError("it was made")


def test_an_error_inside_the_block_removes_the_pod_as_well(pods_engine: Engine) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        pausedemo.pod(PLAIN, engine=pods_engine, images="local") as pod,
    ):
        _ = 1 / 0
    assert pods_engine.list_containers({naming.POD_UID: pod.uid}) == ()


def test_what_a_killed_process_leaves_is_removed_with_its_objects(pods_engine: Engine) -> None:
    script = f"""
        import pausedemo, time
        with pausedemo.pod({WEB!r}, engine={pods_engine.url!r}, images="local") as pod:
            print(pod.uid, pod.namespace, flush=True)
            time.sleep(600)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    with process, contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stdout is not None
        uid, namespace = process.stdout.readline().split()
        assert remove_dead_guests(pods_engine, SystemClock(), unknown_too=False) == ()
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert namespace in kept(pods_engine)
    removed = remove_dead_guests(pods_engine, SystemClock(), unknown_too=False)
    assert sorted(removed) == ["configmap/settings", "pod/web"]
    assert namespace not in kept(pods_engine)
    assert pods_engine.list_containers({naming.POD_UID: uid}) == ()


def test_importing_pausedemo_loads_no_library() -> None:
    script = (
        "import sys, pausedemo; print(*sorted({'docker', 'pydantic', 'yaml'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "\n"


@pytest.mark.parametrize("namespace", ["Bad_NS", "a b", "n" * 64])
def test_what_can_be_no_namespace_is_refused_before_any_engine_is_asked(namespace: str) -> None:
    with (
        pytest.raises(UsageError, match=f"^namespace '{namespace}' must "),
        pausedemo.pod(PLAIN, engine="unix:///nowhere.sock", namespace=namespace),
    ):
        pass
