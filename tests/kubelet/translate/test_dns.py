"""What a pod resolves names by."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.kubelet.reach.nodedns import find_node_dns
from pausedemo.kubelet.translate.dns import NodeDNS, choose_dns, parse_resolv_conf
from tests.core.podkit import make_pod

NODE = NodeDNS(("10.0.0.1", "10.0.0.2"), ("lan",), ("ndots:1", "rotate"))
OPTIONS = "[{name: ndots, value: '5'}, {name: edns0}]"


@pytest.mark.parametrize(
    ("extra", "node", "wanted"),
    [
        ("", None, NodeDNS()),
        ("", NODE, NodeDNS()),
        ("  dnsPolicy: Default\n", NODE, NodeDNS()),
        (
            "  dnsPolicy: None\n  dnsConfig: {nameservers: [192.0.2.1]}\n",
            NODE,
            NodeDNS(("192.0.2.1",), (".",), ()),
        ),
        (
            "  dnsPolicy: None\n"
            f"  dnsConfig: {{nameservers: [192.0.2.1], searches: [a, b], options: {OPTIONS}}}\n",
            NODE,
            NodeDNS(("192.0.2.1",), ("a", "b"), ("ndots:5", "edns0")),
        ),
        (
            "  dnsConfig: {nameservers: [192.0.2.1, 192.0.2.2], searches: [a, lan]}\n",
            NODE,
            NodeDNS(("10.0.0.1", "10.0.0.2", "192.0.2.1"), ("lan", "a"), ()),
        ),
        ("  dnsConfig: {nameservers: [192.0.2.1]}\n", None, NodeDNS(("192.0.2.1",), (), ())),
        (
            f"  dnsPolicy: ClusterFirstWithHostNet\n  dnsConfig: {{options: {OPTIONS}}}\n",
            NODE,
            NodeDNS((), (), ("ndots:5", "rotate", "edns0")),
        ),
    ],
)
def test_what_the_engine_is_told(extra: str, node: NodeDNS | None, wanted: NodeDNS) -> None:
    assert choose_dns(make_pod(extra=extra).spec, node) == wanted


def test_only_an_engine_on_this_machine_resolves_as_this_machine_does(tmp_path: Path) -> None:
    local, real = tmp_path / "local", tmp_path / "real"
    local.write_text("nameserver 127.0.0.53\nsearch lan\n")
    real.write_text("nameserver 10.0.0.1\nsearch real\n")
    files = (tmp_path / "none", local, real)
    assert find_node_dns("unix:///x.sock", files) == NodeDNS(("10.0.0.1",), ("real",), ())
    assert find_node_dns("unix:///x.sock", files[:2]) is None
    assert find_node_dns("tcp://192.0.2.1:2375", files) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", NodeDNS()),
        (
            "# hello\nnameserver 10.0.0.1\nnameserver 127.0.0.53\nnameserver ::1\n"
            "nameserver fe80::1%eth0\nnameserver nonsense\nnameserver\n"
            "domain old\nsearch a b\noptions ndots:2\noptions edns0 rotate\n",
            NodeDNS(("10.0.0.1", "fe80::1%eth0"), ("a", "b"), ("ndots:2", "edns0", "rotate")),
        ),
    ],
)
def test_a_resolv_conf_is_read(text: str, wanted: NodeDNS) -> None:
    assert parse_resolv_conf(text) == wanted
