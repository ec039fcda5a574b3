from __future__ import annotations

import subprocess
import sys

import pytest

from pausedemo.embedded.network import messages

LOADS = """
import sys
from pausedemo.embedded.network import messages
messages.new_veth("v0", bridge=3, peer="eth0", peer_namespace=4, peer_mac="02:42:00:00:00:01")
messages.new_bridge("b", "02:42:00:00:00:01")
messages.new_address(2, "10.0.0.2", 16, route=False)
messages.parse_route(messages.new_connected_route("10.0.0.0", 8, "10.0.0.1", 2))
print(len([name for name in sys.modules if name.startswith("pyroute2")]))
import pyroute2
print(pyroute2.IPRoute.__name__)
"""


def test_pyroute2_is_not_loaded_as_a_whole_and_still_can_be():
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert done.stdout == "0\nIPRoute\n"


def test_what_is_written_can_be_read():
    address = messages.new_address(2, "10.0.0.2", 16)
    assert messages.parse_address(address) == "10.0.0.2/16"
    route = messages.new_connected_route("10.8.0.0", 16, "10.8.0.1", 2)
    assert messages.parse_route(route) == "10.8.0.0/16"
    assert messages.parse_route(messages.new_default_route("10.8.0.1", 2)) is None


@pytest.mark.parametrize("name", ["v", "v0123456789ab", "up-0123456789ab"])
def test_a_veth_request_says_what_it_was_asked_for(name: str):
    request = messages.new_veth(
        name, bridge=7, peer="eth0", peer_namespace=9, peer_mac="02:42:0a:00:00:02", peer_index=2
    )
    classes = messages._classes
    link = classes.link(request)
    link.decode()
    assert link["header"]["length"] == len(request)
    assert (link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_MASTER")) == (name, 7)
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    peer = data.get_attr("VETH_INFO_PEER")
    assert peer["index"] == 2
    assert peer.get_attr("IFLA_IFNAME") == "eth0"
    assert peer.get_attr("IFLA_ADDRESS") == "02:42:0a:00:00:02"
    assert peer.get_attr("IFLA_NET_NS_FD") == 9


@pytest.mark.parametrize("name", ["v", "v0123456789ab"])
def test_a_link_is_made_a_port_and_set_up_as_it_was_asked_for(name: str):
    port = messages._classes.link(messages.enslave(name, 7))
    port.decode()
    assert (port.get_attr("IFLA_IFNAME"), port.get_attr("IFLA_MASTER")) == (name, 7)
    assert (port["index"], port["change"]) == (0, 0)
    link = messages._classes.link(messages.link_up_as(2, "02:42:0a:00:00:02"))
    link.decode()
    assert (link["index"], link["flags"], link["change"]) == (2, 1, 1)
    assert link.get_attr("IFLA_ADDRESS") == "02:42:0a:00:00:02"


def test_an_address_request_says_what_it_was_asked_for():
    message = messages._classes.address(messages.new_address(5, "10.1.2.3", 20, route=False))
    message.decode()
    assert (message["index"], message["prefixlen"]) == (5, 20)
    got = {name: message.get_attr(name) for name in ("IFA_LOCAL", "IFA_ADDRESS", "IFA_BROADCAST")}
    assert got == {
        "IFA_LOCAL": "10.1.2.3",
        "IFA_ADDRESS": "10.1.2.3",
        "IFA_BROADCAST": "10.1.15.255",
    }
