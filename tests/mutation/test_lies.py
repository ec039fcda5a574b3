"""Each kind of lie changes what it is about, and nothing else: told to an engine of bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mutation.mutant import Mutation
from mutation.scene import LieFailed
from mutation.table import GROUPS, MUTATIONS, find_mutations
from pausedemo.core import naming
from pausedemo.errors import UsageError
from tests.mutation.wire import Script, play

OURS = {naming.SCENARIO: "test.1"}
SANDBOX = {**OURS, naming.CONTAINER_TYPE: naming.TYPE_SANDBOX}
MODES = dict.fromkeys(("NetworkMode", "PidMode", "IpcMode"), "container:abc")
MEMBER = {"Image": "x", "Labels": OURS, "HostConfig": {**MODES, "CpuShares": 2}}
DEAD = {
    "Name": "/x",
    "Config": {"Labels": OURS},
    "HostConfig": MODES,
    "State": {"Status": "exited", "Running": False, "ExitCode": 137, "Error": "", "Pid": 0},
}


def ask(line: str, value: Any = None) -> bytes:
    body = b"" if value is None else json.dumps(value).encode()
    head = f"{line} HTTP/1.1\r\nHost: docker\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def reply(value: Any, status: str = "200 OK") -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def last_json(raw: bytes) -> Any:
    return json.loads(raw.rpartition(b"\r\n\r\n")[2])


def created(mutation: Mutation, body: dict[str, Any], name: str = "x") -> Any:
    """What the engine is asked to create."""
    script = Script("", ask(f"POST /v1.41/containers/create?name={name}", body), reply({}), True)
    heard = play([script], mutation=mutation, exact=False)
    assert heard.by_engine.startswith(f"POST /v1.41/containers/create?name={name} HTTP".encode())
    return last_json(heard.by_engine)


def told(mutation: Mutation, line: str, value: Any, status: str = "200 OK") -> Any:
    """What the client is told where the engine says ``value``."""
    script = Script("", ask(line), reply(value, status), True)
    return last_json(play([script], mutation=mutation, exact=False).by_client)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("drops-pid-mode", {"NetworkMode": "container:abc", "IpcMode": "container:abc"}),
        ("drops-ipc-mode", {"NetworkMode": "container:abc", "PidMode": "container:abc"}),
        ("network-of-its-own", {**MODES, "NetworkMode": "bridge"}),
        ("network-of-the-node", {**MODES, "NetworkMode": "host"}),
        ("shm-of-its-own", {**MODES, "Tmpfs": {"/dev/shm": "rw,size=64k"}}),
        ("restarts-by-itself", {**MODES, "RestartPolicy": {"Name": "always"}}),
        ("uts-of-the-node", {**MODES, "UTSMode": "host"}),
        ("init-for-everyone", MODES),
        ("volumes-dropped", MODES),
        ("pid-joined-unasked", MODES),
    ],
)
def test_a_creation_is_changed_in_one_thing(name: str, changed: dict[str, Any]) -> None:
    wanted = {**MEMBER, "HostConfig": {**changed, "CpuShares": 2}}
    assert created(MUTATIONS[name], MEMBER) == wanted


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_what_looks_at_the_node_and_what_is_not_ours_is_never_lied_about(
    mutation: Mutation,
) -> None:
    host = {"NetworkMode": "host", "PidMode": "host", "IpcMode": "host"}
    eye = {"Image": "x", "Labels": OURS, "HostConfig": host}
    assert created(mutation, eye, "pausedemo-node-1") == eye
    stranger = {"Image": "x", "Labels": {"not": "ours"}, "HostConfig": {"NetworkMode": "host"}}
    assert created(mutation, stranger) == stranger


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("exit-code-0", {"ExitCode": 0}),
        ("exit-code-1", {"ExitCode": 1}),
        ("exit-code-143-for-137", {"ExitCode": 143}),
        ("exit-code-137-for-143", {}),
        ("inspect-runs-on", {"Status": "running", "Running": True}),
        ("inspect-ends-early", {}),
        ("out-of-memory", {"OOMKilled": True}),
    ],
)
def test_an_inspection_is_changed_in_one_thing(name: str, changed: dict[str, Any]) -> None:
    seen = told(MUTATIONS[name], "GET /v1.41/containers/x/json", DEAD)
    assert seen == {**DEAD, "State": {**DEAD["State"], **changed}}  # type: ignore[dict-item]


def test_a_list_forgets_only_the_first_member() -> None:
    rows = [
        {"Id": "3", "Labels": OURS, "HostConfig": {"NetworkMode": "container:1"}},
        {"Id": "2", "Labels": OURS, "HostConfig": {"NetworkMode": "container:1"}},
        {"Id": "1", "Labels": SANDBOX, "HostConfig": {"NetworkMode": "default"}},
        {"Id": "0", "Labels": {}},
    ]
    seen = told(MUTATIONS["list-forgets-one"], "GET /containers/json?all=1", rows)
    assert [row["Id"] for row in seen] == ["3", "1", "0"]


def test_a_refusal_loses_its_ids_and_keeps_its_words() -> None:
    words = f"cannot join network of a non running container: {'0123456789ab' * 5}abcd"
    seen = told(
        MUTATIONS["refusals-without-id"],
        "POST /containers/x/start",
        {"message": words},
        "409 Conflict",
    )
    assert seen == {"message": "cannot join network of a non running container: a container"}


def test_events_come_twice_and_none_is_held_back() -> None:
    line = b'{"Action":"die"}\n'
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    script = Script("", ask("GET /events"), head + b"%x\r\n%b\r\n0\r\n\r\n" % (17, line), True)
    body = play([script], mutation=MUTATIONS["events-twice"], exact=False).by_client
    events = [json.loads(part) for part in body.splitlines() if part.startswith(b"{")]
    assert events == [{"Action": "die"}] * 2


def test_a_lie_that_cannot_be_told_is_no_evidence() -> None:
    # The engine of bytes knows of no container to look at.
    script = Script("", ask("POST /containers/x/stop"), b"", True)
    with pytest.raises(LieFailed, match="stop-does-nothing"):
        play([script], mutation=MUTATIONS["stop-does-nothing"], exact=False)


def test_names_are_given_once_and_every_mutation_lies() -> None:
    everyone = [mutation for group in GROUPS.values() for mutation in group]
    assert len(everyone) == len(MUTATIONS)
    for mutation in everyone:
        assert mutation.asks or mutation.answers or mutation.streams, mutation.name
        assert mutation.does, mutation.name
        assert mutation.breaks, mutation.name


def test_a_mutation_is_found_by_its_name() -> None:
    assert [m.name for m in find_mutations(["slow", "warns"])] == ["slow", "warns"]
    assert len(find_mutations([])) == len(MUTATIONS)
    with pytest.raises(UsageError, match="no mutation fast; known: drops-pid-mode"):
        find_mutations(["fast"])
