"""What a container is asked to be, as it is seen from inside."""

from __future__ import annotations

import re

import pytest

from pausedemo.engine.port import (
    Engine,
    Mount,
    MountKind,
    PublishedPort,
)
from pausedemo.errors import EngineError
from tests.contract.conftest import Maker
from tests.waiting import wait_until


def ask(make: Maker, container: str, script: str) -> str:
    done = make.engine.exec(container, ["sh", "-c", script], timeout_s=60)
    assert done.exit_code == 0, done
    return done.stdout.decode()


def read_capabilities(make: Maker, container: str) -> int:
    return int(ask(make, container, "sed -n 's/^CapEff:.//p' /proc/1/status"), 16)


@pytest.fixture
def volume(make: Maker) -> str:
    return make.volume()


def test_user_and_groups(make: Maker) -> None:
    container = make.run(user="1000:2000", groups=("3000", "4000"))
    assert ask(make, container, "id -u; id -g; id -G") == "1000\n2000\n2000 3000 4000\n"


@pytest.mark.differs(("podman", "its hosts file has the host name without the domain"))
def test_host_and_domain_name(make: Maker) -> None:
    container = make.run(hostname="web", domainname="sub.demo.svc", network_mode="bridge")
    assert ask(make, container, "hostname") == "web\n"
    assert ask(make, container, "cat /proc/sys/kernel/domainname") == "sub.demo.svc\n"
    assert re.search(r"\sweb\.sub\.demo\.svc web$", ask(make, container, "cat /etc/hosts"), re.M)


def test_names_that_are_resolved(make: Maker) -> None:
    container = make.run(
        network_mode="bridge",
        dns_servers=("192.0.2.1", "192.0.2.2"),
        dns_searches=("one.example", "two.example"),
        dns_options=("ndots:3", "edns0"),
        extra_hosts=(("first", "192.0.2.7"), ("second", "192.0.2.7"), ("six", "2001:db8::1")),
    )
    told = ask(make, container, "grep -v '^#' /etc/resolv.conf").split("\n")
    assert [line for line in told if line] == [
        "nameserver 192.0.2.1",
        "nameserver 192.0.2.2",
        "search one.example two.example",
        "options ndots:3 edns0",
    ] or set(told) >= {"nameserver 192.0.2.1", "nameserver 192.0.2.2"}
    hosts = [line.split() for line in ask(make, container, "cat /etc/hosts").splitlines()]
    for pair in (["192.0.2.7", "first"], ["192.0.2.7", "second"], ["2001:db8::1", "six"]):
        assert pair in hosts


def test_sysctls(make: Maker) -> None:
    container = make.run(
        sysctls={"kernel.msgmax": "9000", "net.ipv4.ip_unprivileged_port_start": "7"}
    )
    told = ask(
        make, container, "cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_unprivileged_port_start"
    )
    assert told == "9000\n7\n"


def test_capabilities(make: Maker) -> None:
    net_admin, chown = 1 << 12, 1
    default = read_capabilities(make, make.run())
    assert default & chown
    assert not default & net_admin
    changed = make.run(cap_add=("NET_ADMIN",), cap_drop=("CHOWN",))
    assert read_capabilities(make, changed) == (default | net_admin) & ~chown
    assert read_capabilities(make, make.run(cap_drop=("ALL",))) == 0


def test_a_privileged_one_has_more_than_others(make: Maker) -> None:
    sys_admin = 1 << 21
    assert not read_capabilities(make, make.run()) & sys_admin
    try:
        container = make.run(privileged=True)
    except EngineError as error:
        if "unable to apply caps" not in error.message:
            raise
        pytest.skip("the engine's machine lacks capabilities, so it cannot give them all")
    assert read_capabilities(make, container) & sys_admin


def test_no_new_privileges_and_no_filter(make: Maker) -> None:
    script = "sed -n 's/^\\(NoNewPrivs\\|Seccomp\\):.//p' /proc/1/status"
    assert ask(make, make.run(), script) == "0\n2\n"
    container = make.run(security_options=("no-new-privileges", "seccomp=unconfined"))
    assert ask(make, container, script) == "1\n0\n"


def test_a_root_that_cannot_be_written(make: Maker, volume: str) -> None:
    mounts = (Mount(kind=MountKind.VOLUME, source=volume, target="/data"),)
    container = make.run(read_only_root=True, mounts=mounts)
    done = make.engine.exec(container, ["touch", "/x"], timeout_s=60)
    assert (done.exit_code, b"Read-only file system" in done.stderr) == (1, True)
    ask(make, container, "touch /data/x")


def test_a_folder_to_work_in_is_made_in_a_root_that_cannot_be_written(make: Maker) -> None:
    container = make.run(read_only_root=True, working_dir="/made/here")
    assert ask(make, container, "readlink /proc/1/cwd; ls -A") == "/made/here\n"
    done = make.engine.exec(container, ["touch", "/made/x"], timeout_s=60)
    assert (done.exit_code, b"Read-only file system" in done.stderr) == (1, True)


def test_the_oom_score_is_raised(make: Maker) -> None:
    assert ask(make, make.run(oom_score_adj=1000), "cat /proc/1/oom_score_adj") == "1000\n"


def test_memory_for_sharing(make: Maker) -> None:
    container = make.run(shm_bytes=8 * 2**20)
    assert "size=8192k" in ask(make, container, "grep ' /dev/shm ' /proc/mounts")


def test_limits(make: Maker) -> None:
    container = make.run(
        memory_bytes=32 * 2**20, cpu_quota_us=50_000, cpu_period_us=100_000, cpu_shares=512
    )
    found = make.engine.exec(container, ["ls", "/sys/fs/cgroup"], timeout_s=60)
    if not found.stdout:
        # Without a view of its cgroups it can only be tried.
        greedy = make.run("tail", "/dev/zero", memory_bytes=32 * 2**20)
        wait_until("it is ended", lambda: make.engine.inspect_container(greedy).exit_code == 137)
        return
    told = ask(
        make,
        container,
        "cd /sys/fs/cgroup; "
        "if [ -e memory.max ]; then cat memory.max cpu.max; "
        "else cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us; fi",
    )
    assert told.split() == ["33554432", "50000", "100000"]


def test_a_terminal_and_an_open_input(make: Maker) -> None:
    assert ask(make, make.run(tty=True), "readlink /proc/1/fd/0").startswith("/dev/pts/")
    container = make.run("cat", open_stdin=True)
    assert ask(make, container, "readlink /proc/1/fd/0").startswith("pipe:")
    assert ask(make, make.run(), "readlink /proc/1/fd/0") == "/dev/null\n"


def test_the_signal_that_stops_it(make: Maker) -> None:
    script = "trap 'exit 7' USR1; while :; do sleep 0.05; done"
    container = make.run("sh", "-c", script, stop_signal="SIGUSR1")
    make.engine.exec(container, ["true"], timeout_s=60)
    make.engine.stop_container(container, 30)
    assert make.engine.inspect_container(container).exit_code == 7


def test_ports_of_the_host(make: Maker) -> None:
    container = make.run(
        network_mode="bridge",
        publish=(8081,),
        ports=(
            PublishedPort(8080, 28080, "tcp", "127.0.0.1"),
            PublishedPort(8080, 28080, "UDP", "127.0.0.1"),
        ),
    )
    ports = make.engine.inspect_container(container).ports
    assert {"127.0.0.1:28080->8080/tcp", "127.0.0.1:28080->8080/udp"} <= set(ports)
    assert any(port.endswith("->8081/tcp") for port in ports)


def test_what_is_mounted(make: Maker, volume: str) -> None:
    container = make.run(
        mounts=(
            Mount(kind=MountKind.VOLUME, source=volume, target="/rw", copy_image=False),
            Mount(kind=MountKind.VOLUME, source=volume, target="/ro", read_only=True),
            Mount(kind=MountKind.TMPFS, target="/mem", size_bytes=2**20, mode=0o1770),
        )
    )
    assert ask(make, container, "echo x > /rw/f; cat /ro/f; stat -c %a /mem") == "x\n1770\n"
    assert make.engine.exec(container, ["touch", "/ro/no"], timeout_s=60).exit_code == 1
    assert " size=1024k" in ask(make, container, "grep ' /mem ' /proc/mounts").replace(",", " ")


@pytest.mark.differs(("podman", "it fills a volume at the start of who mounts it first"))
def test_an_empty_volume_gets_what_the_image_has_unless_told_otherwise(
    make: Maker, volume: str
) -> None:
    def list_bin(copy_image: bool) -> str:
        mount = Mount(kind=MountKind.VOLUME, source=volume, target="/etc", copy_image=copy_image)
        container = make.create(mounts=(mount,))
        return make.engine.get_archive(container, "/etc").decode("latin-1")

    assert "passwd" not in list_bin(False)
    assert "passwd" in list_bin(True)


def test_a_part_of_a_volume_by_the_folder_that_it_is(make: Maker, volume: str) -> None:
    whole = Mount(kind=MountKind.VOLUME, source=volume, target="/whole")
    first = make.run(mounts=(whole,))
    ask(make, first, "mkdir -p /whole/a/b; echo deep > /whole/a/b/f")
    found = make.engine.find_volume(volume)
    assert found is not None
    part = Mount(kind=MountKind.BIND, source=f"{found.mountpoint}/a/b", target="/part")
    file = Mount(
        kind=MountKind.BIND, source=f"{found.mountpoint}/a/b/f", target="/file", read_only=True
    )
    second = make.run(mounts=(part, file))
    assert ask(make, second, "cat /part/f /file; echo more >> /part/f") == "deep\ndeep\n"
    assert ask(make, first, "cat /whole/a/b/f") == "deep\nmore\n"


def test_a_part_of_a_volume_by_its_name(make: Maker, volume: str) -> None:
    version = tuple(map(int, make.engine.describe().api_version.split(".")))
    if version < (1, 45):
        pytest.skip(f"API {version} has no parts of volumes")
    whole = Mount(kind=MountKind.VOLUME, source=volume, target="/whole")
    first = make.run(mounts=(whole,))
    ask(
        make,
        first,
        "cd /whole; mkdir -p a/b; echo deep > a/b/f; ln -s a/b in; ln -s ../.. out",
    )
    parts = [
        Mount(kind=MountKind.VOLUME, source=volume, target=f"/{number}", subpath=subpath)
        for number, subpath in enumerate(("a/b", "a/b/f", "in"))
    ]
    second = make.run(mounts=tuple(parts))
    assert ask(make, second, "cat /0/f /1 /2/f; echo more >> /0/f") == "deep\n" * 3
    assert ask(make, first, "cat /whole/a/b/f") == "deep\nmore\n"
    for subpath in ("no/such", "out/etc"):
        mount = Mount(kind=MountKind.VOLUME, source=volume, target="/x", subpath=subpath)
        container = make.create(mounts=(mount,))
        with pytest.raises(Exception, match=r"(?i)subpath|no such file|escapes"):
            make.engine.start_container(container)


@pytest.mark.differs(("podman", "it looks for the folder at the start, not when it is asked"))
def test_a_folder_of_the_engine_s_machine(make: Maker, volume: str) -> None:
    found = make.engine.find_volume(volume)
    assert found is not None
    whole = Mount(kind=MountKind.VOLUME, source=volume, target="/whole")
    missing = f"{found.mountpoint}/made/deep"
    with pytest.raises(Exception, match="does not exist"):
        make.create(mounts=(whole, Mount(kind=MountKind.BIND, source=missing, target="/x")))
    bind = Mount(
        kind=MountKind.BIND, source=missing, target="/x", create_source=True, read_only=True
    )
    container = make.run(mounts=(whole, bind))
    assert ask(make, container, "ls -d /whole/made/deep; ls /x") == "/whole/made/deep\n"
    assert make.engine.exec(container, ["touch", "/x/no"], timeout_s=60).exit_code == 1


def test_the_image_tells_whom_it_runs_as(contract_engine: Engine, image: str) -> None:
    found = contract_engine.find_image(image)
    assert found is not None
    assert found.user == ""
