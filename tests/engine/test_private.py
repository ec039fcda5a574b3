"""A Docker Engine of our own, for real: started once, shared, taken over, and gone afterwards."""

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import docker
import pytest
import requests

from pausedemo.engine import daemon, private, remains
from pausedemo.engine.connect import probe
from pausedemo.engine.daemon import Place, find_daemon
from pausedemo.engine.endpoints import Endpoint, list_endpoints
from pausedemo.engine.private import prepare_machine, render_environment, use_private_engine
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.host import Tool, find_program, require

pytestmark = pytest.mark.engine

HELD_BY_ANOTHER = """
import os, signal, sys
from pathlib import Path
from pausedemo.engine.daemon import Place
from pausedemo.engine.private import use_private_engine
with use_private_engine(Place.at(Path(sys.argv[1]))):
    print("ready", flush=True)
    sys.stdin.readline()
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module", autouse=True)
def _machine():
    try:
        prepare_machine()
    except PausedemoError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no engine of our own here: {error}")


def read_firewall():
    """The rules, without counters and dates: a bystander's traffic is no change of ours."""
    done = subprocess.run(
        [str(find_program("iptables-save"))], capture_output=True, text=True, check=True, timeout=30
    )
    return [line for line in done.stdout.splitlines() if line.startswith("-")]


def assert_nothing_left(place):
    assert find_daemon(place) is None
    assert probe(place.endpoint) == "there is no such socket"
    assert not place.run_dir.exists()
    assert not Path("/sys/class/net", place.bridge).exists()
    assert remains.list_mounts_under(place.run_dir) == []
    assert remains.list_mounts_under(place.data_root) in ([], [str(place.data_root)])
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            assert str(place.run_dir).encode() not in (process / "cmdline").read_bytes()


@pytest.fixture
def place(tmp_path):
    place = Place.at(tmp_path / "engine")
    yield place
    daemon.stop_daemon(place)
    assert_nothing_left(place)


@contextlib.contextmanager
def client_of(place):
    client = docker.APIClient(base_url=place.endpoint.url, version="auto", timeout=60)
    try:
        yield client
    finally:
        client.close()


def run_busybox(client, *command, ports=()):
    """Start a container of an image with a static busybox and nothing else; its id."""
    require(Tool("busybox", "busybox-static"))
    busybox = find_program("busybox")
    assert busybox
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(busybox.resolve(), "bin/busybox")
        page = tarfile.TarInfo("index.html")
        page.size = 5
        tar.addfile(page, io.BytesIO(b"hello"))
    client.import_image_from_data(archive.getvalue(), "test/busybox", "1")
    container = client.create_container(
        "test/busybox:1",
        ["/bin/busybox", *command],
        # As the first process it hears no TERM: the end of its engine would wait for ten seconds.
        stop_signal="SIGKILL",
        ports=list(ports),
        host_config=client.create_host_config(
            port_bindings=dict.fromkeys(ports, ("127.0.0.1", None))
        ),
    )
    client.start(container)
    return container["Id"]


def fetch(url):
    deadline = time.monotonic() + 10
    while True:
        try:
            return requests.get(url, timeout=5).content
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise


def test_it_runs_containers_beside_the_machine_s_own_engine_and_is_gone_afterwards(place):
    before = read_firewall()
    forwarding = Path("/proc/sys/net/ipv4/ip_forward").read_text()
    with use_private_engine(place), client_of(place) as client:
        container = run_busybox(client, "httpd", "-f", "-p", "80", "-h", "/", ports=(80,))
        settings = client.inspect_container(container)["NetworkSettings"]
        published = settings["Ports"]["80/tcp"][0]["HostPort"]
        assert fetch(f"http://{settings['IPAddress']}/index.html") == b"hello"
        assert fetch(f"http://127.0.0.1:{published}/index.html") == b"hello"
        assert read_firewall() == before
    assert_nothing_left(place)
    assert read_firewall() == before
    assert Path("/proc/sys/net/ipv4/ip_forward").read_text() == forwarding


def test_its_images_are_there_the_next_time(place):
    with use_private_engine(place), client_of(place) as client:
        run_busybox(client, "true")
    with use_private_engine(place), client_of(place) as client:
        assert [image["RepoTags"] for image in client.images()] == [["test/busybox:1"]]


def test_an_exception_stops_it(place):
    with pytest.raises(ZeroDivisionError), use_private_engine(place):
        raise ZeroDivisionError
    assert_nothing_left(place)


def test_the_second_user_uses_it_and_the_last_one_stops_it(place):
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    with second:
        with first:
            first.enter_context(use_private_engine(place))
            pid = find_daemon(place)
            second.enter_context(use_private_engine(place))
            assert find_daemon(place) == pid
        assert find_daemon(place) == pid
        assert probe(place.endpoint) is None
    assert_nothing_left(place)


@pytest.mark.parametrize("way", ["die", "leave"])
def test_when_the_one_that_started_it_is_killed_the_next_takes_it_over(place, way):
    command = [sys.executable, "-c", HELD_BY_ANOTHER, str(place.home), way]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "ready\n"
        pid = find_daemon(place)
        assert pid
        if way == "leave":
            with use_private_engine(place):
                starter.communicate("\n", timeout=60)
                assert starter.returncode == 0
                assert find_daemon(place) == pid
        else:
            starter.communicate("\n", timeout=60)
            assert starter.returncode == -signal.SIGKILL
            assert find_daemon(place) == pid
            with use_private_engine(place):
                assert find_daemon(place) == pid
    assert_nothing_left(place)


def test_a_killed_dockerd_s_containers_end_and_it_starts_again(place):
    with use_private_engine(place):
        with client_of(place) as client:
            container = run_busybox(client, "sleep", "1000")
            process = os.pidfd_open(client.inspect_container(container)["State"]["Pid"])
        pid = find_daemon(place)
        assert pid
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with use_private_engine(place), client_of(place) as client:
            assert find_daemon(place) not in (None, pid)
            assert not client.inspect_container(container)["State"]["Running"]
        # A pidfd is readable once its process has ended, reaped or not (pidfd_open(2)).
        assert select.select([process], [], [], 5)[0]
        os.close(process)


def test_a_dockerd_that_cannot_start_says_what_its_log_says(place):
    place.data_root.mkdir(parents=True)
    (place.data_root / "image").write_text("a file where a folder must be")
    with pytest.raises(EngineUnavailable, match=r"it ended at once(.|\n)*not a directory"):
        private.use_private_engine(place).__enter__()
    assert_nothing_left(place)


def test_a_dockerd_that_does_not_answer_in_time_is_stopped(place, monkeypatch):
    monkeypatch.setattr(daemon, "probe", lambda _endpoint: "it is asleep")
    with pytest.raises(EngineUnavailable, match=r"did not answer within 0.3 s \(it is asleep\)"):
        daemon.start_daemon(place, timeout_s=0.3)
    daemon.stop_daemon(place)
    assert_nothing_left(place)


def ask_policy(policy, service):
    return subprocess.run([policy, service, "start"], check=False, timeout=10).returncode


def test_docker_s_services_are_held_back_while_we_install_and_only_then(tmp_path, monkeypatch):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(private, "POLICY_FILE", policy)
    with private._services_held_back():
        # invoke-rc.d asks with an init script's name, deb-systemd-invoke with a unit's.
        services = ("docker", "docker.service", "docker.socket", "containerd.service", "ssh")
        assert [ask_policy(policy, service) for service in services] == [101, 101, 101, 101, 0]
        left_by_a_killed_one = policy.read_text().replace(f"/{os.getpid()}", "/none")
    assert not policy.exists()
    policy.write_text(left_by_a_killed_one)
    policy.chmod(0o755)
    assert ask_policy(policy, "docker") == 0
    with private._services_held_back():
        assert ask_policy(policy, "docker") == 101
    assert not policy.exists()


def test_an_owner_s_own_policy_stands(tmp_path, monkeypatch):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(private, "POLICY_FILE", policy)
    policy.write_text("#!/bin/sh\nexit 104\n")
    with private._services_held_back():
        assert policy.read_text() == "#!/bin/sh\nexit 104\n"
    assert policy.exists()


def test_a_machine_without_control_groups_is_told_so(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text("proc /proc proc rw 0 0\ntmpfs /sys/fs/cgroup tmpfs rw 0 0\n")
    monkeypatch.setattr(private, "MOUNTS_FILE", mounts)
    with pytest.raises(PausedemoError, match="no control groups are mounted"):
        prepare_machine()


def test_a_process_that_got_the_daemon_s_old_id_is_not_taken_for_it(place):
    place.run_dir.mkdir(parents=True)
    place.pid_file.write_text(str(os.getpid()))
    assert find_daemon(place) is None


def test_a_long_home_still_gives_a_socket_that_fits():
    place = Place.at(Path("/" + "long/" * 60))
    assert len(os.fsencode(place.socket)) < 108
    assert len(os.fsencode(place.exec_root / "containerd/containerd-debug.sock")) < 108
    assert len(place.bridge) < 16


@pytest.mark.parametrize(
    ("environ", "endpoint", "expected"),
    [
        ({"A": "1"}, "unix:///var/run/docker.sock", {"A": "1"}),
        ({"DOCKER_HOST": "unix:///x"}, "unix:///x", {"DOCKER_HOST": "unix:///x"}),
        (
            {"DOCKER_CONTEXT": "default", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"},
            "unix:///ours",
            {"DOCKER_HOST": "unix:///ours"},
        ),
        ({}, "unix:///run/podman/podman.sock", {"DOCKER_HOST": "unix:///run/podman/podman.sock"}),
    ],
)
def test_a_command_s_environment_leads_to_the_engine(environ, endpoint, expected, tmp_path):
    search = list_endpoints("docker", environ, tmp_path)
    found = next((one for one in search.endpoints if one.url == endpoint), None)
    found = found or Endpoint(endpoint, "somewhere else")
    assert render_environment(found, environ, tmp_path) == expected
