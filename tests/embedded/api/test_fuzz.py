"""Thousands of requests, right and wrong: no defect shows, nothing hangs, and nothing is left."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausedemo.engine.connect import connect
from pausedemo.images.cache import ImageCache
from tests.conftest import make_resolve
from tests.embedded.api.description import (
    MARKS,
    TEXTS,
    Endpoint,
    fill_path,
    list_endpoints,
    make_queries,
    make_values,
    read_description,
)
from tests.embedded.api.figures import (
    count_descriptors,
    find_keeper,
    find_started,
    list_descriptors,
    settle,
    wait_for_rest,
)
from tests.embedded.api.wire import Answer, ask, open_socket
from tests.embedded.engines import RunningEngine, running_engine

EXAMPLES = 60
#: Those that take their time by design.
FEW = {"/containers/{id}/stats": 8, "/containers/{id}/top": 15, "/containers/{id}/restart": 30}
ANSWER_S = 20.0
#: How long a stream is listened to before the client leaves.
LISTEN_S = 0.02
#: It ends with TERM at once, and writes a little.
COMMAND = ["sh", "-c", "trap 'exit 3' TERM; echo err >&2; echo out; sleep 1000 & wait"]
#: What the catch-all of pausedemo.embedded.server says of an error that nobody foresaw.
DEFECT = re.compile(r"\w*(Error|Exception|Exit|Interrupt|Iteration|Warning): ")
#: It would ask other machines.
LEFT_OUT = {"fromImage"}
#: Where a query names a thing: mostly one that is there.
NAMED = {"container": {"enum": ["live", "live", "live", "gone", "", "\0"]}}

DESCRIBED = read_description()
ENDPOINTS = tuple(list_endpoints(DESCRIBED))


@dataclass
class World:
    """An engine and what there is on it to be named. Made again when a request removed it."""

    engine: RunningEngine
    image: str
    container: str = ""
    exec: str = ""

    def refresh(self) -> None:
        """Have a container that runs, and an exec that was not started."""
        path = self.engine.socket
        found = ask(path, "GET", "/containers/live/json")
        state = json.loads(found.body).get("State", {}) if found.status == 200 else {}
        if state.get("Status") != "running":
            ask(path, "DELETE", "/containers/live?force=1")
            body = {"Image": self.image, "Cmd": COMMAND}
            made = ask(path, "POST", "/containers/create?name=live", body)
            assert made.status == 201, made
            self.container = json.loads(made.body)["Id"]
            assert ask(path, "POST", f"/containers/{self.container}/start").status == 204
            # Before it has said so, its shell ignores TERM, and a stop lasts as long as it may.
            log = "/containers/live/logs?stdout=1"
            assert settle(lambda: ask(path, "GET", log).body, bool)
        made = ask(
            path, "POST", "/containers/live/exec", {"Cmd": ["echo", "x"], "AttachStdout": True}
        )
        assert made.status == 201, made
        self.exec = json.loads(made.body)["Id"]

    def name(self, text: str) -> str:
        """A placeholder as what it stands for."""
        for key, value in (("IMAGE", self.image), ("LIVE", self.container), ("EXEC", self.exec)):
            text = text.replace(f"<{key}>", value)
        return text


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, cache: ImageCache) -> Iterator[World]:
    """An engine of this file's own; when all is over it must hold what it held at first."""
    with running_engine(tmp_path_factory.mktemp("fuzzed")) as engine:
        with contextlib.closing(connect(engine.url)) as port:
            image = make_resolve(port, cache)("busybox").used
        # What the engine opens once and keeps.
        made = World(engine, image)
        made.refresh()
        remove_all(engine.socket)
        wait_for_rest(engine.pid)
        held = settle(lambda: count_descriptors(engine.pid), lambda now: now < 25)
        yield made
        remove_all(engine.socket)
        check_nothing_left(engine, held)


def remove_all(path: Path) -> None:
    for one in json.loads(ask(path, "GET", "/containers/json?all=1").body):
        gone = ask(path, "DELETE", f"/containers/{one['Id']}?force=1&v=1")
        assert gone.status in (204, 404, 409), gone
    for kind in ("networks", "volumes", "images"):
        pruned = ask(path, "POST", f"/{kind}/prune")
        assert pruned.status == 200, pruned


def check_nothing_left(engine: RunningEngine, held: int) -> None:
    keeper = find_keeper(engine.pid)
    assert settle(lambda: find_started(keeper), lambda left: not left) == ()
    folder = engine.state / "containers"
    expected = [".base"]  # the layer below every container, see make_base
    names = settle(lambda: [one.name for one in folder.iterdir()], lambda now: now == expected)
    assert names == expected
    left = settle(lambda: list_descriptors(engine.pid), lambda now: len(now) <= held)
    assert len(left) <= held, left


NAMES = st.one_of(
    st.sampled_from(["<LIVE>", "live", "<EXEC>", "<IMAGE>", "bridge", "host", "gone"]), TEXTS
)
BODIES = st.one_of(
    st.binary(max_size=64), st.sampled_from([b"{", b"[]", b"null", b'"x"', b"1e999"])
)


def make_requests(endpoint: Endpoint) -> st.SearchStrategy[tuple[str, str, bytes]]:
    """Name, query and body."""
    kept = tuple(
        {**one, "schema": NAMED[one["name"]]} if one["name"] in NAMED else one
        for one in endpoint.parameters
        if one["name"] not in LEFT_OUT
    )
    known = Endpoint(endpoint.method, endpoint.path, kept, None, False, False)
    bodies: st.SearchStrategy[bytes] = st.just(b"")
    if endpoint.body is not None:
        right = make_values(DESCRIBED, endpoint.body).map(lambda body: complete(endpoint, body))
        bodies = st.integers(0, 9).flatmap(lambda dice: BODIES if dice == 0 else right)
    elif endpoint.is_raw:
        bodies = BODIES
    return st.tuples(NAMES, make_queries(DESCRIBED, known), bodies)


def complete(endpoint: Endpoint, body: Any) -> bytes:
    """A create request names an image, or it would never get far; so does an exec its command."""
    if isinstance(body, dict) and endpoint.path == "/containers/create":
        body = {"Image": "<IMAGE>", **body}
    elif isinstance(body, dict) and endpoint.path == "/containers/{id}/exec":
        body = {"Cmd": ["true"], "AttachStdout": True, **body}
    return json.dumps(body).encode()


def send(world: World, method: str, target: str, body: bytes, headers: bytes = b"") -> Answer:
    """One request as bytes; of an answer that goes on, the start."""
    with open_socket(world.engine.socket, ANSWER_S) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: engine\r\n".encode()
        connection.sendall(head + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        read = b""
        if answer.length is None and method != "HEAD":
            connection.settimeout(LISTEN_S)
            with contextlib.suppress(TimeoutError, http.client.IncompleteRead):
                read = answer.read(4096)
        else:
            read = answer.read()
        headers_read = dict(answer.headers)
        answer.close()
    return Answer(answer.status, headers_read, read)


def check(answer: Answer, what: object) -> None:
    """No defect: an error has a message, and not that of an exception that nobody foresaw."""
    if answer.status >= 400 and answer.body:
        assert answer.message, (what, answer)
    assert answer.status != 500 or not DEFECT.match(answer.message), (what, answer)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_no_request_finds_a_defect(world: World, endpoint: Endpoint) -> None:
    count = 0

    @settings(
        max_examples=FEW.get(endpoint.path, EXAMPLES),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(request=make_requests(endpoint), is_upgrade=st.booleans())
    def fuzz(request: tuple[str, str, bytes], is_upgrade: bool) -> None:
        nonlocal count
        count += 1
        if count % 5 == 1:
            world.refresh()
        name, query, body = request
        target = fill_path(endpoint.path, world.name(name)) + f"?{query}"
        sent = world.name(body.decode("latin-1")).encode("latin-1")
        headers = b"Connection: Upgrade\r\nUpgrade: tcp\r\n" if is_upgrade else b""
        answer = send(world, endpoint.method, target, sent, headers)
        check(answer, (endpoint.method, target, sent))
        if answer.status == 201 and endpoint.path == "/containers/create":
            made = json.loads(answer.body)["Id"]
            check(send(world, "POST", f"/containers/{made}/start", b""), ("started", sent))
            check(send(world, "GET", f"/containers/{made}/json", b""), ("inspected", sent))
            check(send(world, "GET", "/containers/json?all=1&size=1", b""), ("listed", sent))
            gone = ask(world.engine.socket, "DELETE", f"/containers/{made}?force=1&v=1")
            assert gone.status in (204, 404, 409), (gone, sent)
        if answer.status == 201 and endpoint.path == "/containers/{id}/exec":
            made = json.loads(answer.body)["Id"]
            check(send(world, "POST", f"/exec/{made}/start", b"{}"), ("exec started", sent))
            check(send(world, "GET", f"/exec/{made}/json", b""), ("exec inspected", sent))

    fuzz()


@pytest.mark.parametrize("path", ["/containers", "/session", "/grpc", "/x/y", "/v1.41/swarm/init"])
def test_an_unknown_endpoint_is_501(world: World, path: str) -> None:
    answer = send(world, "POST", path, b"")
    assert answer.status == 501
    assert answer.message == f"the embedded engine does not know POST {path}"


def test_marks_have_no_placeholders() -> None:
    assert not [mark for mark in MARKS if re.search("<[A-Z]+>", mark)]
