"""Which capabilities a container gets, by moby's rules."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.capabilities import ALL, DEFAULT, NAMES, bit
from pausedemo.embedded.containers.capabilities import compute_capabilities as compute
from pausedemo.embedded.errors import BadParameter

#: What `grep Cap /proc/self/status` shows in a plain container of dockerd 20.10.
DOCKER_DEFAULT = 0xA80425FB


def bits(*names: str) -> int:
    return sum(bit(name) for name in names)


def test_the_bits_are_the_kernel_s():
    # include/uapi/linux/capability.h
    assert (bit("CHOWN"), bit("SYS_ADMIN"), bit("CHECKPOINT_RESTORE")) == (1, 1 << 21, 1 << 40)
    assert len(NAMES) == len(set(NAMES)) == 41


@pytest.mark.parametrize(
    ("added", "dropped", "expected"),
    [
        ([], [], DOCKER_DEFAULT),
        (["NET_ADMIN"], [], DOCKER_DEFAULT | bits("NET_ADMIN")),
        (["cap_net_admin"], [], DOCKER_DEFAULT | bits("NET_ADMIN")),
        ([], ["CHOWN", "CAP_KILL"], DOCKER_DEFAULT & ~bits("CHOWN", "KILL")),
        ([], ["ALL"], 0),
        ([], ["all"], 0),
        (["CHOWN"], ["ALL"], bits("CHOWN")),
        (["CHOWN"], ["ALL", "CHOWN"], bits("CHOWN")),
        (["CHOWN"], ["CHOWN"], DOCKER_DEFAULT),
        (["ALL"], [], ALL),
        (["ALL"], ["SYS_ADMIN"], ALL & ~bits("SYS_ADMIN")),
        (["ALL", "SYS_ADMIN"], ["SYS_ADMIN"], ALL & ~bits("SYS_ADMIN")),
        (["ALL"], ["ALL"], ALL),
    ],
)
def test_added_and_dropped_capabilities_follow_docker(added, dropped, expected):
    assert compute(added, dropped) == expected


def test_a_privileged_container_has_all_whatever_is_dropped():
    assert compute(["CHOWN"], ["ALL"], privileged=True) == ALL


def test_the_default_is_the_one_that_docker_gives():
    assert bits(*DEFAULT) == DOCKER_DEFAULT


@pytest.mark.parametrize(
    ("added", "dropped", "message"),
    [
        (["NOPE"], [], 'invalid CapAdd: unknown capability: "CAP_NOPE"'),
        ([], ["cap_nope"], 'invalid CapDrop: unknown capability: "CAP_NOPE"'),
        (["CAP_ALL"], [], 'invalid CapAdd: unknown capability: "CAP_ALL"'),
        ([""], [], 'invalid CapAdd: unknown capability: "CAP_"'),
    ],
)
@pytest.mark.parametrize("privileged", [False, True])
def test_a_name_that_is_none_is_refused(added, dropped, message, privileged):
    with pytest.raises(BadParameter) as caught:
        compute(added, dropped, privileged=privileged)
    assert caught.value.message == message
