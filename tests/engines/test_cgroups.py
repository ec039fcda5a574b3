"""Control groups of an engine's own: in files that look like each kind of machine."""

import os

import pytest

from engines import cgroups
from pausedemo.errors import PausedemoError


@pytest.fixture
def version_1(tmp_path):
    """A machine with both versions, as systemd made them: ``cpu`` is a link."""
    for hierarchy in ("cpu,cpuacct", "cpuset", "memory", "unified"):
        (tmp_path / hierarchy).mkdir()
        (tmp_path / hierarchy / "cgroup.procs").write_text("1\n")
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-3\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    (tmp_path / "unified" / "cgroup.controllers").write_text("\n")
    return tmp_path


@pytest.fixture
def version_2(tmp_path):
    for name in ("cgroup.procs", "cgroup.controllers"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_each_hierarchy_of_version_1_is_named_once(version_1):
    names = [hierarchy.name for hierarchy in cgroups.list_hierarchies(version_1)]
    assert names == ["cpu,cpuacct", "cpuset", "memory", "unified"]


def test_version_2_has_one_hierarchy(version_2):
    assert cgroups.list_hierarchies(version_2) == (version_2,)


def test_a_cpuset_gets_its_parent_s_processors_and_memory(version_1):
    cgroups.make_groups("g", version_1)
    assert (version_1 / "cpuset/g/cpuset.cpus").read_text() == "0-3\n"
    assert (version_1 / "cpuset/g/cpuset.mems").read_text() == "0\n"
    assert not list((version_1 / "memory/g").iterdir())


def test_a_machine_without_control_groups_is_told_so(tmp_path):
    with pytest.raises(PausedemoError, match="no control groups are mounted"):
        cgroups.make_groups("g", tmp_path)


def test_groups_go_with_all_below_them_and_the_others_stay(version_2):
    cgroups.make_groups("g", version_2)
    (version_2 / "g/docker/0123").mkdir(parents=True)
    (version_2 / "other").mkdir()
    cgroups.remove_groups("g", version_2)
    cgroups.remove_groups("g", version_2)
    assert sorted(entry.name for entry in version_2.iterdir() if entry.is_dir()) == ["other"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups")
def test_real_groups_come_and_go():
    name = f"pausedemo-test-{os.getpid()}"
    if not cgroups.list_hierarchies():
        pytest.skip(f"no control groups at {cgroups.ROOT}")
    cgroups.make_groups(name)
    try:
        for hierarchy in cgroups.list_hierarchies():
            assert (hierarchy / name / "cgroup.procs").read_text() == ""
            (hierarchy / name / "below").mkdir()
    finally:
        cgroups.remove_groups(name)
    assert not any((hierarchy / name).exists() for hierarchy in cgroups.list_hierarchies())
