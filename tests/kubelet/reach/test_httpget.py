"""The request of a probe. Source: kubernetes pkg/probe/http/request_test.go."""

from __future__ import annotations

from typing import Any

import pytest

from pausedemo.core.manifest import Container, HTTPGetAction
from pausedemo.kubelet.reach.httpget import HttpRequest, make_request

CONTAINER = Container.model_validate(
    {"name": "a", "image": "busybox", "ports": [{"name": "web", "containerPort": 8080}]}
)
PLAIN = (("User-Agent", "kube-probe/1.31"), ("Accept", "*/*"))


def request(ip: str = "10.0.0.2", **action: Any) -> HttpRequest:
    wanted = HTTPGetAction.model_validate({"port": 80, **action})
    return make_request(wanted, CONTAINER, ip, "probe")


@pytest.mark.parametrize(
    ("action", "url"),
    [
        ({}, "http://10.0.0.2:80/"),
        ({"path": "/a/b"}, "http://10.0.0.2:80/a/b"),
        ({"path": "a"}, "http://10.0.0.2:80/a"),
        ({"path": "/a?b=c&d=%20#e"}, "http://10.0.0.2:80/a?b=c&d=%20"),
        ({"path": "/with space/é"}, "http://10.0.0.2:80/with%20space/%C3%A9"),
        ({"path": "//other/a"}, "http://10.0.0.2:80/a"),
        ({"path": "http://other/a"}, "http://10.0.0.2:80/a"),
        ({"host": "shop.example", "port": "web"}, "http://shop.example:8080/"),
        ({"scheme": "HTTPS", "port": 443}, "https://10.0.0.2:443/"),
    ],
)
def test_the_address_is_put_together_from_the_action(action: dict[str, Any], url: str) -> None:
    assert request(**action).text == url


def test_an_ipv6_address_goes_into_brackets() -> None:
    assert request("fd00::2").text == "http://[fd00::2]:80/"


@pytest.mark.parametrize(
    ("given", "sent", "host"),
    [
        ([], PLAIN, ""),
        (
            [("x-muffins-or-cupcakes", "muffins")],
            (("X-Muffins-Or-Cupcakes", "muffins"), *PLAIN),
            "",
        ),
        ([("X-a1b", "1"), ("x-A1B", "2")], (("X-A1b", "1"), ("X-A1b", "2"), *PLAIN), ""),
        ([("User-Agent", "me")], (("User-Agent", "me"), PLAIN[1]), ""),
        ([("Accept", "text/html")], (("Accept", "text/html"), PLAIN[0]), ""),
        ([("accept", "")], (PLAIN[0],), ""),
        ([("Host", "shop.example")], PLAIN, "shop.example"),
    ],
)
def test_headers_are_those_given_and_the_kubelet_s(
    given: list[tuple[str, str]], sent: tuple[tuple[str, str], ...], host: str
) -> None:
    made = request(httpHeaders=[{"name": name, "value": value} for name, value in given])
    assert (made.headers, made.host) == (sent, host)
