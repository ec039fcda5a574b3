"""Probes, hooks and last words of pods that a kubelet looks after."""

from __future__ import annotations

import threading

from pausedemo.clock import SystemClock
from pausedemo.core.pods.podreport import StateTerminated
from pausedemo.core.pods.status import RunState
from pausedemo.kubelet.pod.single import bring_up, run_one
from tests.kubelet.whole.kit import World
from tests.waiting import wait_until

PROBED = """
    terminationGracePeriodSeconds: 2
    containers:
    - name: a
      image: busybox
      command: [sleep, "3600"]
      readinessProbe:
        exec: {command: [test, -f, /tmp/ready]}
        periodSeconds: 1
        timeoutSeconds: 30
      livenessProbe:
        exec: {command: [test, "!", -f, /tmp/dead]}
        periodSeconds: 1
        timeoutSeconds: 30
        failureThreshold: 2
        terminationGracePeriodSeconds: 1
"""
SERVED = """
    containers:
    - name: a
      image: busybox
      command: [sh, -c, "echo well > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
      ports: [{name: web, containerPort: 8080}]
      startupProbe: {tcpSocket: {port: web}, periodSeconds: 1, failureThreshold: 60}
      readinessProbe: {httpGet: {path: /index.html, port: web}, periodSeconds: 1}
"""
SIDECAR = """
    initContainers:
    - name: first
      image: busybox
      restartPolicy: Always
      command: [sleep, "3600"]
      startupProbe:
        exec: {command: [test, -f, /tmp/started]}
        periodSeconds: 1
        timeoutSeconds: 30
        failureThreshold: 600
    containers:
    - {name: a, image: busybox, command: [sleep, "3600"]}
"""
HOOKED = """
    terminationGracePeriodSeconds: 20
    volumes:
    - {name: notes, persistentVolumeClaim: {claimName: health-notes}}
    containers:
    - name: a
      image: busybox
      command: [sh, -c, "trap 'echo term >> /notes/n; exit' TERM; while true; do sleep 0.1; done"]
      volumeMounts: [{name: notes, mountPath: /notes}]
      lifecycle:
        postStart: {exec: {command: [sh, -c, "echo begun >> /notes/n"]}}
        preStop: {exec: {command: [sh, -c, "sleep 1; echo stopping >> /notes/n"]}}
"""
READING = """
    volumes:
    - {name: notes, persistentVolumeClaim: {claimName: health-notes}}
    containers:
    - name: a
      image: busybox
      command: [sleep, "3600"]
      volumeMounts: [{name: notes, mountPath: /notes}]
"""
BADLY_HOOKED = """
    restartPolicy: Never
    terminationGracePeriodSeconds: 1
    containers:
    - name: a
      image: busybox
      command: [sleep, "3600"]
      lifecycle:
        postStart: {exec: {command: ["false"]}}
"""
LAST_WORDS = """
    restartPolicy: Never
    containers:
    - name: a
      image: busybox
      command: [sh, -c, "echo -n no disk > /dev/termination-log; exit 3"]
    - name: b
      image: busybox
      terminationMessagePolicy: FallbackToLogsOnError
      command: [sh, -c, "echo -n it was the log; exit 4"]
"""


def run(world: World, script: str, container: str = "a") -> None:
    """Run a script in the running container of that name."""
    latest = world.status().latest(container)
    assert latest is not None
    done = world.engine.exec(latest.id, ("sh", "-c", script), timeout_s=60)
    assert done.exit_code == 0, done


def runs(world: World, container: str) -> bool:
    latest = world.status().latest(container)
    return latest is not None and latest.state is RunState.RUNNING


def test_a_container_is_ready_when_its_probe_says_so_and_restarted_when_it_is_dead(
    world: World,
) -> None:
    kubelet = world.begin()
    world.apply(PROBED)
    wait_until("it is asked", lambda: "Readiness probe failed: " in kubelet.told("Unhealthy"))
    assert not world.report().ready
    run(world, "touch /tmp/ready")
    world.wait_ready()
    run(world, "touch /tmp/dead")
    wait_until("it is restarted", lambda: world.container("a").restart_count == 1)
    assert "Liveness probe failed: " in kubelet.told("Unhealthy")
    assert kubelet.told("Killing") == ["Container a failed liveness probe, will be restarted"]
    wait_until("it runs", lambda: runs(world, "a"))
    assert not world.report().ready
    run(world, "touch /tmp/ready")
    world.wait_ready()
    kubelet.stop()


def test_ports_are_asked_on_the_engine_s_own_network(world: World) -> None:
    kubelet = world.begin()
    world.apply(SERVED)
    report = world.wait_ready()
    assert [one.started for one in report.containers] == [True]
    run(world, "mv /tmp/index.html /tmp/gone.html")
    wait_until("it is not ready any more", lambda: not world.report().ready)
    said = kubelet.told("Unhealthy")
    assert "Readiness probe failed: HTTP probe failed with statuscode: 404" in said
    kubelet.stop()
    left = [row.name for row in world.engine.list_containers({})]
    assert not [name for name in left if name.startswith("pausedemo-node")]


def test_a_sidecar_lets_the_others_start_when_it_has_started(world: World) -> None:
    world.begin()
    world.apply(SIDECAR)
    wait_until("the sidecar runs", lambda: runs(world, "first"))
    assert world.status().latest("a") is None
    run(world, "touch /tmp/started", "first")
    world.wait_ready()


def test_hooks_run_after_the_start_and_before_term(world: World) -> None:
    kubelet = world.begin()
    world.apply(HOOKED)
    world.wait_ready()
    world.delete(grace_s=20)
    wait_until("it is gone", world.is_gone)
    world.apply(READING)
    world.wait_ready()
    run(world, 'test "$(cat /notes/n)" = "$(printf \'begun\\nstopping\\nterm\')"')
    assert kubelet.told("FailedPreStopHook") == []


def test_a_container_whose_hook_fails_is_ended(world: World) -> None:
    kubelet = world.begin()
    world.apply(BADLY_HOOKED)
    wait_until("it is ended", lambda: isinstance(world.container("a").state, StateTerminated))
    assert kubelet.told("FailedPostStartHook") == ["PostStartHook failed"]
    assert kubelet.told("Killing") == ["FailedPostStartHook"]


def test_last_words_are_kept_as_the_state_s_message(world: World) -> None:
    world.begin()
    world.apply(LAST_WORDS)

    def words() -> list[tuple[int, str]]:
        states = [one.state for one in world.report().containers]
        return [(s.exit_code, s.message) for s in states if isinstance(s, StateTerminated)]

    wait_until("both have ended", lambda: words() == [(3, "no disk"), (4, "it was the log")])


def test_a_pod_that_is_only_brought_up_has_its_hooks_run(world: World) -> None:
    pod = world.apply(BADLY_HOOKED).pod
    told: list[str] = []
    bring_up(world.engine, SystemClock(), pod, hear=lambda _pod, one: told.append(one.reason))
    assert "FailedPostStartHook" in told


def test_the_one_pod_that_is_watched_is_woken_by_its_probes(world: World) -> None:
    pod = world.apply(PROBED).pod
    stop = threading.Event()
    thread = threading.Thread(target=run_one, args=(world.engine, SystemClock(), pod, stop))
    thread.start()
    try:
        wait_until("it runs", lambda: runs(world, "a"))
        run(world, "touch /tmp/ready")
        world.wait_ready()
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
