"""A pod as the kubelet makes it: the sandbox first, names, labels, and who joins what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pausedemo.core import naming
from pausedemo.engine.docker import DockerEngine
from pausedemo.engine.port import ContainerState
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.pod.controller import EngineLimits
from pausedemo.kubelet.reach.nodecontainer import NodeContainer
from pausedemo.scenario.node import Node
from tests.kubelet.kit import TEST_LABEL, TWO, Kit, Kits
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def node(engine: DockerEngine, busybox_image: str) -> Iterator[Node]:
    """The machine's side, where inodes can be seen."""
    with contextlib.closing(NodeContainer(engine, lambda: busybox_image, {})) as container:
        yield Node(container)


def read_inodes(kit: Kit, node: Node, kind: str) -> list[int]:
    pids = [kit.info(name).pid for name in ("POD", "a", "b")]
    return [node.namespaces(pid, [kind])[1][kind] for pid in pids]


def test_the_sandbox_is_made_and_started_before_the_containers(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    sandbox, a, b = (kit.info(name) for name in ("POD", "a", "b"))
    assert {info.state for info in (sandbox, a, b)} == {ContainerState.RUNNING}
    assert sandbox.started_at is not None
    assert sandbox.started_at < min(a.created_at, b.created_at)
    assert kit.names() == ["POD_0", "a_0", "b_0"]


def test_names_and_labels_are_dockershim_s(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    uid = kit.pod.uid
    sandbox, a = kit.info("POD"), kit.info("a")
    assert sandbox.name == f"k8s_POD_kubelet-test_default_{uid}_0"
    assert a.name == f"k8s_a_kubelet-test_default_{uid}_0"
    common = {
        "io.kubernetes.pod.name": "kubelet-test",
        "io.kubernetes.pod.namespace": "default",
        "io.kubernetes.pod.uid": uid,
        "pausedemo.dev/owner": str(Owner.this_process()),
        TEST_LABEL: uid,
    }
    for info, own in (
        (
            sandbox,
            {
                "io.kubernetes.container.name": "POD",
                "io.kubernetes.docker.type": "podsandbox",
            },
        ),
        (
            a,
            {
                "io.kubernetes.container.name": "a",
                "io.kubernetes.docker.type": "container",
                "io.kubernetes.sandbox.id": sandbox.id,
                "annotation.io.kubernetes.container.restartCount": "0",
            },
        ),
    ):
        wanted = {**common, **own}
        assert {key: info.labels.get(key) for key in wanted} == wanted
    assert len(a.labels["annotation.io.kubernetes.container.hash"]) == 8
    assert naming.SANDBOX_ID not in sandbox.labels


@pytest.mark.parametrize("shared", [False, True])
def test_members_join_network_and_ipc_always_and_pid_when_shared(
    kits: Kits, node: Node, shared: bool
) -> None:
    kit = kits.make(f"shareProcessNamespace: {str(shared).lower()}\n" + TWO.replace("\n    ", "\n"))
    kit.sync()
    sandbox = kit.info("POD")
    assert sandbox.ipc_mode == "shareable"
    joined = f"container:{sandbox.id}"
    for name in ("a", "b"):
        info = kit.info(name)
        assert (info.network_mode, info.ipc_mode) == (joined, joined)
        assert info.pid_mode == (joined if shared else "")
        assert info.ip == ""
    for kind, distinct in (("net", 1), ("ipc", 1), ("pid", 1 if shared else 3), ("mnt", 3)):
        assert len(set(read_inodes(kit, node, kind))) == distinct, kind


def test_kubernetes_1_7_shares_by_default(kits: Kits, node: Node) -> None:
    kit = kits.make(kubernetes=(1, 7))
    kit.sync()
    assert len(set(read_inodes(kit, node, "pid"))) == 1


def test_members_have_the_pod_s_address_and_host_name(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    ip = kit.status().ip
    assert ip == kit.info("POD").ip != ""
    for name in ("a", "b"):
        argv = ["sh", "-c", "hostname; ip -o -4 addr show dev eth0"]
        shown = kit.engine.exec(kit.info(name).id, argv, timeout_s=60).stdout.decode()
        assert shown.startswith("kubelet-test\n")
        assert f" {ip}/" in shown


def test_a_pod_that_is_as_it_should_be_is_left_alone(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    before = (kit.rows(), kit.told)
    assert kit.controller.sync().nothing
    assert (kit.rows(), kit.told) == before
    assert [reason for reason in kit.reasons() if reason not in ("Created", "Started")] == []


def test_what_it_did_is_told_in_the_kubelet_s_words(kits: Kits) -> None:
    kit = kits.make()
    kit.sync()
    assert sorted(kit.told) == [
        ("Created", "Created container a"),
        ("Created", "Created container b"),
        ("Started", "Started container a"),
        ("Started", "Started container b"),
    ]
    assert {event.type for event in kit.events} == {"Normal"}


def test_init_containers_run_one_by_one_in_order_before_the_others(kits: Kits) -> None:
    kit = kits.make("""
        initContainers:
        - {name: first, image: busybox, command: [sh, -c, "echo first > /dev/shm/order"]}
        - {name: second, image: busybox, command: [sh, -c, "echo second >> /dev/shm/order"]}
        containers:
        - {name: main, image: busybox, command: [sh, -c, "cat /dev/shm/order; sleep 3600"]}
    """)
    for made, ended in ((["first_0"], "first"), (["first_0", "second_0"], "second")):
        kit.sync()
        assert kit.names() == ["POD_0", *made]
        kit.wait_until_ended(ended)
    kit.sync()
    assert kit.names() == ["POD_0", "first_0", "main_0", "second_0"]
    main = kit.info("main").id
    wait_until("main saw both", lambda: kit.engine.read_logs(main) == (b"first\nsecond\n", b""))


def test_an_init_container_that_fails_is_tried_again_and_holds_the_others(kits: Kits) -> None:
    kit = kits.make("""
        initContainers:
        - {name: first, image: busybox, command: ["false"]}
        containers:
        - {name: main, image: busybox, command: [sleep, "3600"]}
    """)
    kit.sync()
    kit.wait_until_ended("first")
    kit.sync()
    assert kit.latest("first").restart_count == 1
    assert kit.status().latest("main") is None


def test_the_oom_score_is_lowered_where_the_engine_may_and_left_where_it_may_not(
    kits: Kits, engine: DockerEngine
) -> None:
    # Whether this engine may is a fact of the machine: both ways must give a pod.
    kits.limits = EngineLimits()
    kit = kits.make()
    kit.sync()
    raw = engine._client.inspect_container(kit.info("POD").id)
    assert raw["HostConfig"]["OomScoreAdj"] == (-998 if kits.limits.lowers_oom_score else 0)
    assert raw["HostConfig"]["CpuShares"] == 2
    assert raw["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert kit.names() == ["POD_0", "a_0", "b_0"]
    if not kits.limits.lowers_oom_score:
        # Found out once: the next pod makes its sandbox at the first try.
        second = kits.make()
        ids: list[str] = []
        with engine.events({naming.POD_UID: second.pod.uid}) as stream:
            second.sync()
            for event in stream:
                ids.append(event.container_id)
                if event.action == "start" and event.attributes["name"].startswith("k8s_POD_"):
                    break
        assert len(set(ids)) == 1
