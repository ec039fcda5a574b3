from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pausedemo.embedded.errors import ApiError, BadParameter
from pausedemo.embedded.filters import parse_filters, parse_until
from pausedemo.embedded.network.creation import make_network, parse_create
from pausedemo.embedded.network.placing import parse_attachment
from pausedemo.embedded.network.views import PRUNE_FILTERS, prunable
from pausedemo.embedded.times import NS

NOON_NS = 1_714_996_800 * NS
SMALL = (
    st.none()
    | st.booleans()
    | st.integers(-1, 300)
    | st.sampled_from(["", "x", "bridge", "default", "10.0.0.0/8", "10.0.0.1", "fd00::/8", "1/99"])
)
VALUES = st.recursive(
    SMALL,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Driver", "Options", "Config", "Subnet", "Gateway", "IPRange"])
            | st.sampled_from(["IPv4Address", "IPv6Address", "LinkLocalIPs", "Network"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def status_of(call: Callable[[], object]) -> int:
    try:
        call()
    except ApiError as error:
        return error.status
    return 201


def test_a_whole_wish_is_read():
    config = {"Subnet": "10.1.0.5/16", "Gateway": "10.1.0.9", "IPRange": "10.1.4.0/24"}
    wish = parse_create(
        {
            "Name": "blue",
            "CheckDuplicate": True,
            "Driver": "bridge",
            "EnableIPv6": False,
            "Internal": True,
            "Attachable": True,
            "IPAM": {"Driver": "default", "Options": {}, "Config": [config]},
            "Options": {"com.docker.network.driver.mtu": "1500"},
            "Labels": {"a": ""},
            "ConfigFrom": None,
            "Scope": "",
        }
    )
    assert wish.subnet == IPv4Network("10.1.0.0/16")
    assert wish.gateway == IPv4Address("10.1.0.9")
    assert wish.ip_range == IPv4Network("10.1.4.0/24")
    network = wish.network
    assert (network.name, network.driver, network.internal, network.attachable) == (
        *("blue", "bridge"),
        *(True, True),
    )
    assert (network.labels, network.user_subnet, network.user_gateway) == ({"a": ""}, True, True)
    assert len(network.id) == 64


@given(
    st.dictionaries(
        st.sampled_from(["Driver", "IPAM", "Options", "Labels", "ConfigFrom", "Scope", "Internal"]),
        VALUES,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_body_is_read_or_refused(body):
    assert status_of(lambda: parse_create({"Name": "blue", **body})) in (201, 400, 403, 404, 501)


@given(
    st.dictionaries(
        st.sampled_from(["IPAMConfig", "Aliases", "MacAddress", "Links", "DriverOpts"]), VALUES
    )
)
@settings(max_examples=200, deadline=None)
def test_any_endpoint_config_is_read_or_refused(config):
    assert status_of(lambda: parse_attachment("blue", config)) in (201, 400, 501)


@pytest.mark.parametrize(
    ("filters", "removed"),
    [
        ({}, True),
        ({"label": ["a"]}, True),
        ({"label": ["a=b"]}, True),
        ({"label": ["a=c"]}, False),
        ({"label!": ["a"]}, False),
        ({"label!": ["b"]}, True),
        ({"until": ["1h"]}, False),
        ({"until": ["10m"]}, True),
    ],
)
def test_prune_goes_by_labels_and_age(filters, removed):
    network = make_network("blue")
    network.labels = {"a": "b"}
    network.created_ns = NOON_NS - 30 * 60 * NS
    assert prunable(network, filters, parse_until(filters, NOON_NS)) == removed


def test_prune_refuses_an_unknown_filter():
    with pytest.raises(BadParameter, match="Invalid filter 'shoe'"):
        parse_filters('{"shoe": ["9"]}', PRUNE_FILTERS)
