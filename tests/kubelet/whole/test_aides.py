"""Probes, hooks, messages, volumes and environments, as the kubelet uses them for a pod."""

from __future__ import annotations

from pausedemo.core.pods.podreport import StateTerminated, StateWaiting
from pausedemo.core.pods.status import RunState
from pausedemo.kubelet.objects.store import Kind
from tests.kubelet.whole.kit import PATIENT, World
from tests.waiting import wait_until


def test_a_pod_is_ready_when_its_probe_says_so_and_no_longer(world: World) -> None:
    kubelet = world.begin()
    world.apply(f"""
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{PATIENT}"]
          readinessProbe: {{exec: {{command: [test, -e, /ready]}}, periodSeconds: 1}}
    """)
    wait_until("the probe has failed", lambda: kubelet.told("Unhealthy"))
    assert not world.report().ready
    container = world.container("a").container_id
    world.engine.exec(container, ["touch", "/ready"], timeout_s=60)
    world.wait_ready()
    world.engine.exec(container, ["rm", "/ready"], timeout_s=60)
    wait_until("it is not any more", lambda: not world.report().ready)
    assert world.container("a").restart_count == 0


def test_a_container_that_fails_its_liveness_probe_is_started_again(world: World) -> None:
    kubelet = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 2
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{PATIENT}"]
          livenessProbe:
            exec: {{command: [test, "!", -e, /dead]}}
            periodSeconds: 1
            failureThreshold: 1
    """)
    world.wait_ready()
    world.engine.exec(world.container("a").container_id, ["touch", "/dead"], timeout_s=60)
    wait_until("it is new", lambda: world.container("a").restart_count == 1)
    world.wait_ready()
    assert kubelet.told("Killing") == ["Container a failed liveness probe, will be restarted"]


def test_hooks_run_at_both_ends_of_a_container(world: World) -> None:
    kubelet = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 20
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{PATIENT}"]
          volumeMounts: [{{name: out, mountPath: /out}}]
          lifecycle:
            postStart: {{exec: {{command: [sh, -c, "echo start >> /out/log"]}}}}
            preStop: {{exec: {{command: [sh, -c, "echo stop >> /out/log"]}}}}
        - name: b
          image: busybox
          command: [sh, -c, "{PATIENT}"]
          lifecycle: {{postStart: {{exec: {{command: ["false"]}}}}}}
        volumes: [{{name: out, persistentVolumeClaim: {{claimName: hooks}}}}]
    """)
    wait_until("the other hook has failed", lambda: kubelet.told("FailedPostStartHook"))
    wait_until("it is started again", lambda: world.container("b").restart_count)
    assert "FailedPostStartHook" in kubelet.told("Killing")
    world.delete(grace_s=20)
    wait_until("it is gone", world.is_gone)
    world.apply("""
        restartPolicy: Never
        containers:
        - name: c
          image: busybox
          command: [cp, /out/log, /dev/termination-log]
          volumeMounts: [{name: out, mountPath: /out}]
        volumes: [{name: out, persistentVolumeClaim: {claimName: hooks}}]
    """)

    def message() -> str:
        state = world.container("c").state
        return state.message if isinstance(state, StateTerminated) else ""

    wait_until("it has left its message", message)
    assert message() == "start\nstop\n"


def test_a_config_map_that_is_missing_holds_its_container_until_it_comes(world: World) -> None:
    kubelet = world.begin()
    world.apply("""
        containers:
        - name: a
          image: busybox
          command: [sh, -c, 'test "$COLOUR" = red && exec sleep 1000']
          env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: paint, key: colour}}}]
    """)

    def why() -> str:
        state = world.container("a").state
        return state.reason if isinstance(state, StateWaiting) else ""

    wait_until("it waits", lambda: why() == "CreateContainerConfigError")
    assert kubelet.told("Failed") == ['Error: configmap "paint" not found']
    world.store.create(
        Kind.CONFIG_MAP,
        "default",
        "paint",
        {
            "manifest": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "paint"},
                "data": {"colour": "red"},
            }
        },
    )
    world.clock.move(10)
    wait_until("it runs", lambda: (a := world.status().latest("a")) and a.state is RunState.RUNNING)
