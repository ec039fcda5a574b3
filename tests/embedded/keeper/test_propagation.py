"""Which mount a path is on, and what may be asked of it."""

from __future__ import annotations

import pytest

from pausedemo.embedded.keeper.launch import Bind, StartFailed
from pausedemo.embedded.keeper.propagation import (
    MountEntry,
    check_propagation,
    find_mount,
    parse_mount_table,
)
from pausedemo.embedded.kernel.syscalls import MountFlag

TEXT = r"""
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:20 / /mnt/a\040b rw shared:7 - tmpfs tmpfs rw
29 27 0:21 / /mnt/both rw shared:8 master:3 - tmpfs - rw
30 29 0:22 / /mnt/both rw master:3 - tmpfs over rw
""".lstrip()


def test_each_mount_has_its_place_and_its_ties() -> None:
    assert parse_mount_table(TEXT) == [
        MountEntry("/", is_shared=False, is_slave=False),
        MountEntry("/mnt/a b", is_shared=True, is_slave=False),
        MountEntry("/mnt/both", is_shared=True, is_slave=True),
        MountEntry("/mnt/both", is_shared=False, is_slave=True),
    ]


@pytest.mark.parametrize(
    ("path", "number"),
    [("/", 0), ("/mnt", 0), ("/mnt/a b", 1), ("/mnt/a b/c", 1), ("/mnt/a bc", 0), ("/mnt/both", 3)],
)
def test_a_path_is_on_the_nearest_mount_and_on_the_last_of_several(path: str, number: int) -> None:
    table = parse_mount_table(TEXT)
    # Wherever the root's own line stands: it is not always the first.
    for turned in (table, [*table[1:], table[0]]):
        assert find_mount(turned, path) is table[number]


@pytest.mark.parametrize(
    ("tags", "flag", "is_outside", "possible"),
    [
        ("", MountFlag.PRIVATE, True, True),
        ("", MountFlag.PRIVATE, False, True),
        ("", MountFlag.SLAVE, True, False),
        ("shared:1", MountFlag.SLAVE, True, True),
        ("master:1", MountFlag.SLAVE, True, True),
        ("shared:1", MountFlag.SHARED, True, True),
        ("master:1", MountFlag.SHARED, True, False),
        # The engine's own mounts are all shared, with the keeper alone.
        ("shared:1", MountFlag.SLAVE, False, False),
        ("shared:1 master:2", MountFlag.SLAVE, False, True),
        ("shared:1 master:2", MountFlag.SHARED, False, False),
    ],
)
def test_only_a_mount_that_tells_of_others_can_be_followed(
    tags: str, flag: MountFlag, is_outside: bool, possible: bool
) -> None:
    fields = " ".join(["1 0 0:1 / / rw", *tags.split()])
    table = parse_mount_table(f"{fields} - tmpfs tmpfs rw\n")
    bind = Bind("/some/where", "/x", propagation=int(flag))
    if possible:
        check_propagation(table, bind, is_outside=is_outside)
        return
    with pytest.raises(StartFailed, match=r"^path /some/where is mounted on / but it is not a "):
        check_propagation(table, bind, is_outside=is_outside)
