"""What containers of an ordinary user can do, and in which words the rest is refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.embedded.engines import Owner, RunningEngine, host_links, link_of, make_pod
from tests.waiting import wait_until

Load = Callable[[RunningEngine, str], str]


@pytest.fixture(params=["range_engine", "single_engine"])
def engine(request: pytest.FixtureRequest) -> RunningEngine:
    found: RunningEngine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def client(engine: RunningEngine) -> Iterator[Any]:
    with engine.client() as made:
        yield made
        for one in made.containers.list(all=True):
            one.remove(force=True, v=True)


@pytest.fixture
def busybox(engine: RunningEngine, load_image: Load) -> str:
    return load_image(engine, "busybox")


@pytest.fixture
def pause(engine: RunningEngine, load_image: Load) -> str:
    return load_image(engine, "pause")


def test_nothing_of_it_has_a_right_of_root(engine: RunningEngine) -> None:
    status = {
        line.partition(":")[0]: line.split()[1:]
        for line in Path(f"/proc/{engine.pid}/status").read_text().splitlines()
    }
    assert set(status["Uid"]) == {str(engine.socket.stat().st_uid)} != {"0"}


def test_pods_are_made_one_after_the_other(
    engine: RunningEngine, client: Any, pause: str, busybox: str
) -> None:
    """The first member once left the keeper in the pod's PID namespace."""
    for name in ("one", "two"):
        pod = make_pod(client, name, pause, busybox)
        seen = pod[1].exec_run(["ps", "-o", "pid,args"]).output.decode()
        assert "1 /pause" in seen
        assert seen.count("sleep 3600") == 2
    assert link_of(engine) not in host_links()


def test_namespaces_of_the_node_are_joined_by_staying_in_them(client: Any, busybox: str) -> None:
    donor = client.containers.run(
        busybox, ["sleep", "3600"], detach=True, network_mode="host", pid_mode="host",
        ipc_mode="host", uts_mode="host",
    )  # fmt: skip
    joined = {f"{kind}_mode": f"container:{donor.id}" for kind in ("network", "pid", "ipc")}
    member = client.containers.run(busybox, ["sleep", "3600"], detach=True, **joined)
    for kind in ("net", "pid", "ipc"):
        links = {
            one.exec_run(["readlink", f"/proc/self/ns/{kind}"]).output for one in (donor, member)
        }
        assert len(links) == 1
        if kind != "net":
            assert links == {f"{Path(f'/proc/self/ns/{kind}').readlink()}\n".encode()}


def test_a_short_program_among_the_machine_s_processes_ends(client: Any, busybox: str) -> None:
    """It may have ended before its mount namespace was seen; no other's process is taken for it."""
    for _ in range(3):
        assert client.containers.run(busybox, ["echo", "x"], pid_mode="host", remove=True) == b"x\n"


def test_sysctls_of_its_own_namespaces_are_set_and_others_refused(
    client: Any, busybox: str
) -> None:
    told = client.containers.run(
        busybox, ["cat", "/proc/sys/net/ipv4/ip_default_ttl", "/proc/sys/kernel/domainname"],
        sysctls={"net.ipv4.ip_default_ttl": "77"}, domainname="a.example",
    )  # fmt: skip
    assert told == b"77\na.example\n"
    on_host = client.containers.run(busybox, ["sleep", "600"], network_mode="host", detach=True)
    for name, mode, words in (
        ("vm.swappiness", "none", "is not in a separate kernel namespace"),
        ("net.ipv4.ip_default_ttl", "host", "not allowed in host network namespace"),
        (
            "net.ipv4.ip_default_ttl",
            f"container:{on_host.id}",
            "not allowed in host network namespace",
        ),
    ):
        container = client.containers.create(
            busybox, network_mode=mode, sysctls={name: "77"}, name="refused"
        )
        with pytest.raises(docker.errors.APIError, match=f'sysctl "{name}" {words}'):
            container.start()
        container.remove()
    on_host.remove(force=True)


def test_network_mode_host_is_where_containers_are_in_reach(client: Any, busybox: str) -> None:
    server = client.containers.run(busybox, ["sh", "-c", "echo hello | nc -l -p 8080"], detach=True)
    server.reload()
    address = server.attrs["NetworkSettings"]["IPAddress"]
    ask = f"while ! nc -w 2 {address} 8080 < /dev/null; do sleep 0.05; done"
    said = client.containers.run(busybox, ["sh", "-c", ask], network_mode="host", remove=True)
    assert said == b"hello\n"


def test_an_image_whose_files_belong_to_others_runs(client: Any, busybox: str) -> None:
    source = client.containers.create(busybox)
    data, _ = source.get_archive("/usr")
    tar = io.BytesIO(b"".join(data))
    with tarfile.open(fileobj=tar, mode="a") as archive:
        for link in ("bin", "lib"):
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{link}"
            archive.addfile(entry)
        entry = tarfile.TarInfo("theirs")
        entry.uid, entry.gid, entry.mode, entry.size = 1234, 4321, 0o600, 2
        archive.addfile(entry, io.BytesIO(b"x\n"))
    client.api.import_image_from_data(tar.getvalue(), repository="theirs", tag="1")
    said = client.containers.run("theirs:1", ["sh", "-c", "cat /theirs; stat -c %u:%g /theirs"])
    assert said in (b"x\n1234:4321\n", b"x\n0:0\n")
    client.images.remove("theirs:1", force=True)


def test_with_a_single_id_who_is_not_root_has_no_capability(
    single_engine: RunningEngine, load_image: Load
) -> None:
    image = load_image(single_engine, "busybox")
    look = ["sh", "-c", "id -u; grep CapEff /proc/self/status; chown 5:5 /tmp && echo pretended"]
    with single_engine.client() as client:
        said = client.containers.run(image, look, user="1000:1000", remove=True).decode()
        kept = client.containers.run(image, look, remove=True).decode()
    assert said == "0\nCapEff:\t0000000000000000\npretended\n"
    assert "0000000000000000" not in kept


def test_with_a_range_of_ids_users_are_who_they_say(
    range_engine: RunningEngine, range_owner: Owner, load_image: Load
) -> None:
    image = load_image(range_engine, "busybox")
    look = ["sh", "-c", "id -u; chown 5:5 /tmp 2>/dev/null || echo refused"]
    with range_engine.client() as client:
        said = client.containers.run(image, look, user="1000:1000", remove=True)
        outside = client.containers.run(image, ["sleep", "3600"], user="1000", detach=True)
        outside.reload()
        owner = Path(f"/proc/{outside.attrs['State']['Pid']}").stat().st_uid
        outside.remove(force=True)
    assert said == b"1000\nrefused\n"
    assert owner not in (1000, range_owner.uid, 0)


def test_a_volume_may_be_in_memory_and_a_part_of_it_mounted(client: Any, busybox: str) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m,mode=0777"}
    volume = client.volumes.create("fast", driver_opts=options)
    whole = {"Type": "volume", "Source": "fast", "Target": "/whole"}
    part = {**whole, "Target": "/part", "VolumeOptions": {"Subpath": "a/b"}}

    def run(*mounts: dict[str, Any]) -> Any:
        # The SDK's own class of a mount knows no parts.
        body = {
            "Image": busybox,
            "Cmd": ["sleep", "3600"],
            "HostConfig": {"Mounts": list(mounts), "NetworkMode": "none"},
        }
        made = client.containers.get(client.api.create_container_from_config(body)["Id"])
        made.start()
        return made

    holder = run(whole)
    script = "mkdir -p /whole/a/b; echo kept > /whole/a/b/f; grep ' /whole ' /proc/mounts"
    assert b" tmpfs " in holder.exec_run(["sh", "-c", script]).output
    reader = run(part)
    assert reader.exec_run(["cat", "/part/f"]).output == b"kept\n"
    for one in (reader, holder):
        one.remove(force=True)
    volume.remove()


def test_a_container_is_asked_whether_it_is_well(client: Any, busybox: str) -> None:
    check = {"test": ["CMD-SHELL", "echo hi; test -e /well"], "interval": 20_000_000}
    script = ["sh", "-c", "touch /well; exec sleep 3600"]
    container = client.containers.run(busybox, script, healthcheck=check, detach=True)

    def find_health() -> Any:
        container.reload()
        return container.attrs["State"]["Health"]

    wait_until("it is well", lambda: find_health()["Status"] == "healthy")
    assert find_health()["Log"][-1]["Output"] == "hi\n"
    container.remove(force=True)


def test_what_needs_cgroups_is_refused_in_words(client: Any, busybox: str) -> None:
    running = client.containers.run(busybox, ["sleep", "3600"], detach=True)
    with pytest.raises(docker.errors.APIError, match="no freezer cgroup may be written here"):
        running.pause()
    with pytest.raises(docker.errors.APIError, match="memory"):
        client.containers.create(busybox, mem_limit="64m")
