"""What a pod refers to comes and changes while it runs; what it holds grows too large."""

from __future__ import annotations

import textwrap
from functools import partial

from pausedemo.core.kubectl.describe import describe_pod
from pausedemo.core.kubectl.podrow import compute_row
from pausedemo.core.manifest import ConfigMap, Secret
from pausedemo.core.pods.podreport import Phase, StateTerminated, StateWaiting
from pausedemo.engine.port import ExecResult
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.objects.configs import Configs
from pausedemo.kubelet.objects.reader import Reader
from pausedemo.kubelet.volumes import name_volume
from tests.kubelet.whole.kit import Running, World
from tests.waiting import wait_until

WAIT = "trap 'exit 0' TERM; sleep 86400 & wait"


def make_config_map(text: str) -> ConfigMap:
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    return ConfigMap.model_validate({**head, "data": {"colour": text}})


def make_secret(text: str) -> Secret:
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}}
    return Secret.model_validate({**head, "stringData": {"word": text}})


def has_told(kubelet: Running, count: int) -> bool:
    return len(kubelet.told("Failed")) == count


def execute(world: World, command: str, name: str = "web") -> ExecResult:
    latest = world.status(name).latest("a")
    assert latest is not None
    return world.engine.exec(latest.id, ["sh", "-c", command], timeout_s=60)


def ask(world: World, command: str, name: str = "web") -> str:
    done = execute(world, command, name)
    assert done.exit_code == 0, done.stderr.decode()
    return done.stdout.decode()


def reads(world: World, path: str, content: str) -> bool:
    """While a file changes it may be missing for a moment: a reader that followed ``..data`` to
    the old folder finds it emptied, and Docker replaces a link by removing it first."""
    return execute(world, f"cat {path}").stdout.decode() == content


def test_a_container_starts_as_soon_as_what_it_waits_for_comes(world: World) -> None:
    kubelet = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 1
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{WAIT}"]
          envFrom: [{{configMapRef: {{name: settings}}}}]
          env: [{{name: WORD, valueFrom: {{secretKeyRef: {{name: key, key: word}}}}}}]
    """)
    # Until it waits for longer than a test does.
    for count in range(1, 7):
        wait_until("it is told", partial(has_told, kubelet, count))
        world.clock.move(300 if count < 6 else 0)
    assert kubelet.told("Failed")[0] == 'Error: configmap "settings" not found'
    state = world.container("a").state
    assert isinstance(state, StateWaiting)
    assert state.reason == "CreateContainerConfigError"
    Configs(world.store, ConfigMap).create(make_config_map("red"), world.clock.now())
    wait_until(
        "it asks for the other", lambda: 'secret "key" not found' in kubelet.told("Failed")[-1]
    )
    Configs(world.store, Secret).create(make_secret("open"), world.clock.now())
    world.wait_ready()
    assert ask(world, "echo $colour $WORD") == "red open\n"


def test_what_has_changed_reaches_the_volumes_of_pods_that_run(world: World) -> None:
    config_maps = Configs(world.store, ConfigMap)
    secrets = Configs(world.store, Secret)
    config_map = config_maps.create(make_config_map("red"), world.clock.now())
    secret = secrets.create(make_secret("open"), world.clock.now())
    first = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 1
        volumes:
        - {{name: one, configMap: {{name: settings}}}}
        - {{name: two, projected: {{sources: [{{secret: {{name: key}}}}]}}}}
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{WAIT}"]
          volumeMounts: [{{name: one, mountPath: /one}}, {{name: two, mountPath: /two}}]
    """)
    world.wait_ready()
    before = world.status().latest("a")
    assert ask(world, "cat /one/colour /two/word") == "redopen"
    config_map = config_maps.change(config_map, make_config_map("blue"))
    wait_until("the first has changed", lambda: reads(world, "/one/..data/colour", "blue"))
    secrets.change(secret, make_secret("shut"))
    wait_until("the second has changed", lambda: reads(world, "/two/word", "shut"))
    first.stop()
    # Nobody tells the next kubelet of a change that it was not there for.
    config_maps.change(config_map, make_config_map("green"))
    second = world.begin()
    wait_until("the next one sees it", lambda: reads(world, "/one/colour", "green"))
    assert world.status().latest("a") == before
    assert second.told("Started") == []


def test_a_pod_that_holds_more_than_its_limit_is_evicted(world: World) -> None:
    kubelet = world.begin()
    spec = """
        terminationGracePeriodSeconds: 600
        volumes: [{{name: data, emptyDir: {{sizeLimit: 1Mi}}}}]
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "head -c {size} /dev/zero > /data/f; sleep 86400"]
          volumeMounts: [{{name: data, mountPath: /data}}]
    """
    world.apply(textwrap.dedent(spec.format(size=1000 * 1000)), "small")
    world.apply(textwrap.dedent(spec.format(size=1100 * 1000)), "large")
    wait_until("it has failed", lambda: world.report("large").phase is Phase.FAILED)
    wait_until("all has ended", lambda: not any(s.ready for s in world.status("large").sandboxes))
    report = world.report("large")
    words = 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". '
    assert (report.reason, report.message) == ("Evicted", words)
    assert [type(one.state) for one in report.containers] == [StateTerminated]
    told = [
        (pod.name, one.type, one.message) for pod, one in kubelet.events if one.reason == "Evicted"
    ]
    assert told == [("large", "Warning", words)]
    assert world.wait_ready("small").phase is Phase.RUNNING
    kubelet.stop()
    # The next one neither starts it again nor tells it twice.
    second = world.begin()
    wait_until("it looks after the pods", lambda: second.said)
    world.delete("large", grace_s=1)
    wait_until("it is gone", lambda: world.is_gone("large"))
    assert second.told("Started") + second.told("Evicted") == []
    world.delete("small", grace_s=0)
    wait_until("the other, too", lambda: world.is_gone("small"))


def test_a_pod_knows_its_node(world: World) -> None:
    world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 1
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "{WAIT}"]
          env:
          - {{name: NODE, valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}}}
          - {{name: HOST, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}
    """)
    world.wait_ready()
    node = world.engine.describe().machine.lower()
    gateway = ask(world, "ip route | sed -n 's/default via \\([0-9.]*\\) .*/\\1/p'").strip()
    assert "" not in (node, gateway)
    assert ask(world, "echo $NODE $HOST") == f"{node} {gateway}\n"
    seen = Reader(world.engine, world.clock).get("Pod", "default", "web")
    assert seen["spec"]["nodeName"] == node
    assert (seen["status"]["hostIP"], seen["status"]["hostIPs"]) == (gateway, [{"ip": gateway}])
    assert compute_row(seen).node == node
    lines = describe_pod(seen, (), world.clock.now()).splitlines()
    assert f"{node}/{gateway}" in [line.split()[1] for line in lines if line.startswith("Node:")]


def test_a_volume_s_name_that_somebody_else_has_is_told_and_waited_for(world: World) -> None:
    pod = world.apply(f"""
        terminationGracePeriodSeconds: 1
        volumes: [{{name: data, emptyDir: {{}}}}]
        containers:
        - {{name: a, image: busybox, command: [sh, -c, "{WAIT}"],
           volumeMounts: [{{name: data, mountPath: /data}}]}}
    """).pod
    taken = name_volume(pod.uid, "data")
    world.engine.create_volume(taken, {})
    try:
        kubelet = world.begin()
        wait_until("it is told", lambda: kubelet.told("FailedMount"))
        assert kubelet.told("FailedMount")[0] == (
            f'MountVolume.SetUp failed for volume "data" : the engine has a volume named {taken} '
            "that is not the pod's; remove it"
        )
        assert world.status().sandboxes == ()
    finally:
        world.engine.remove_volume(taken)
    world.clock.move(20)
    world.wait_ready()


def test_an_image_that_was_missing_is_used_once_it_is_there(world: World) -> None:
    name = "localhost/late:1"
    kubelet = world.begin()
    world.apply(f"""
        terminationGracePeriodSeconds: 1
        containers:
        - {{name: a, image: "{name}", imagePullPolicy: Never, command: [sh, -c, "{WAIT}"]}}
    """)
    wait_until("it is told", lambda: kubelet.told("ErrImageNeverPull"))
    assert world.report().phase is Phase.PENDING
    world.engine.tag_image(ImageResolver(world.engine, Policy.LOCAL).resolve("busybox").used, name)
    try:
        world.clock.move(300)
        world.wait_ready()
        assert world.container("a").restart_count == 0
        world.delete(grace_s=0)
        wait_until("it is gone", world.is_gone)
    finally:
        world.engine.remove_image(name)
