from __future__ import annotations

import pytest

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.network.files import render_hosts, render_resolv_conf
from pausedemo.embedded.network.model import DnsOptions, Endpoint

PLACE = Endpoint("n", "e", "172.17.0.2", 16, "172.17.0.1", "02:42:ac:11:00:02", (), "eth0", "v0")
STANDARD = (
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n"
)
HOST = (
    "# made by hand\n"
    "nameserver 127.0.0.53\n"
    "nameserver 192.0.2.1\n"
    "search a.org b.org\n"
    "options edns0\n"
)


@pytest.mark.parametrize(
    ("endpoints", "hostname", "extras", "added"),
    [
        ((PLACE,), "web", (), "172.17.0.2\tweb\n"),
        ((PLACE,), "web.a.org", (), "172.17.0.2\tweb.a.org web\n"),
        ((), "web", ("db:10.0.0.5",), "10.0.0.5\tdb\n"),
        ((PLACE,), "web", ("h:host-gateway",), "172.17.0.1\th\n172.17.0.2\tweb\n"),
        ((), "", ("six:fd00::7",), "fd00::7\tsix\n"),
    ],
)
def test_hosts_has_dockers_lines_then_extras_then_the_container(endpoints, hostname, extras, added):
    assert render_hosts(endpoints, hostname, extras) == STANDARD + added


@pytest.mark.parametrize("extra", ["db", ":10.0.0.1", "db:", "db:ten", "db:host-gateway"])
def test_a_wrong_extra_host_is_refused(extra):
    with pytest.raises(BadParameter, match=f'bad format for add-host: "{extra}"'):
        render_hosts((), "web", (extra,))


@pytest.mark.parametrize(
    ("host", "options", "own", "text"),
    [
        (
            HOST,
            DnsOptions(),
            False,
            "search a.org b.org\nnameserver 192.0.2.1\noptions edns0\n",
        ),
        (
            HOST,
            DnsOptions(),
            True,
            "search a.org b.org\nnameserver 127.0.0.11\noptions edns0 ndots:0\n",
        ),
        ("nameserver 127.0.0.1\n", DnsOptions(), False, "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"),
        (
            HOST,
            DnsOptions(("10.0.0.1",), (".",), ("ndots:2",)),
            False,
            "nameserver 10.0.0.1\noptions ndots:2\n",
        ),
        (
            "",
            DnsOptions(("10.0.0.1",), ("c.org",), ("ndots:2",)),
            True,
            "search c.org\nnameserver 127.0.0.11\noptions ndots:2\n",
        ),
    ],
)
def test_resolv_conf_follows_the_host_and_the_options(host, options, own, text):
    assert render_resolv_conf(host, options, own_server=own) == text
