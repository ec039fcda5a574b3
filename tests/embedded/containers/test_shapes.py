"""Bodies whose fields are of the wrong kind are refused before anything is made."""

import pytest

from pausedemo.embedded.containers.shapes import CREATE, check_shape
from pausedemo.embedded.errors import BadParameter


@pytest.mark.parametrize(
    ("body", "host"),
    [
        ({"Image": 5}, {}),
        ({"Tty": "yes"}, {}),
        ({"Env": "A=1"}, {}),
        ({"Env": [1]}, {}),
        ({"Cmd": {"a": 1}}, {}),
        ({"Cmd": [None]}, {}),
        ({"Labels": ["a"]}, {}),
        ({"Labels": {"a": 1}}, {}),
        ({"StopTimeout": "5"}, {}),
        ({"NetworkingConfig": []}, {}),
        ({}, {"Memory": "64m"}),
        ({}, {"Binds": "/a:/b"}),
        ({}, {"Binds": [1]}),
        ({}, {"CapAdd": [None]}),
        ({}, {"Mounts": ["/a"]}),
        ({}, {"Ulimits": [1]}),
        ({}, {"NetworkMode": 1}),
        ({}, {"PortBindings": []}),
        ({}, {"Tmpfs": []}),
        ({}, {"Privileged": 1}),
    ],
)
def test_a_body_of_the_wrong_kind_is_refused(body, host):
    with pytest.raises(BadParameter):
        check_shape({**body, "HostConfig": host}, CREATE)


def test_null_and_the_right_kinds_pass():
    check_shape(
        {
            "Image": "x",
            "Cmd": "a b",
            "Env": None,
            "Labels": {"a": ""},
            "Tty": None,
            "HostConfig": {"Memory": 5, "Binds": None, "Privileged": False, "Mounts": [{}]},
        },
        CREATE,
    )
