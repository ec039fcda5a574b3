"""Names, namespaces and the kernel's parameters of a pod."""

from __future__ import annotations

import pytest

from tests.kubelet.fields.bench import Bench

SLEEP = 'image: busybox, command: [sleep, "3600"]'


def inode(kind: str) -> str:
    return f"readlink /proc/self/ns/{kind}"


def test_a_pod_is_called_by_its_name(bench: Bench) -> None:
    seen = bench.run(f"containers: [{{name: a, {SLEEP}}}, {{name: b, {SLEEP}}}]")
    assert [seen.ask("hostname; cat /etc/hostname", name) for name in "ab"] == [
        "fields\nfields\n"
    ] * 2


def test_a_hostname_and_a_subdomain_make_its_full_name(bench: Bench) -> None:
    seen = bench.run(f"""
        hostname: web
        subdomain: shop
        containers: [{{name: a, {SLEEP}}}]
    """)
    ip = bench.engine.inspect_container(seen.sandbox).ip
    full = "web.shop.default.svc.cluster.local"
    assert seen.ask("hostname; hostname -f") == f"web\n{full}\n"
    assert [ip, full, "web"] in [row.split() for row in seen.ask("cat /etc/hosts").splitlines()]


def test_host_aliases_are_in_the_hosts_file_of_all(bench: Bench) -> None:
    seen = bench.run(f"""
        hostAliases:
        - {{ip: 192.0.2.7, hostnames: [one.example, two.example]}}
        - {{ip: "2001:db8::1", hostnames: [six.example]}}
        containers: [{{name: a, {SLEEP}}}, {{name: b, {SLEEP}}}]
    """)
    for name in "ab":
        rows = [row.split() for row in seen.ask("cat /etc/hosts", name).splitlines()]
        for pair in (
            ["192.0.2.7", "one.example"],
            ["192.0.2.7", "two.example"],
            ["2001:db8::1", "six.example"],
        ):
            assert pair in rows


@pytest.mark.parametrize("shared", [True, False])
def test_processes_are_seen_by_the_others_when_the_pid_namespace_is_shared(
    bench: Bench, shared: bool
) -> None:
    seen = bench.run(f"""
        shareProcessNamespace: {str(shared).lower()}
        containers: [{{name: a, {SLEEP}}}, {{name: b, image: busybox, command: [sleep, "77"]}}]
    """)
    assert ("sleep 77" in seen.ask("ps")) is shared
    assert (seen.ask(inode("pid")) == seen.ask(inode("pid"), "b")) is shared
    for kind in ("net", "ipc"):
        assert seen.ask(inode(kind)) == seen.ask(inode(kind), "b")


def test_the_machine_s_namespaces_are_joined(bench: Bench) -> None:
    usual = bench.run(f"containers: [{{name: a, {SLEEP}}}]")
    seen = bench.run(f"""
        hostNetwork: true
        hostPID: true
        hostIPC: true
        containers: [{{name: a, {SLEEP}}}]
    """)
    for kind in ("net", "pid", "ipc"):
        assert seen.ask(inode(kind)) != usual.ask(inode(kind))
    count = "ls -d /proc/[0-9]* | wc -l"
    assert int(seen.ask(count)) > int(usual.ask(count))
    pid = bench.engine.inspect_container(usual.containers["a"]).pid
    assert seen.ask(f"tr '\\0' ' ' < /proc/{pid}/cmdline") == "sleep 3600 "
    assert seen.ask("ls /sys/class/net") != usual.ask("ls /sys/class/net")
    machine = bench.engine.describe().machine
    assert seen.ask("hostname") == f"{machine}\n"


def test_kernel_parameters_are_the_pod_s(bench: Bench) -> None:
    seen = bench.run(f"""
        securityContext:
          sysctls:
          - {{name: kernel.shm_rmid_forced, value: "1"}}
          - {{name: net.ipv4.ip_unprivileged_port_start, value: "81"}}
        containers: [{{name: a, {SLEEP}}}, {{name: b, {SLEEP}}}]
    """)
    script = "cat /proc/sys/kernel/shm_rmid_forced /proc/sys/net/ipv4/ip_unprivileged_port_start"
    assert [seen.ask(script, name) for name in "ab"] == ["1\n81\n"] * 2
