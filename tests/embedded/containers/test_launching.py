"""From modes to namespaces: which are new, which are joined, whose files are seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pausedemo.embedded.containers.container import State, Status
from pausedemo.embedded.containers.launching import (
    Descriptors,
    find_donor,
    find_shm,
    plan_launch,
    plan_still_root,
)
from pausedemo.embedded.errors import Conflict, NotFound, ServerError
from pausedemo.embedded.keeper.launch import Launch
from pausedemo.embedded.kernel.syscalls import Namespace
from pausedemo.embedded.network.model import Sandbox


def describe(launch: Launch) -> tuple[set[str], set[str]]:
    """Names of the namespaces that are new, and of those that are joined."""
    joined = {str(Namespace(flags).name) for _, flags in launch.joins}
    if launch.join_pid is not None:
        joined.add("PID")
    return {one.name or "" for one in Namespace if launch.new & one}, joined


@pytest.mark.parametrize(
    ("modes", "new", "joined"),
    [
        ({}, {"MOUNT", "PID", "IPC", "UTS"}, set()),
        ({"PidMode": "host"}, {"MOUNT", "IPC", "UTS"}, set()),
        ({"IpcMode": "host"}, {"MOUNT", "PID", "UTS"}, set()),
        ({"IpcMode": "shareable"}, {"MOUNT", "PID", "IPC", "UTS"}, set()),
        ({"UTSMode": "host"}, {"MOUNT", "PID", "IPC"}, set()),
        ({"NetworkMode": "host"}, {"MOUNT", "PID", "IPC", "UTS"}, set()),
        ({"CgroupnsMode": "private"}, {"MOUNT", "PID", "IPC", "UTS", "CGROUP"}, set()),
        ({"PidMode": "container:donor"}, {"MOUNT", "IPC", "UTS"}, {"PID"}),
        ({"IpcMode": "container:donor"}, {"MOUNT", "PID", "UTS"}, {"IPC"}),
        ({"NetworkMode": "container:donor"}, {"MOUNT", "PID", "IPC", "UTS"}, {"NETWORK"}),
        (
            dict.fromkeys(("NetworkMode", "PidMode", "IpcMode"), "container:donor"),
            {"MOUNT", "UTS"},
            {"NETWORK", "PID", "IPC"},
        ),
    ],
)
def test_each_mode_decides_about_one_namespace(node, add, apart, modes, new, joined):
    add("donor", runs=apart, host={"IpcMode": "shareable"})
    descriptors = Descriptors()
    launch = plan_launch(node, add("web", host=modes), descriptors, [])
    assert describe(launch) == (new, joined)
    for position, _ in launch.joins:
        assert "pidfd" in str(Path(f"/proc/self/fd/{descriptors.all[position]}").readlink())


def test_what_a_donor_has_of_the_node_is_not_joined_for_a_new_process_has_it_already(node, add):
    add("donor", runs=os.getpid(), host={"IpcMode": "host"})
    modes = dict.fromkeys(("NetworkMode", "PidMode", "IpcMode"), "container:donor")
    launch = plan_launch(node, add("web", host=modes), Descriptors(), [])
    assert describe(launch) == ({"MOUNT", "UTS"}, set())


def test_a_network_of_its_own_is_joined_by_its_file(node, add):
    web = add("web")
    netns = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        web.sandbox = Sandbox("s", web.id, "web", netns)
        descriptors = Descriptors()
        launch = plan_launch(node, web, descriptors, ["/cgroup/procs"])
    finally:
        os.close(netns)
    assert launch.joins == [(0, Namespace.NETWORK)]
    assert descriptors.all[0] == netns
    assert launch.cgroups == ["/cgroup/procs"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("NetworkMode", "cannot join network of a non running container: {id}"),
        ("PidMode", "can't join PID namespace of container {id}: Container {id} is not running"),
        ("IpcMode", "can't join IPC of container {id}: Container {id} is not running"),
    ],
)
def test_a_donor_that_does_not_run_cannot_be_joined(node, add, key, message):
    donor = add("donor", host={"IpcMode": "shareable"})
    with pytest.raises(Conflict) as caught:
        plan_launch(node, add("web", host={key: "container:donor"}), Descriptors(), [])
    assert caught.value.message == message.format(id=donor.id)


def test_a_donor_between_two_lives_cannot_be_joined(node, add):
    donor = add("donor")
    donor.state = State(Status.RESTARTING)
    with pytest.raises(Conflict, match="is restarting, wait until the container is running"):
        find_donor(node, add("web"), "donor", "PID namespace")


def test_a_private_ipc_namespace_cannot_be_joined(node, add):
    add("donor", runs=os.getpid())
    with pytest.raises(ServerError, match="non-shareable IPC"):
        find_donor(node, add("web"), "donor", "IPC")


def test_a_container_cannot_join_itself(node, add):
    web = add("web", runs=os.getpid())
    with pytest.raises(ServerError, match="cannot join own network"):
        find_donor(node, web, "web", "network")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("network", "No such container: gone"),
        ("IPC", "can't join IPC of container gone: No such container: gone"),
    ],
)
def test_a_donor_that_is_gone_cannot_be_joined(node, add, what, message):
    with pytest.raises(NotFound) as caught:
        find_donor(node, add("web"), "gone", what)
    assert caught.value.message == message


def test_shared_memory_follows_the_ipc_mode(node, add):
    donor = add("donor", host={"IpcMode": "shareable"})
    add("onhost", host={"IpcMode": "host"})
    expected = {
        "private": None,
        "none": None,
        "host": Path("/dev/shm"),
        "container:donor": donor.folder / "shm",
        "container:onhost": Path("/dev/shm"),
    }
    found = {
        mode: find_shm(node, add(f"m{number}", host={"IpcMode": mode}))
        for number, mode in enumerate(expected)
    }
    assert found == expected
    assert find_shm(node, donor) == donor.folder / "shm"


def test_a_program_gets_its_name_and_variables_and_no_more_than_the_engine_has(node, add):
    web = add("web", Env=["A=1"], User="app", WorkingDir="/srv", Hostname="h", Tty=True)
    program = plan_launch(node, web, Descriptors(), []).program
    assert program is not None
    assert program.env == ["TERM=xterm", "HOSTNAME=h", "A=1"]
    assert (program.argv, program.user, program.cwd) == (["sleep", "1 h"], "app", "/srv")
    assert program.make_cwd
    assert program.capabilities == 0  # the platform of this test has none to give


def test_the_filter_s_descriptor_goes_along_unless_unconfined(node, add):
    if not node.seccomp.is_available:
        pytest.skip("no libseccomp here")
    descriptors = Descriptors()
    confined = plan_launch(node, add("web"), descriptors, []).program
    assert confined is not None
    assert confined.seccomp is not None
    assert "memfd:seccomp" in str(
        Path(f"/proc/self/fd/{descriptors.all[confined.seccomp]}").readlink()
    )
    free = add("free", host={"SecurityOpt": ["seccomp=unconfined"]})
    program = plan_launch(node, free, Descriptors(), []).program
    assert program is not None
    assert program.seccomp is None


def test_a_privileged_container_sees_its_system_whole(node, add):
    plain = plan_launch(node, add("web"), Descriptors(), []).root
    free = plan_launch(node, add("free", host={"Privileged": True}), Descriptors(), []).root
    assert plain is not None
    assert free is not None
    assert (plain.nodev, bool(plain.masked), bool(plain.readonly_paths)) == (True, True, True)
    assert (free.nodev, free.masked, free.readonly_paths) == (False, [], [])


def test_a_container_that_does_not_run_shows_its_layers_and_wished_mounts_only(node, add):
    root = plan_still_root(node, add("web", host={"ReadonlyRootfs": True}))
    assert (root.mounts, root.links, root.masked, root.readonly) == ([], [], [], False)
    assert root.lower
