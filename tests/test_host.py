"""Debian packages are installed by one at a time, also when others install."""

import fcntl
import os
import threading

import pytest

from pausedemo import host
from pausedemo.host import HostLacks, Tool, find_program, require

TOOL = Tool("no-such-command", "no-such-package")
needs_apt = pytest.mark.skipif(
    find_program("apt-get") is None or os.geteuid() != 0, reason="no apt-get that we may run"
)


@pytest.fixture
def lists(tmp_path):
    """Arguments for an ``apt-get update`` of no sources at all, and the lock it takes."""
    folder = tmp_path / "lists"
    (folder / "partial").mkdir(parents=True)
    (tmp_path / "cache" / "archives" / "partial").mkdir(parents=True)
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": str(folder),
        "Dir::Cache": str(tmp_path / "cache"),
        "APT::Update::Post-Invoke::": "true",
    }
    arguments = ["update", *(f"-o{name}={value}" for name, value in options.items())]
    with (folder / "lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield arguments, lock


@needs_apt
def test_package_lists_that_another_updates_are_waited_for(lists, monkeypatch):
    arguments, lock = lists
    monkeypatch.setattr(host, "LOCK_POLL_S", 0.05)
    codes = []
    run = host._run_apt_get

    def run_and_see(*arguments):
        code, output = run(*arguments)
        codes.append(code)
        if len(codes) == 2:
            fcntl.lockf(lock, fcntl.LOCK_UN)
        return code, output

    monkeypatch.setattr(host, "_run_apt_get", run_and_see)
    host._apt_get((TOOL,), *arguments)
    assert codes == [100, 100, 0]


@needs_apt
def test_package_lists_that_stay_locked_are_an_error_that_says_so(lists, monkeypatch):
    arguments, _ = lists
    monkeypatch.setattr(host, "LOCK_TIMEOUT_S", 0)
    with pytest.raises(HostLacks, match=r"apt-get update failed: E: Unable to lock directory"):
        host._apt_get((TOOL,), *arguments)


def test_of_two_threads_that_miss_a_tool_one_installs_it(monkeypatch):
    both = threading.Barrier(2)
    installed: list[object] = []
    looked = threading.local()

    def find_missing(tools):
        if not getattr(looked, "once", False):
            looked.once = True
            both.wait(10)
            return tools
        return () if installed else tools

    monkeypatch.setattr(host, "_find_missing", find_missing)
    monkeypatch.setattr(host, "_install", installed.append)
    threads = [threading.Thread(target=require, args=(TOOL,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert installed == [(TOOL,)]


def test_without_leave_nothing_is_installed_and_every_missing_tool_is_named(monkeypatch):
    monkeypatch.delenv(host.INSTALL_VARIABLE, raising=False)
    with pytest.raises(HostLacks) as caught:
        require(TOOL, Tool("sh", "dash"), Tool("no-other-command", "other"))
    assert str(caught.value) == (
        "this machine has no no-such-command, no-other-command, and installing was not allowed "
        "(PAUSEDEMO_INSTALL is not set); on Debian, as root: "
        "apt-get install --no-install-recommends no-such-package other"
    )
