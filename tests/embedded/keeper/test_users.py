"""Whom a container's user means, by the rules of moby/sys/user."""

from __future__ import annotations

import pytest

from pausedemo.embedded.keeper.users import Identity, UnknownUser, find_identity

USERS = """\
root:x:0:0:root:/root:/bin/sh
daemon:x:2:2::/:/bin/false
app:x:1000:100:An app,,,:/srv/app:/bin/sh
twin:x:1000:101::/srv/twin:/bin/sh
2:x:3000:3000:a name that is a number:/three:/bin/sh
homeless:x:1001:1001:::
"""
GROUP = """\
root:x:0:
users:x:100:app
staff:x:20:app,daemon
adm:x:4:daemon , app
5:x:500:
"""


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", Identity(0, 0, (0,), "/root")),
        ("root", Identity(0, 0, (0,), "/root")),
        ("0", Identity(0, 0, (0,), "/root")),
        ("00", Identity(0, 0, (0,), "/root")),
        ("app", Identity(1000, 100, (100, 20), "/srv/app")),
        # The first row of a number, with that row's groups.
        ("1000", Identity(1000, 100, (100, 20), "/srv/app")),
        ("twin", Identity(1000, 101, (101,), "/srv/twin")),
        # A number is a number, whoever is called so.
        ("2", Identity(2, 2, (2, 20), "/")),
        ("daemon", Identity(2, 2, (2, 20), "/")),
        ("homeless", Identity(1001, 1001, (1001,), "/")),
        ("4242", Identity(4242, 0, (0,), "/")),
        ("2147483647", Identity(2147483647, 0, (0,), "/")),
        # A group that is named takes the place of all the user's groups.
        ("app:staff", Identity(1000, 20, (20,), "/srv/app")),
        ("app:20", Identity(1000, 20, (20,), "/srv/app")),
        ("app:5", Identity(1000, 5, (5,), "/srv/app")),
        ("app:0", Identity(1000, 0, (0,), "/srv/app")),
        ("4242:4343", Identity(4242, 4343, (4343,), "/")),
        (":staff", Identity(0, 20, (20,), "/root")),
        ("app:", Identity(1000, 100, (100, 20), "/srv/app")),
    ],
)
def test_a_user_is_looked_up_in_the_container_s_files(user, expected):
    assert find_identity(user, USERS, GROUP) == expected


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        (["staff"], (100, 20)),
        (["adm", "77"], (100, 20, 4, 77)),
        (["100"], (100, 20)),
        (["5"], (100, 20, 5)),
    ],
)
def test_groups_that_are_asked_for_come_on_top(more, groups):
    assert find_identity("app", USERS, GROUP, more).groups == groups


@pytest.mark.parametrize(
    ("user", "more", "message"),
    [
        ("nope", (), "unable to find user nope: no matching entries in passwd file"),
        ("-1", (), "uids and gids must be in range 0-2147483647"),
        ("app:-1", (), "uids and gids must be in range 0-2147483647"),
        ("--1", (), "unable to find user --1: no matching entries in passwd file"),
        ("1.5", (), "unable to find user 1.5: no matching entries in passwd file"),
        ("app:nope", (), "unable to find group nope: no matching entries in group file"),
        ("app", ["nope"], "unable to find group nope: no matching entries in group file"),
        ("2147483648", (), "uids and gids must be in range 0-2147483647"),
        ("app:4294967295", (), "uids and gids must be in range 0-2147483647"),
    ],
)
def test_who_is_not_there_is_told_in_docker_s_words(user, more, message):
    with pytest.raises(UnknownUser) as caught:
        find_identity(user, USERS, GROUP, more)
    assert str(caught.value) == message


def test_without_files_root_and_numbers_are_known():
    assert find_identity("", "", "") == Identity(0, 0, (0,), "/")
    assert find_identity("7:8", "", "") == Identity(7, 8, (8,), "/")


@pytest.mark.parametrize(
    "passwd",
    [
        "app:x:1000:100",
        "app:x:1000:100:",
        "\n\n  app:x:1000:100:::\n",
        "#app:x:1:1::/:\napp:x:1000:100:::",
        "app\napp:x\napp:x:ten:100:::\napp:x:1000:100:::",
        "app:x:-5:100:::\napp:x:1000:100:::",
        "app:x:99999999999999999999:1:::\napp:x:1000:100:::",
        "app:x:\u0661:1:::\napp:x:1000:100:::",
        "\x00\xff\ufffd\napp:x:1000:100:::",
    ],
)
def test_broken_rows_are_passed_over_and_short_ones_read(passwd):
    found = find_identity("app", passwd, "staff:x:20:app\nbroken\nb:x:no:app\nshort:x:30")
    assert found == Identity(1000, 100, (100, 20), "/")
    assert find_identity("app:short", passwd, "short:x:30").gid == 30
