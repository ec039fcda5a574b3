"""podman's own ways, told from replies as it sent them (4.3.1 and 5.4.2)."""

from __future__ import annotations

import pytest

from pausedemo.engine.podman import is_podman, read_cause
from pausedemo.errors import Conflict, EngineError, NotFound


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b'{"cause":"no such container","message":"container b98f3220f854 does not exist in '
            b'database: no such container","response":500}\n',
            NotFound,
        ),
        (
            b'{"cause":"container state improper","message":"can only create exec sessions on '
            b'running containers: container state improper","response":500}\n',
            Conflict,
        ),
        (
            b'{"cause":"that name is already in use","message":"container create: creating '
            b'container storage: the container name \\"x\\" is already in use by d865b3f4c05a: '
            b'that name is already in use","response":500}\n',
            Conflict,
        ),
        (
            b'{"cause":"container not known","message":"getting container from store \\"b0\\": '
            b'container not known","response":500}\n',
            NotFound,
        ),
        (b'{"cause":"OCI runtime error","message":"runc: ...","response":500}\n', None),
        (b'{"message":"no such container"}\n', None),
        (b'{"cause":{"a":1}}', None),
        (b"[1]", None),
        (b"page not found", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_a_refusal_s_cause_says_which_error_it_is(
    body: bytes, kind: type[EngineError] | None
) -> None:
    assert read_cause(body) is kind


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({"Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]}, True),
        ({"Components": [{"Name": "Engine"}, {"Name": "containerd"}]}, False),
        ({"Components": None}, False),
        ({}, False),
    ],
)
def test_podman_is_known_by_its_components(version: dict[str, object], expected: bool) -> None:
    assert is_podman(version) is expected
