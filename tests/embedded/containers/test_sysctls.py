"""Which sysctls are a container's own."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.sysctls import check_sysctls, normalise_name
from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.kernel.syscalls import Namespace

NONE = Namespace(0)
START = "failed to create shim: OCI runtime create failed: runc create failed: sysctl "


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("", ""),
        ("plain", "plain"),
        ("net.ipv4.conf.eth0/1.forwarding", "net.ipv4.conf.eth0/1.forwarding"),
        ("net/ipv4/conf/eth0.1/forwarding", "net.ipv4.conf.eth0/1.forwarding"),
        ("net/../vm/swappiness", "net.//.vm.swappiness"),
    ],
)
def test_a_name_with_slashes_is_read_as_one_with_dots(given, normal):
    assert normalise_name(given) == normal


@pytest.mark.parametrize(
    "name",
    ["kernel.msgmax", "kernel/sem", "fs.mqueue.msg_max", "net.x", "net/x", "kernel.domainname"],
)
def test_what_is_in_a_namespace_of_its_own_may_be_set(name):
    check_sysctls([name], NONE)


@pytest.mark.parametrize(
    ("name", "shared", "words"),
    [
        ("vm.swappiness", NONE, '"vm.swappiness" is not in a separate kernel namespace'),
        ("netx", NONE, '"netx" is not in a separate kernel namespace'),
        ("kernel.msgmax.x", NONE, '"kernel.msgmax.x" is not in a separate kernel namespace'),
        ("é", NONE, '"é" is not in a separate kernel namespace'),
        ("kernel/sem", Namespace.IPC, '"kernel.sem" is not allowed in the hosts ipc namespace'),
        ("net.x", Namespace.NETWORK, '"net.x" not allowed in host network namespace'),
        (
            "kernel.domainname",
            Namespace.UTS,
            '"kernel.domainname" is not in a separate kernel namespace',
        ),
        (
            "kernel.hostname",
            NONE,
            '"kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field',
        ),
    ],
)
def test_what_is_the_machine_s_is_refused_in_the_words_of_runc(name, shared, words):
    with pytest.raises(ServerError) as caught:
        check_sysctls([name], shared)
    assert caught.value.message == f"{START}{words}: unknown"
