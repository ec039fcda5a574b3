"""Name servers and ports of a pod."""

from __future__ import annotations

import socket

import pytest

from pausedemo.kubelet.reach.nodedns import find_node_dns
from tests.kubelet.fields.bench import Bench, Seen

SLEEP = 'image: busybox, command: [sleep, "3600"]'


def resolver(seen: Seen, name: str = "a") -> list[str]:
    lines = seen.ask("cat /etc/resolv.conf", name).splitlines()
    return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]


def test_with_the_policy_none_only_what_the_manifest_says_is_asked(bench: Bench) -> None:
    seen = bench.run(f"""
        dnsPolicy: None
        dnsConfig:
          nameservers: [192.0.2.1, 192.0.2.2]
          searches: [one.example, two.example]
          options: [{{name: ndots, value: "3"}}, {{name: edns0}}]
        containers: [{{name: a, {SLEEP}}}, {{name: b, {SLEEP}}}]
    """)
    for name in "ab":
        assert sorted(resolver(seen, name)) == [
            "nameserver 192.0.2.1",
            "nameserver 192.0.2.2",
            "options ndots:3 edns0",
            "search one.example two.example",
        ]


def test_without_searches_none_of_the_machine_s_are_taken(bench: Bench) -> None:
    seen = bench.run(f"""
        dnsPolicy: None
        dnsConfig: {{nameservers: [192.0.2.1]}}
        containers: [{{name: a, {SLEEP}}}]
    """)
    assert [line for line in resolver(seen) if line.startswith("search")] in ([], ["search ."])


@pytest.mark.parametrize("policy", ["Default", "ClusterFirst"])
def test_otherwise_the_machine_s_servers_are_asked(bench: Bench, policy: str) -> None:
    plain = bench.run(f"containers: [{{name: a, {SLEEP}}}]")
    seen = bench.run(f"""
        dnsPolicy: {policy}
        dnsConfig: {{searches: [one.example]}}
        containers: [{{name: a, {SLEEP}}}]
    """)

    def servers(of: Seen) -> list[str]:
        return [line for line in resolver(of) if line.startswith("nameserver")]

    assert servers(seen) == servers(plain) != []
    assert "search one.example" in resolver(seen)


def test_what_is_added_comes_after_the_machine_s_own(bench: Bench) -> None:
    plain = bench.run(f"containers: [{{name: a, {SLEEP}}}]")
    own = find_node_dns(bench.engine.url)
    if own is None:
        pytest.skip("the machine's own servers are not known here")
    seen = bench.run(f"""
        dnsConfig: {{nameservers: [192.0.2.1]}}
        containers: [{{name: a, {SLEEP}}}]
    """)
    servers = [line.split()[1] for line in resolver(seen) if line.startswith("nameserver")]
    assert servers == [*own.nameservers, "192.0.2.1"][:3]
    assert resolver(plain) != resolver(seen)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_host_port_leads_to_the_container_s(bench: Bench) -> None:
    tcp, udp = _free_port(), _free_port()
    seen = bench.run(f"""
        containers:
        - name: a
          image: busybox
          command: [sh, -c, "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
          ports:
          - {{containerPort: 8080, hostPort: {tcp}, hostIP: 127.0.0.1}}
          - {{containerPort: 8081, hostPort: {udp}, protocol: UDP}}
          - {{containerPort: 9999}}
    """)
    bound = bench.engine.inspect_container(seen.sandbox).ports
    assert f"127.0.0.1:{tcp}->8080/tcp" in bound
    assert f"0.0.0.0:{udp}->8081/udp" in bound
    assert not any("9999" in port for port in bound)
    seen.ask("for i in 1 2 3 4 5; do wget -qO- 127.0.0.1:8080 && break; sleep 0.2; done")
    # From the engine's own machine, which may be another than this one.
    node = bench.run(f"hostNetwork: true\ncontainers: [{{name: a, {SLEEP}}}]")
    assert node.ask(f"wget -qO- 127.0.0.1:{tcp}") == "hello\n"
