"""A real engine in a house of its own: up, used, and gone without a trace, whatever ends it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engines import cgroups
from engines.bring_up import RUN_DIR, bring_up
from engines.roots import use_root
from engines.table import ENGINES
from pausedemo.engine import remains
from pausedemo.engine.connect import connect
from pausedemo.engine.port import ContainerConfig
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.host import find_program
from tests.conftest import make_resolve
from tests.waiting import DEADLINE_S

pytestmark = pytest.mark.engine

#: The quickest to come up.
ENGINE = ENGINES["podman-4.3"]
UP = [sys.executable, "-m", "engines", "up", ENGINE.name, "--"]


@pytest.fixture(scope="module", autouse=True)
def _root():
    """Its root filesystem; a machine that cannot make it has no such engine, CI or not."""
    if os.geteuid() != 0:
        pytest.skip("only root can give an engine namespaces of its own")
    try:
        with use_root(ENGINE.suite, ENGINE.packages):
            pass
    except PausedemoError as error:
        pytest.skip(f"cannot bring up {ENGINE.name} here: {error}")


def assert_gone(url):
    """Nothing of the engine at ``url`` is left: no folder, no mount, no control group."""
    run_dir = Path(url.removeprefix("unix://")).parent.parent
    assert run_dir.parent == RUN_DIR
    assert not run_dir.exists()
    assert remains.list_mounts_under(run_dir) == []
    groups = [hierarchy / f"pausedemo-{run_dir.name}" for hierarchy in cgroups.list_hierarchies()]
    assert [group for group in groups if group.exists()] == []


def read_network():
    """The machine's firewall rules and the names of its links, but for the pairs of containers."""
    rules = subprocess.run(
        [str(find_program("iptables-save"))], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    links = {entry.name for entry in Path("/sys/class/net").iterdir()}
    return (
        [line for line in rules.splitlines() if line.startswith("-")],
        {name for name in links if not name.startswith("veth")},
    )


@contextlib.contextmanager
def watch_descendants(pid, others=()):
    """Handles of all processes below ``pid`` but the ``others``; all have ended at the end."""
    with contextlib.ExitStack() as stack:
        handles = []
        for below in set(remains._descendants([pid])) - set(others):
            handles.append(os.pidfd_open(below))
            stack.callback(os.close, handles[-1])
        # unshare, tini and podman; more with a command or a container.
        assert len(handles) >= 3
        yield
        for handle in handles:
            # A pidfd is readable once its process has ended (pidfd_open(2)).
            assert select.select([handle], [], [], DEADLINE_S)[0]


def run_sleeper(url, cache):
    """A running container on the engine, as inspected."""
    with contextlib.closing(connect(url)) as engine:
        image = make_resolve(engine, cache)("busybox").used
        container = engine.create_container(
            ContainerConfig(name="sleeper", image=image, command=("sleep", "1000"))
        )
        engine.start_container(container)
        return engine.inspect_container(container)


def remove_all(url):
    with contextlib.closing(connect(url)) as engine:
        for row in engine.list_containers({}):
            engine.remove_container(row.id)


@contextlib.contextmanager
def up_elsewhere():
    """``python -m engines up`` as a process of its own; it, its engine's URL, its command's id."""
    command = [*UP, "sh", "-c", "echo $DOCKER_HOST $$; exec sleep 1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url, pid = process.stdout.readline().split()
            yield process, url, int(pid)
        finally:
            process.kill()


def test_it_runs_containers_with_a_network_and_is_gone_afterwards(cache):
    before = read_network()
    # Engines of the test session, which live on.
    others = remains._descendants([os.getpid()])
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(bring_up(ENGINE))
        sleeper = run_sleeper(url, cache)
        assert sleeper.ip.count(".") == 3
        assert read_network() == before
        with watch_descendants(os.getpid(), others):
            remove_all(url)
            stack.close()
    assert_gone(url)
    assert read_network() == before


def test_an_exception_takes_it_down():
    with pytest.raises(ZeroDivisionError), bring_up(ENGINE) as url:
        raise ZeroDivisionError
    assert_gone(url)


def test_several_of_a_kind_may_be_up_at_once():
    with bring_up(ENGINE) as first:
        with bring_up(ENGINE) as second:
            assert first != second
            for url in (first, second):
                with contextlib.closing(connect(url)) as engine:
                    assert engine.describe().name == "podman"
        assert_gone(second)
        with contextlib.closing(connect(first)) as engine:
            assert engine.describe().name == "podman"
    assert_gone(first)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_command_and_takes_the_engine_down(number):
    with up_elsewhere() as (process, url, _), watch_descendants(process.pid):
        process.send_signal(number)
        assert process.wait(DEADLINE_S) == 128 + number
    assert_gone(url)


def test_one_that_is_killed_takes_its_engine_along_and_the_next_clears_the_rest(cache):
    with up_elsewhere() as (process, url, command):
        run_sleeper(url, cache)
        with watch_descendants(process.pid):
            process.kill()
            os.kill(command, signal.SIGKILL)  # nobody's but the person's who started it
    assert Path(url.removeprefix("unix://")).exists()
    with bring_up(ENGINE) as again:
        assert again == url
        remove_all(again)
    assert_gone(url)


def test_a_command_s_exit_code_is_passed_on():
    done = subprocess.run([*UP, "sh", "-c", "exit 7"], check=False, timeout=DEADLINE_S)
    assert done.returncode == 7


def test_an_engine_that_ends_at_once_is_told_with_its_log():
    broken = replace(ENGINE, command=("sh", "-c", "echo no luck today; exit 1"))
    with (
        pytest.raises(EngineUnavailable, match=r"podman-4\.3(.|\n)*ended at once(.|\n)*no luck"),
        bring_up(broken),
    ):
        pass


def test_an_engine_of_another_version_is_not_taken_for_the_one_that_is_meant():
    other = replace(ENGINE, version="4.9.")
    with pytest.raises(EngineUnavailable, match=r"it is 4\.3\.1 and not 4\.9\.x"), bring_up(other):
        pass


def test_a_release_that_is_not_there_is_told():
    absent = replace(ENGINE, suite="no-such-release")
    with pytest.raises(EngineUnavailable, match=r"mmdebstrap ended with"), bring_up(absent):
        pass
