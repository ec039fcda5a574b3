"""What is refused, in dockerd's words: the same requests to both engines, where both are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.api.conftest import NO_SUCH_LOG_DRIVER
from tests.embedded.api.wire import Answer, ask
from tests.embedded.engines import RunningEngine

REFUSED = "pausedemo-refused"
CREATE = f"POST /containers/create?name={REFUSED}"
#: Names of objects that each engine has, made before: a container that runs, one that does not.
LIVE, STILL = "pausedemo-refusals-live", "pausedemo-refusals-still"
#: One that runs and has the machine's network and IPC namespaces.
HOSTLY = "pausedemo-refusals-hostly"

EARLY = "dockerd 20.10 takes it and goes on without it, or fails at the start"
ASKER = "dockerd 20.10 gives 500; it is the request's fault"
FAULT = "dockerd 20.10 gives 500; it is the request's fault, and later versions say 400"


@dataclass(frozen=True)
class Case:
    """A request, and the status that both give. ``ours``: why ours differs, if it does."""

    request: str
    body: dict[str, Any] | None
    status: int
    ours: str = ""


def with_host(**host: Any) -> dict[str, Any]:
    return {"Image": "IMAGE", "HostConfig": host}


#: Filters by number whose values are none. dockerd says the same words with 500.
NO_NUMBERS = (
    '{"exited":["red"]}',
    '{"exited":[""]}',
    '{"exited":["9223372036854775808"]}',
    '{"publish":["red"]}',
    '{"publish":["tcp/80"]}',
    '{"publish":["65536"]}',
    '{"publish":["80-70"]}',
    '{"publish":["/tcp"]}',
    '{"publish":["1:80"]}',
    '{"expose":["80-red/udp"]}',
    '{"before":["red"]}',
)
#: What only a swarm has.
SWARMS = ("nodes", "services", "tasks", "secrets", "configs")
#: dockerd is asked ahead.
SLOW = Case(CREATE, with_host(**NO_SUCH_LOG_DRIVER), 400)
CASES = (
    Case("GET /containers/gone/json", None, 404),
    Case("GET /containers/gone/logs?stdout=1", None, 404),
    Case(f"GET /containers/{LIVE}/logs", None, 400),
    Case("POST /containers/gone/start", None, 404),
    Case("POST /containers/gone/kill", None, 404),
    Case("POST /containers/gone/wait", None, 404),
    Case("DELETE /containers/gone", None, 404),
    Case(f"DELETE /containers/{LIVE}", None, 409),
    Case(f"POST /containers/{LIVE}/start", None, 304),
    Case(f"POST /containers/{STILL}/stop", None, 304),
    Case(f"POST /containers/{STILL}/kill", None, 409),
    Case(f"POST /containers/{LIVE}/kill?signal=NONE", None, 400),
    Case(f"POST /containers/{STILL}/pause", None, 409),
    Case(f"POST /containers/{LIVE}/unpause", None, 500),
    Case(f"POST /containers/{STILL}/exec", {"Cmd": ["true"]}, 409),
    Case(f"POST /containers/{LIVE}/exec", {}, 400),
    Case("POST /exec/gone/start", {}, 404),
    Case("GET /exec/gone/json", None, 404),
    Case(f"GET /containers/{STILL}/top", None, 409),
    Case(f"GET /containers/{LIVE}/archive?path=/gone", None, 404),
    Case(f"GET /containers/{LIVE}/archive", None, 400, "dockerd 20.10 leaves out a space"),
    Case(f"POST /containers/{LIVE}/rename?name={STILL}", None, 409),
    Case(f"POST /containers/{LIVE}/rename?name=", None, 400),
    Case(f"POST /containers/{LIVE}/rename?name={LIVE}", None, 400),
    Case(f"POST /containers/{LIVE}/rename?name=/{LIVE}", None, 400),
    Case(f"POST /containers/{LIVE}/rename?name=a/b", None, 400),
    Case(f"POST /containers/create?name={LIVE}", {"Image": "IMAGE"}, 409),
    Case("POST /containers/create?name=a/b", {"Image": "IMAGE"}, 400),
    Case(CREATE, {"Image": "no/such:image"}, 404),
    Case(CREATE, {}, 400),
    Case(CREATE, with_host(NetworkMode=f"container:{LIVE}") | {"Hostname": "a"}, 400),
    Case(CREATE, with_host(NetworkMode=f"container:{LIVE}", Dns=["1.1.1.1"]), 400),
    Case(CREATE, with_host(NetworkMode=f"container:{LIVE}", ExtraHosts=["a:1.1.1.1"]), 400),
    Case(CREATE, with_host(NetworkMode=f"container:{LIVE}", PublishAllPorts=True), 400),
    Case(CREATE, with_host(PidMode="container:gone"), 400),
    Case(CREATE, with_host(IpcMode="container:gone"), 400),
    Case(CREATE, with_host(IpcMode="wrong"), 400, EARLY),
    Case(CREATE, with_host(PidMode="wrong"), 400, EARLY),
    Case(CREATE, with_host(UTSMode="wrong"), 400, EARLY),
    Case(CREATE, with_host(RestartPolicy={"Name": "sometimes"}), 400),
    Case(CREATE, with_host(RestartPolicy={"Name": "always", "MaximumRetryCount": 2}), 400),
    Case(CREATE, with_host(RestartPolicy={"Name": "always"}, AutoRemove=True), 400),
    Case(CREATE, with_host(Memory=1024), 400),
    Case(CREATE, with_host(OomScoreAdj=-1001), 400),
    Case(CREATE, with_host(CapAdd=["NOTHING"]), 400),
    Case(CREATE, with_host(Binds=["a:b"]), 400, FAULT),
    Case(CREATE, with_host(Binds=["/a:/b:c"]), 400, FAULT),
    Case(CREATE, with_host(Binds=["/:/b", "/:/b"]), 400),
    Case(CREATE, with_host(Mounts=[{"Type": "bind", "Source": "/gone", "Target": "/a"}]), 400),
    SLOW,
    Case(CREATE, {"Image": "IMAGE", "StopSignal": "NONE"}, 400),
    Case(CREATE, {"Image": "IMAGE", "Healthcheck": {"Test": ["CMD", "a"], "Interval": 5}}, 400),
    Case(CREATE, {"Image": "IMAGE", "Healthcheck": {"Test": ["CMD", "a"], "Timeout": 5}}, 400),
    Case(CREATE, {"Image": "IMAGE", "Healthcheck": {"Retries": -1}}, 400),
    Case(f"POST /containers/{LIVE}/exec", {"Cmd": ["true"], "DetachKeys": "foo"}, 400, ASKER),
    Case('GET /containers/json?filters={"health":["fine"]}', None, 400),
    Case('POST /containers/prune?filters={"until":["1m","2m"]}', None, 400, ASKER),
    Case('POST /networks/prune?filters={"until":["1m","2m"]}', None, 400, ASKER),
    Case('POST /images/prune?filters={"until":["1m","2m"]}', None, 400, ASKER),
    Case('POST /containers/prune?filters={"until":["gone"]}', None, 400, ASKER),
    Case('GET /containers/json?filters={"colour":["red"]}', None, 400),
    Case('GET /containers/json?filters={"status":["red"]}', None, 400),
    Case('GET /containers/json?filters={"is-task":["red"]}', None, 400),
    *(Case(f"GET /containers/json?filters={text}", None, 400, ASKER) for text in NO_NUMBERS),
    Case("GET /images/gone/json", None, 404),
    Case("DELETE /images/gone", None, 404),
    Case("POST /images/gone/tag?repo=a", None, 404),
    Case("GET /networks/gone", None, 404),
    Case("GET /swarm", None, 503),
    Case("POST /swarm/leave", None, 503),
    *(Case(f"GET /{kind}", None, 503) for kind in SWARMS),
    Case("DELETE /networks/bridge", None, 403),
    Case("POST /networks/create", {"Name": "bridge"}, 403),
    Case("GET /volumes/gone", None, 404),
    Case("POST /volumes/create", {"Name": "a/b"}, 400),
)

SWAPPINESS = "/proc/sys/vm/swappiness"
NOT_APART = "dockerd lets it be written for the whole machine"


@dataclass(frozen=True)
class Sysctl:
    """One that a start is refused for, with the status that both give, and the exit code."""

    name: str
    status: int = 500
    code: int = 128
    host: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    ours: str = ""


SYSCTLS = (
    Sysctl("vm.swappiness"),
    Sysctl("vm/swappiness"),
    Sysctl("vm.swappiness", host={"Privileged": True}),
    Sysctl("vm.swappiness", host={"NetworkMode": "host"}),
    Sysctl(""),
    Sysctl("net"),
    Sysctl("net."),
    Sysctl("fs.mqueue"),
    Sysctl("net.nosuch", 400, 127),
    Sysctl("net.core.rmem_max", 400, 126),
    Sysctl("net/../vm/swappiness", 400, 127),
    Sysctl("net.../vm/swappiness", 400, 127),
    Sysctl("net./../vm/swappiness", 400, 127),
    Sysctl("net.ipv4../../vm/swappiness", 400, 127),
    Sysctl("fs.mqueue./../../vm/swappiness", 400, 127),
    Sysctl("kernel.hostname"),
    Sysctl("kernel/hostname"),
    Sysctl("kernel.hostname", host={"UTSMode": "host"}),
    Sysctl("kernel.domainname", host={"UTSMode": "host"}),
    Sysctl("net.ipv4.ip_forward", host={"UTSMode": "host"}, config={"Domainname": "a"}),
    Sysctl("kernel.msgmax", host={"IpcMode": "host"}),
    Sysctl("fs.mqueue.msg_max", host={"IpcMode": "host"}),
    Sysctl("kernel.msgmax", host={"IpcMode": f"container:{HOSTLY}"}, ours=NOT_APART),
    Sysctl("net.ipv4.ip_forward", host={"NetworkMode": "host"}),
    Sysctl("net/ipv4/ip_forward", host={"NetworkMode": "host"}),
    Sysctl("net.ipv4.ip_forward", host={"NetworkMode": f"container:{HOSTLY}"}),
)


def send(path: Path, case: Case, image: str) -> Answer:
    method, target = case.request.split(" ", 1)
    body = None
    if case.body is not None:
        body = json.dumps(case.body).replace("IMAGE", image).encode()
    answer = ask(path, method, f"/v1.41{target}".replace('"', "%22"), body)
    if answer.status == 201:  # it was taken: nothing may stay for the next one
        made = json.loads(answer.body).get("Id") or json.loads(answer.body).get("Name")
        ask(path, "DELETE", f"/containers/{made}?force=1")
    return answer


def start(path: Path, case: Sysctl, value: str, image: str) -> tuple[Answer, int]:
    """The answer to the start of who sets that sysctl, and its exit code."""
    host = case.host | {"Sysctls": {case.name: value}}
    body = {"Image": image, "Cmd": ["true"], "HostConfig": host} | case.config
    made = ask(path, "POST", f"/v1.41/containers/create?name={REFUSED}", body)
    try:
        assert made.status == 201, made
        answer = ask(path, "POST", f"/v1.41/containers/{REFUSED}/start")
        seen = ask(path, "GET", f"/v1.41/containers/{REFUSED}/json")
        return answer, json.loads(seen.body)["State"]["ExitCode"]
    finally:
        ask(path, "DELETE", f"/containers/{REFUSED}?force=1")


def prepare(path: Path, image: str) -> None:
    hostly = {"NetworkMode": "host", "IpcMode": "host"}
    for name, host in ((LIVE, {}), (STILL, {}), (HOSTLY, hostly)):
        ask(path, "DELETE", f"/containers/{name}?force=1")
        body = {"Image": image, "Cmd": ["sleep", "1000"], "HostConfig": host}
        assert ask(path, "POST", f"/containers/create?name={name}", body).status == 201
    for name in (LIVE, HOSTLY):
        assert ask(path, "POST", f"/containers/{name}/start").status == 204


def clean(path: Path) -> None:
    for name in (LIVE, STILL, HOSTLY):
        ask(path, "DELETE", f"/containers/{name}?force=1")


@pytest.fixture(scope="module")
def ours(embedded: RunningEngine, busybox: str) -> Iterator[Path]:
    prepare(embedded.socket, busybox)
    yield embedded.socket
    clean(embedded.socket)


@pytest.fixture(scope="module")
def theirs(dockerd: Path, busybox_image: str) -> Iterator[Path]:
    """The socket of a dockerd."""
    prepare(dockerd, busybox_image)
    yield dockerd
    clean(dockerd)


def normalise(message: str) -> str:
    """Ids differ from engine to engine, and a word of containerd's from version to version."""
    return re.sub(r"\b[0-9a-f]{64}\b", "ID", message).replace("create shim task:", "create shim:")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.request} {case.body or ''}")
def test_a_refusal_has_its_status(ours: Path, busybox: str, case: Case) -> None:
    answer = send(ours, case, busybox)
    assert answer.status == case.status, answer
    assert answer.status == 304 or answer.message


@pytest.mark.engine
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.request} {case.body or ''}")
def test_dockerd_refuses_with_the_same_status_and_words(
    ours: Path,
    theirs: Path,
    slow_refusal: Future[Answer],
    busybox: str,
    busybox_image: str,
    case: Case,
) -> None:
    own = send(ours, case, busybox)
    other = slow_refusal.result() if case is SLOW else send(theirs, case, busybox_image)
    said = (own.status, normalise(own.message))
    wanted = (other.status, normalise(other.message))
    # A difference that is listed and is none any more is to be taken off the list.
    assert (said == wanted) is (not case.ours), f"\nours   {said}\ndocker {wanted}"


def read_sysctls() -> dict[str, str]:
    """What the sysctls of these tests are for the machine."""
    paths = (SWAPPINESS, *(f"/proc/sys/{case.name.replace('.', '/')}" for case in SYSCTLS))
    return {one: Path(one).read_text().strip() for one in paths if Path(one).is_file()}


@pytest.fixture
def machine() -> Iterator[dict[str, str]]:
    """The machine's sysctls, which are as before after the test, whatever it did."""
    before = read_sysctls()
    try:
        yield before
    finally:
        for path, value in read_sysctls().items():
            if value != before[path]:
                Path(path).write_text(before[path])


def choose_value(case: Sysctl, machine: dict[str, str]) -> str:
    """One that the machine does not have, where that does no harm; else the one that it has."""
    if case.name.endswith("swappiness"):
        return str(int(machine[SWAPPINESS]) ^ 1)
    return machine.get(f"/proc/sys/{case.name.replace('.', '/')}", "1")


def name_sysctl(case: Sysctl) -> str:
    return f"{case.name} {case.host or ''} {case.config or ''}".strip()


@pytest.mark.parametrize("case", SYSCTLS, ids=name_sysctl)
def test_a_sysctl_of_the_machine_is_not_written(
    ours: Path, busybox: str, case: Sysctl, machine: dict[str, str]
) -> None:
    answer, code = start(ours, case, choose_value(case, machine), busybox)
    assert (answer.status, code) == (case.status, case.code), answer
    assert ": sysctl " in answer.message or ": open /proc/sys/" in answer.message
    assert read_sysctls() == machine


@pytest.mark.engine
@pytest.mark.parametrize("case", SYSCTLS, ids=name_sysctl)
def test_dockerd_refuses_a_sysctl_with_the_same_status_and_words(
    ours: Path,
    theirs: Path,
    busybox: str,
    busybox_image: str,
    case: Sysctl,
    machine: dict[str, str],
) -> None:
    value = choose_value(case, machine)
    own, own_code = start(ours, case, value, busybox)
    other, other_code = start(theirs, case, value, busybox_image)
    said = (own.status, normalise(own.message), own_code)
    wanted = (other.status, normalise(other.message), other_code)
    assert (said == wanted) is (not case.ours), f"\nours   {said}\ndocker {wanted}"
