from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from pausedemo.embedded.errors import BadParameter, Forbidden, ServerError
from pausedemo.embedded.network.subnets import AddressPool, Claims, compute_free, parse_networks

SMALL = IPv4Network("10.1.2.0/29")


def test_the_first_free_subnet_overlaps_nothing_on_the_host():
    taken = parse_networks(["172.17.0.1/16", "172.18.3.0/24", None, "10.0.0.1/8"])
    assert next(compute_free(taken)) == IPv4Network("172.19.0.0/16")


def test_there_are_31_subnets_in_all():
    assert len(list(compute_free(()))) == 31


def test_addresses_are_given_from_the_lowest_and_end():
    pool = AddressPool(SMALL)
    assert [str(pool.take()) for _ in range(5)] == [f"10.1.2.{last}" for last in range(2, 7)]
    with pytest.raises(ServerError, match="no available IPv4 addresses"):
        pool.take()


def test_a_freed_address_comes_last():
    pool = AddressPool(SMALL)
    first = pool.take()
    pool.give(first)
    assert str(pool.take()) == "10.1.2.3"
    assert [str(pool.take()) for _ in range(4)] == ["10.1.2.4", "10.1.2.5", "10.1.2.6", "10.1.2.2"]


def test_a_range_limits_what_is_chosen_but_not_what_is_asked_for():
    pool = AddressPool(IPv4Network("10.1.0.0/16"), None, IPv4Network("10.1.9.0/24"))
    assert str(pool.take()) == "10.1.9.0"
    assert str(pool.take("10.1.3.3")) == "10.1.3.3"


@pytest.mark.parametrize(
    ("wanted", "kind", "words"),
    [
        ("10.1.2.1", Forbidden, "Address already in use"),
        ("10.1.2.0", Forbidden, "Address already in use"),
        ("10.1.2.3", Forbidden, "Address already in use"),
        ("10.9.9.9", Forbidden, "It does not belong to any of this network's subnets"),
        ("ten", BadParameter, "invalid IPv4 address: ten"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(wanted, kind, words):
    pool = AddressPool(SMALL)
    pool.take("10.1.2.3")
    with pytest.raises(kind, match=words):
        pool.take(wanted)


@pytest.mark.parametrize(
    ("subnet", "gateway", "ip_range", "kind"),
    [
        ("10.0.0.0/31", None, None, BadParameter),
        ("10.0.0.0/24", "10.0.1.1", None, Forbidden),
        ("10.0.0.0/24", None, "10.0.1.0/25", BadParameter),
    ],
)
def test_parts_that_do_not_fit_are_refused(subnet, gateway, ip_range, kind):
    with pytest.raises(kind):
        AddressPool(
            IPv4Network(subnet),
            IPv4Address(gateway) if gateway else None,
            IPv4Network(ip_range) if ip_range else None,
        )


def test_a_claim_excludes_others_until_it_is_given_back():
    subnet = IPv4Network("203.0.113.0/24")
    one, two = Claims(), Claims()
    try:
        assert one.take(subnet)
        assert not two.take(subnet)
        one.give(subnet)
        assert two.take(subnet)
    finally:
        one.close()
        two.close()
