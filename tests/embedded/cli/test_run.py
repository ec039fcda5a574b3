"""``docker run``: what the options do inside, and how it ends."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest

from tests.embedded.cli.conftest import Docker
from tests.waiting import wait_until

ANYWHERE = "0.0.0.0"  # noqa: S104 - as the command line shows it
NO_USER = "unable to find user nosuch: no matching entries in passwd file"
NOT_IN_PATH = 'exec: "nosuch": executable file not found in $PATH'
BAD_NAME = "Invalid container name (?), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
BAD_FOLDER = "the working directory 'relative' is invalid, it needs to be an absolute path"
NO_LOGGER = 'error looking up logging plugin nosuch: plugin "nosuch" not found'
NO_CAPABILITY = 'invalid CapAdd: unknown capability: "CAP_BOGUS"'
NO_SOURCE = 'invalid mount config for type "bind": bind source path does not exist: /no/such'
SHIM = "failed to create shim: OCI runtime create failed: container could not be started"


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["@", "echo", "a  b"], "a  b\n"),
        (["-w", "/new/folder", "@", "pwd"], "/new/folder\n"),
        (
            ["-e", "A=1", "-e", "NOT_SET_HERE", "@", "sh", "-c", "echo $A${NOT_SET_HERE-no}"],
            "1no\n",
        ),
        (["-u", "5:6", "@", "id"], "uid=5 gid=6 groups=6\n"),
        (["-u", "nobody", "@", "id", "-un"], "nobody\n"),
        (
            ["--hostname", "hh", "@", "cat", "/etc/hostname", "/proc/sys/kernel/hostname"],
            "hh\nhh\n",
        ),
        (["--entrypoint", "echo", "@", "a", "b"], "a b\n"),
        (["--entrypoint", "", "@", "echo", "c"], "c\n"),
        (["--network", "none", "@", "ls", "/sys/class/net"], "lo\n"),
        (["--cap-drop", "ALL", "@", "grep", "CapEff", "/proc/self/status"], f"CapEff:\t{0:016x}\n"),
        (["--ulimit", "nofile=100:200", "@", "sh", "-c", "ulimit -n"], "100\n"),
        (["--add-host", "foo:1.2.3.4", "@", "grep", "foo", "/etc/hosts"], "1.2.3.4\tfoo\n"),
        (["--dns", "9.9.9.9", "@", "grep", "name", "/etc/resolv.conf"], "nameserver 9.9.9.9\n"),
        (
            [
                "--sysctl",
                "net.ipv4.ip_default_ttl=77",
                "@",
                "cat",
                "/proc/sys/net/ipv4/ip_default_ttl",
            ],
            "77\n",
        ),
        (
            ["--security-opt", "no-new-privileges", "@", "grep", "NoNew", "/proc/self/status"],
            "NoNewPrivs:\t1\n",
        ),
        (
            ["--tmpfs", "/t:size=1m", "@", "sh", "-c", "df /t | tail -1 | tr -s ' '"],
            "tmpfs 1024 0 1024 0% /t\n",
        ),
        (
            ["--shm-size", "1m", "@", "sh", "-c", "df /dev/shm | tail -1 | tr -s ' '"],
            "tmpfs 1024 0 1024 0% /dev/shm\n",
        ),
    ],
)
def test_an_option_does_inside_what_it_says(
    docker: Docker, busybox: str, words: list[str], out: str
) -> None:
    assert docker("run", "--rm", *_with(words, busybox)) == out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["@", "sh", "-c", "exit 7"], 7, ""),
        (["--pid", "host", "@", "sh", "-c", "kill -9 $$"], 137, ""),
        (["--read-only", "@", "touch", "/x"], 1, "touch: /x: Read-only file system"),
        (["@", "nosuch"], 127, f"{SHIM}: {NOT_IN_PATH}: unknown"),
        (["@", "/etc"], 126, f'{SHIM}: exec: "/etc": permission denied: unknown'),
        (["-u", "nosuch", "@", "id"], 125, NO_USER),
        (["-w", "relative", "@", "pwd"], 125, BAD_FOLDER),
        (["--runtime", "nosuch", "@"], 125, "Unknown runtime specified nosuch"),
        (["--isolation", "process", "@"], 125, "invalid isolation 'process' on linux"),
        (["--volumes-from", "nosuch", "@"], 125, "No such container: nosuch"),
        (["--log-driver", "nosuch", "@"], 125, NO_LOGGER),
        (["--cap-add", "BOGUS", "@", "true"], 125, NO_CAPABILITY),
        (["--memory", "1m", "@", "true"], 125, "Minimum memory limit allowed is 6MB"),
        (["--network", "nosuch", "@", "true"], 125, "network nosuch not found"),
        (["--network", "container:nosuch", "@", "true"], 125, "No such container: nosuch"),
        (["--name", "?", "@"], 125, BAD_NAME),
        (["--mount", "type=bind,source=/no/such,target=/x", "@"], 125, NO_SOURCE),
    ],
)
def test_a_run_ends_with_the_code_and_the_words_of_docker(
    docker: Docker, busybox: str, words: list[str], code: int, error: str
) -> None:
    said = docker.complain("run", "--rm", *_with(words, busybox), code=code)
    assert said.removeprefix("Error response from daemon: ") == error
    assert docker("ps", "--all", "--quiet") == ""


@pytest.mark.parametrize("option", ["--gpus=all", "--device=/dev/fuse", "--cpuset-cpus=0"])
def test_what_would_be_ignored_is_refused(docker: Docker, busybox: str, option: str) -> None:
    said = docker.complain("run", "--rm", option, busybox, "true", code=125)
    assert "the embedded engine does not support HostConfig." in said


def test_an_image_of_another_platform_is_not_run(docker: Docker, busybox: str) -> None:
    ours = docker("image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", busybox).strip()
    assert docker("run", "--rm", "--platform", ours, busybox, "echo", "ours") == "ours\n"
    # Without "never" the command would look for the other image in a registry.
    other = "linux/s390x" if "s390x" not in ours else "linux/riscv64"
    said = docker.complain("create", "--pull", "never", "--platform", other, busybox)
    assert said == (
        f"Error response from daemon: image with reference {busybox} was found but does not match "
        f"the specified platform: wanted {other}, actual: {ours}"
    )


def test_a_detached_container_tells_its_id_and_runs_on(docker: Docker, busybox: str) -> None:
    container = docker("run", "-d", "--name", "alone", busybox, "sleep", "1000").strip()
    assert docker("inspect", "-f", "{{.Id}} {{.State.Status}}", "alone") == f"{container} running\n"
    said = docker.complain("run", "-d", "--name", "alone", busybox, code=125)
    assert said == (
        'Error response from daemon: Conflict. The container name "/alone" is already in use by '
        f'container "{container}". You have to remove (or rename) that container to be able to '
        "reuse that name."
    )


def test_a_limit_of_memory_holds_or_is_refused(docker: Docker, busybox: str) -> None:
    fill = ["dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1M", "count=32"]
    if "true" in docker("info", "-f", "{{.MemoryLimit}}"):
        docker("run", "--rm", "--memory", "8m", busybox, *fill, code=137)
    else:
        said = docker.complain("run", "--rm", "--memory", "8m", busybox, *fill, code=125)
        assert "memory" in said


def test_a_megabyte_goes_in_and_comes_out_as_it_was(docker: Docker, busybox: str) -> None:
    data = bytes(range(256)) * 4096
    assert docker.capture("run", "--rm", "-i", busybox, "cat", stdin=data).stdout == data


def test_both_streams_stay_apart(docker: Docker, busybox: str) -> None:
    done = docker.capture("run", "--rm", busybox, "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")


@pytest.mark.parametrize("where", ["", "127.0.0.1::"])
def test_a_published_port_answers_on_the_host(docker: Docker, busybox: str, where: str) -> None:
    docker("run", "-d", "--name", "web", "-p", f"{where}80", busybox, "httpd", "-f", "-h", "/etc")
    shown = docker("port", "web", "80/tcp").splitlines()[0]
    port = int(shown.rpartition(":")[2])
    assert shown == f"{'127.0.0.1' if where else ANYWHERE}:{port}"
    assert f":{port}->80/tcp" in docker("ps", "--filter", "name=web")

    def fetch() -> bytes:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/passwd", timeout=10) as answer:
                return bytes(answer.read())
        except OSError:  # httpd does not listen yet
            return b""

    body = wait_until("the server answers", fetch)
    assert body == docker.capture("exec", "web", "cat", "/etc/passwd").stdout
    said = docker.complain("run", "--rm", "-p", f"{port}:1", busybox, code=125)
    assert re.search(rf"Bind for {ANYWHERE}:{port} failed: port is already allocated$", said)


def test_the_hosts_network_has_the_hosts_links_and_name(docker: Docker, busybox: str) -> None:
    script = "ls /sys/class/net; cat /proc/sys/kernel/hostname"
    here = docker("run", "--rm", "--network", "host", busybox, "sh", "-c", script).split()
    assert here[-1] == Path("/proc/sys/kernel/hostname").read_text().strip()


def test_a_restart_policy_tries_as_often_as_it_says(docker: Docker, busybox: str) -> None:
    docker(
        "run",
        "-d",
        "--name",
        "again",
        "--restart",
        "on-failure:2",
        busybox,
        "sh",
        "-c",
        "echo x; exit 3",
    )
    look = ("inspect", "-f", "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}", "again")
    wait_until("it has given up", lambda: docker(*look) == "exited 2 3\n")
    assert docker("logs", "again") == "x\n" * 3


def test_a_container_id_is_written_where_the_user_wants_it(docker: Docker, busybox: str) -> None:
    docker("run", "--cidfile", "id", "--name", "noted", busybox, "true")
    assert docker("inspect", "-f", "{{.Id}}", "noted").strip() == (docker.folder / "id").read_text()


def _with(words: list[str], image: str) -> list[str]:
    return [image if word == "@" else word for word in words]
