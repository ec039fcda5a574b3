from __future__ import annotations

import subprocess
import sys

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
