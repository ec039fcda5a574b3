"""Every handler against a real server in a container, or on the node's own network."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from pausedemo.core.manifest import Container, Probe
from pausedemo.core.rules.ports import PortError
from pausedemo.engine.port import ContainerInfo
from pausedemo.errors import EngineError
from pausedemo.kubelet.probes.asking import Answer, Asker, Outcome, Target
from pausedemo.kubelet.probes.grpc_health import GrpcMissing
from pausedemo.kubelet.reach.httpget import HttpFailure
from tests.kubelet.places import Place
from tests.kubelet.servers import ECHO, GARBLED, HTTPD, MUTE, Host
from tests.waiting import wait_until

LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"


def container(**more: object) -> Container:
    return Container.model_validate({"name": "a", "image": "busybox", **more})


def ask(place: Place, info: ContainerInfo, handler: dict[str, Any], **more: Any) -> Answer:
    """Ask a probe of a container; ``timeoutSeconds`` is long unless it is given."""
    probe = Probe.model_validate({"timeoutSeconds": 20, **handler, **more})
    target = Target(
        container(
            ports=[{"name": "web", "containerPort": 8080}],
            env=[{"name": "GREETING", "value": "hello"}],
        ),
        info.id,
        info.ip or "127.0.0.1",
    )
    return Asker(place.engine, place.dialer).ask(probe, target)


def get(path: str, port: object = 8080, **more: Any) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, **more}}


def run(*argv: str) -> dict[str, Any]:
    return {"exec": {"command": list(argv)}}


@pytest.mark.parametrize(
    ("argv", "answer"),
    [
        (("true",), Answer(Outcome.SUCCESS)),
        (("sh", "-c", "echo out; echo err >&2; exit 3"), Answer(Outcome.FAILURE, "out\nerr\n")),
        (
            ("echo", "$(GREETING) $$(GREETING) $(NO)"),
            Answer(Outcome.SUCCESS, "hello $(GREETING) $(NO)\n"),
        ),
        (
            ("sh", "-c", "head -c 20000 /dev/zero | tr '\\0' x"),
            Answer(Outcome.SUCCESS, "x" * 10240),
        ),
    ],
)
def test_a_command_is_judged_by_its_exit_code(
    place: Place, argv: tuple[str, ...], answer: Answer
) -> None:
    assert ask(place, place.run("exec sleep 1000"), run(*argv)) == answer


def test_a_command_that_takes_too_long_fails_and_is_ended(place: Place) -> None:
    info = place.run("exec sleep 1000")
    answer = ask(place, info, run("sleep", "4321"), timeoutSeconds=1)
    assert answer == Answer(Outcome.FAILURE, 'command "sleep 4321" timed out')

    def ended() -> bool:
        return "4321" not in place.sh(info.id, "ps")

    wait_until("the command has ended", ended)


def test_a_command_in_a_container_that_has_ended_says_nothing(place: Place) -> None:
    info = place.run("exec sleep 1000")
    place.engine.kill_container(info.id)
    wait_until("it ends", lambda: not place.engine.inspect_container(info.id).pid)
    with pytest.raises(EngineError):
        ask(place, info, run("true"))


@pytest.fixture
def web(place: Place) -> ContainerInfo:
    return place.serve(HTTPD, 8080)


def test_http_answers_are_judged_by_their_status(place: Place, web: ContainerInfo) -> None:
    place_of = f"{web.ip}:8080"
    table = {
        "/": Answer(Outcome.SUCCESS, "well\n"),
        "": Answer(Outcome.SUCCESS, "well\n"),
        "/cgi-bin/say?204": Answer(Outcome.SUCCESS),
        "/cgi-bin/say?404": Answer(Outcome.FAILURE, "HTTP probe failed with statuscode: 404"),
        "/cgi-bin/say?500": Answer(Outcome.FAILURE, "HTTP probe failed with statuscode: 500"),
        "/none": Answer(Outcome.FAILURE, "HTTP probe failed with statuscode: 404"),
        "/cgi-bin/go?302:/index.html": Answer(Outcome.SUCCESS, "well\n"),
        "/cgi-bin/go?301:index": Answer(Outcome.FAILURE, "HTTP probe failed with statuscode: 404"),
        f"/cgi-bin/go?307:http://{place_of}/cgi-bin/say?500": Answer(
            Outcome.FAILURE, "HTTP probe failed with statuscode: 500"
        ),
        "/cgi-bin/go?302:http://elsewhere.example/": Answer(
            Outcome.WARNING, "Probe terminated redirects, Response body: moved"
        ),
        "/cgi-bin/say?304": Answer(Outcome.WARNING, "Probe terminated redirects, Response body: "),
        "/cgi-bin/long": Answer(Outcome.SUCCESS, "x" * 10240),
    }
    asked = {path: ask(place, web, get(path or "/", "web")) for path in table}
    assert asked == table


def test_a_circle_of_redirects_ends(place: Place, web: ContainerInfo) -> None:
    place.sh(
        web.id,
        r"""printf '#!/bin/sh\nprintf "Status: 302\\r\\nLocation: /cgi-bin/round\\r\\n\\r\\n"' """
        "> /tmp/www/cgi-bin/round; chmod +x /tmp/www/cgi-bin/round",
    )
    url = f"http://{web.ip}:8080/cgi-bin/round"
    answer = ask(place, web, get("/cgi-bin/round"))
    assert answer == Answer(Outcome.FAILURE, f'Get "{url}": stopped after 10 redirects')


def test_headers_are_the_kubelet_s_but_for_those_that_are_given(
    place: Place, web: ContainerInfo
) -> None:
    plain = ask(place, web, get("/cgi-bin/headers")).output.splitlines()
    assert f"HTTP_HOST={web.ip}:8080" in plain
    assert "HTTP_USER_AGENT=kube-probe/1.31" in plain
    assert "HTTP_ACCEPT=*/*" in plain
    given = [
        {"name": "host", "value": "shop.example"},
        {"name": "x-one", "value": "1"},
        {"name": "User-Agent", "value": "me"},
        {"name": "Accept", "value": ""},
    ]
    own = ask(place, web, get("/cgi-bin/headers", httpHeaders=given)).output.splitlines()
    assert {"HTTP_HOST=shop.example", "HTTP_X_ONE=1", "HTTP_USER_AGENT=me"} <= set(own)
    assert not [line for line in own if line.startswith("HTTP_ACCEPT=")]


def test_a_slow_answer_is_a_failure_at_its_deadline(place: Place, web: ContainerInfo) -> None:
    start = time.monotonic()
    answer = ask(place, web, get("/cgi-bin/slow"), timeoutSeconds=1)
    url = f"http://{web.ip}:8080/cgi-bin/slow"
    assert answer == Answer(Outcome.FAILURE, f'Get "{url}": {LATE}')
    assert time.monotonic() - start < 20, "it did not wait for the answer"


def test_an_answer_that_dribbles_says_nothing(place: Place, web: ContainerInfo) -> None:
    with pytest.raises(HttpFailure, match="while reading body"):
        ask(place, web, get("/cgi-bin/dribble"), timeoutSeconds=1)


def test_what_does_not_answer_in_http_fails_in_go_s_words(place: Place) -> None:
    info = place.run(f"({ECHO}) & ({MUTE}) & {GARBLED}")

    def all_listen() -> bool:
        rows = place.sh(info.id, "netstat -tln")
        return all(f":{port} " in rows for port in (7000, 7001, 7002))

    wait_until("they listen", all_listen)
    said = {port: ask(place, info, get("/", port)) for port in (81, 7001, 7002)}
    mute = said.pop(7001)
    assert mute.outcome is Outcome.FAILURE
    assert mute.output.partition('": ')[2] in ("EOF", "read: connection reset by peer")
    broken = "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
    assert said == {
        81: Answer(
            Outcome.FAILURE,
            f'Get "http://{info.ip}:81/": dial tcp {info.ip}:81: connect: connection refused',
        ),
        7002: Answer(Outcome.FAILURE, f'Get "http://{info.ip}:7002/": {broken} "hello"'),
    }


def test_a_port_that_the_container_has_not_is_no_answer(place: Place) -> None:
    with pytest.raises(PortError, match='parsing "nope": invalid syntax'):
        ask(place, place.run("exec sleep 1000"), get("/", "nope"))


def test_a_tcp_port_is_open_or_not(place: Place) -> None:
    info = place.serve(ECHO, 7000)
    assert ask(place, info, {"tcpSocket": {"port": 7000}}) == Answer(Outcome.SUCCESS)
    assert ask(place, info, {"tcpSocket": {"port": 81}}) == Answer(
        Outcome.FAILURE, f"dial tcp {info.ip}:81: connect: connection refused"
    )


# On the node's own network: what busybox cannot serve is served by this machine.


@pytest.fixture
def hosted(place: Place) -> ContainerInfo:
    """A container on the network of the engine's machine, which must be this one."""
    if not place.dialer.is_direct and place.engine.url.startswith("tcp"):
        pytest.skip("the engine's machine is not this one")
    return place.run("exec sleep 1000", network_mode="host")


def test_tls_is_asked_without_asking_who_it_is(
    place: Place, hosted: ContainerInfo, host: Host, tmp_path: Path
) -> None:
    port = host.https(tmp_path)
    answer = ask(place, hosted, get("/", port, scheme="HTTPS"))
    assert answer == Answer(Outcome.SUCCESS, "served here")


def test_tls_where_there_is_none_is_told(place: Place, hosted: ContainerInfo, host: Host) -> None:
    port = host.plain_http()
    plain = "http: server gave HTTP response to HTTPS client"
    assert ask(place, hosted, get("/", port, scheme="HTTPS")) == Answer(
        Outcome.FAILURE, f'Get "https://127.0.0.1:{port}/": {plain}'
    )


def test_a_grpc_server_fails_and_recovers(place: Place, hosted: ContainerInfo, host: Host) -> None:
    port, servicer = host.grpc()
    servicer.set("db", health_pb2.HealthCheckResponse.SERVING)
    probes = {"": {"port": port}, "db": {"port": port, "service": "db"}}

    def both() -> list[Answer]:
        return [ask(place, hosted, {"grpc": probe}) for probe in probes.values()]

    healthy = Answer(Outcome.SUCCESS, "service healthy")
    assert both() == [healthy, healthy]
    servicer.set("db", health_pb2.HealthCheckResponse.NOT_SERVING)
    bad = Answer(Outcome.FAILURE, 'service unhealthy (responded with "NOT_SERVING")')
    assert both() == [healthy, bad]
    servicer.set("db", health_pb2.HealthCheckResponse.SERVING)
    assert both() == [healthy, healthy]
    unknown = ask(place, hosted, {"grpc": {"port": port, "service": "none"}})
    assert unknown.outcome is Outcome.FAILURE
    assert unknown.output.startswith("error: health rpc probe failed: rpc error: code = NotFound")


def test_a_grpc_server_without_health_is_told_apart(
    place: Place, hosted: ContainerInfo, host: Host
) -> None:
    port, _ = host.grpc(with_health=False)
    answer = ask(place, hosted, {"grpc": {"port": port}})
    lacks = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"
    assert answer.outcome is Outcome.FAILURE
    assert answer.output.startswith(lacks)


def test_a_grpc_port_that_is_closed_is_waited_for(place: Place) -> None:
    info = place.run("exec sleep 1000")
    late = f'timeout: failed to connect service "{info.ip}:81" within 1s: context deadline exceeded'
    answer = ask(place, info, {"grpc": {"port": 81}}, timeoutSeconds=1)
    assert answer == Answer(Outcome.FAILURE, late)


def test_without_grpcio_the_way_to_it_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(GrpcMissing, match=r"pip install 'pausedemo\[grpc\]'"):
        ask(place, place.run("exec sleep 1000"), {"grpc": {"port": 81}})
