"""Which port a probe means. Source: ResolveContainerPort, kubernetes pkg/probe/util_test.go."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import Container
from pausedemo.core.rules.ports import PortError, resolve_port

CONTAINER = Container.model_validate(
    {
        "name": "a",
        "image": "busybox",
        "ports": [
            {"containerPort": 9000},
            {"name": "web", "containerPort": 8080},
            {"name": "d80", "containerPort": 81},
        ],
    }
)


@pytest.mark.parametrize(
    ("port", "number"), [(80, 80), (65535, 65535), ("web", 8080), ("d80", 81), ("443", 443)]
)
def test_a_port_is_a_number_a_name_or_a_number_as_text(port: int | str, number: int) -> None:
    assert resolve_port(port, CONTAINER) == number


@pytest.mark.parametrize(
    ("port", "wrong"),
    [
        (0, "invalid port number: 0"),
        (65536, "invalid port number: 65536"),
        ("65536", "invalid port number: 65536"),
        ("db", 'strconv.Atoi: parsing "db": invalid syntax'),
        ("", 'strconv.Atoi: parsing "": invalid syntax'),
        ("²", 'strconv.Atoi: parsing "²": invalid syntax'),
    ],
)
def test_what_is_none_is_told_in_the_kubelet_s_words(port: int | str, wrong: str) -> None:
    with pytest.raises(PortError) as caught:
        resolve_port(port, CONTAINER)
    assert str(caught.value) == wrong
