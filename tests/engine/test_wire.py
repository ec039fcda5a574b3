from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.engine.port import (
    ContainerConfig,
    ContainerInfo,
    ContainerState,
    ContainerSummary,
    Event,
    ProcessTable,
)
from pausedemo.engine.wire import (
    bears_all,
    bears_labels,
    parse_container,
    parse_event,
    parse_processes,
    parse_state,
    parse_summary,
    parse_time,
    read_frames,
    render_config,
    render_label_filter,
    split_reference,
)
from pausedemo.errors import EngineGone
from tests.core.captures import DATA

CAPTURES = DATA / "engine"


def read_inspected(name: str) -> dict[str, Any]:
    inspected: dict[str, Any] = json.loads((CAPTURES / f"inspect-{name}.json").read_text())
    return inspected


def test_a_sandbox_that_runs_is_read_whole() -> None:
    raw = read_inspected("pause")
    assert parse_container(raw) == ContainerInfo(
        id=raw["Id"],
        name="ct-pause",
        image="pausedemo/pause:1.0-04931b50ce41",
        image_id=raw["Image"],
        labels=raw["Config"]["Labels"],
        state=ContainerState.RUNNING,
        pid=13517,
        exit_code=0,
        oom_killed=False,
        error="",
        restart_count=0,
        created_at=parse_time(raw["Created"]) or datetime.min,
        started_at=datetime(2026, 11, 24, 4, 30, 59, 410736, UTC),
        finished_at=None,
        ip=raw["NetworkSettings"]["Networks"]["ctnet"]["IPAddress"],
        gateway=raw["NetworkSettings"]["Networks"]["ctnet"]["Gateway"],
        ports=(),
        network_mode="ctnet",
        ipc_mode="shareable",
        pid_mode="",
    )
    assert parse_container(raw).ip.count(".") == 3
    assert parse_container(raw).labels["a"] == "b"


@pytest.mark.parametrize(
    ("name", "state", "exit_code", "oom_killed", "started", "finished"),
    [
        ("created", ContainerState.CREATED, 0, False, False, False),
        ("no-program", ContainerState.CREATED, 127, False, False, False),
        ("ended", ContainerState.EXITED, 3, False, True, True),
        ("oom", ContainerState.EXITED, 137, True, True, True),
    ],
)
def test_a_container_tells_how_it_ended(
    name: str,
    state: ContainerState,
    exit_code: int,
    oom_killed: bool,
    started: bool,
    finished: bool,
) -> None:
    info = parse_container(read_inspected(name))
    assert (info.state, info.exit_code, info.oom_killed) == (state, exit_code, oom_killed)
    assert (info.started_at is not None, info.finished_at is not None) == (started, finished)
    assert (info.pid, info.ip) == (0, "")
    assert ("/nothing" in info.error) == (name == "no-program")


def test_a_member_keeps_the_full_id_that_it_joined() -> None:
    info = parse_container(read_inspected("ended"))
    joined = f"container:{read_inspected('pause')['Id']}"
    assert (info.network_mode, info.ipc_mode, info.pid_mode) == (joined, joined, joined)


def test_published_ports_are_written_as_docker_ps_writes_them() -> None:
    raw = read_inspected("pause")
    raw["NetworkSettings"]["Ports"] = {
        "80/tcp": None,
        "8080/tcp": [
            {"HostIp": "0.0.0.0", "HostPort": "32768"},  # noqa: S104 - as an engine says it
            {"HostIp": "::", "HostPort": "32769"},
        ],
    }
    assert parse_container(raw).ports == (
        "0.0.0.0:32768->8080/tcp",
        ":::32769->8080/tcp",
    )


@pytest.mark.parametrize(
    ("wanted", "borne"),
    [
        ({}, True),
        ({"run": "1"}, True),
        ({"run": None, "owner": "me"}, True),
        ({"run": "2"}, False),
        ({"run": "1", "owner": "you"}, False),
        ({"absent": None}, False),
    ],
)
def test_all_labels_must_be_borne(wanted: dict[str, str | None], borne: bool) -> None:
    assert bears_labels({"run": "1", "owner": "me", "more": ""}, wanted) is borne


def test_a_list_is_read_whole() -> None:
    rows = json.loads((CAPTURES / "list.json").read_text())
    summaries = {row.name: row for row in map(parse_summary, rows)}
    assert summaries["ct-ended"] == ContainerSummary(
        id=read_inspected("ended")["Id"],
        name="ct-ended",
        image="busybox:1",
        command="sh -c 'exit 3'",
        labels={},
        state=ContainerState.EXITED,
        status=next(row["Status"] for row in rows if row["Names"] == ["/ct-ended"]),
        created_at=datetime(2026, 11, 24, 4, 30, 59, tzinfo=UTC),
        image_id=next(row["ImageID"] for row in rows if row["Names"] == ["/ct-ended"]),
    )
    states = {name: str(row.state) for name, row in summaries.items()}
    assert states == {
        "ct-created": "created",
        "ct-ended": "exited",
        "ct-no-program": "created",
        "ct-oom": "exited",
        "ct-pause": "running",
    }


def test_a_row_that_is_being_removed_has_no_name() -> None:
    row = json.loads((CAPTURES / "list.json").read_text())[0]
    assert parse_summary({**row, "Names": None, "Labels": None}).name == ""


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("2024-05-01T12:00:00Z", datetime(2024, 5, 1, 12, tzinfo=UTC)),
        ("2024-05-01T12:00:00.5Z", datetime(2024, 5, 1, 12, 0, 0, 500000, UTC)),
        ("2024-05-01T12:00:00.123456789Z", datetime(2024, 5, 1, 12, 0, 0, 123456, UTC)),
        ("2024-05-01T14:00:00.1+02:00", datetime(2024, 5, 1, 12, 0, 0, 100000, UTC)),
        ("2024-05-01T07:00:00-05:00", datetime(2024, 5, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_are_utc(text: str, time: datetime | None) -> None:
    parsed = parse_time(text)
    assert parsed == time
    assert parsed is None or parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *((str(state), state) for state in ContainerState),
        ("configured", ContainerState.CREATED),
        ("initialized", ContainerState.CREATED),
        ("stopping", ContainerState.RUNNING),
        ("stopped", ContainerState.EXITED),
    ],
)
def test_states_are_read_in_docker_s_words_and_podman_s(text: str, state: ContainerState) -> None:
    assert parse_state(text) is state


def test_a_bare_container_asks_for_nothing_it_does_not_need() -> None:
    assert render_config(ContainerConfig(name="x", image="sha256:abc")) == {
        "Image": "sha256:abc",
        "Labels": {},
        "HostConfig": {"RestartPolicy": {"Name": "no"}},
    }


def test_all_that_is_asked_for_is_in_the_request() -> None:
    config = ContainerConfig(
        name="x",
        image="i",
        entrypoint=("sleep",),
        command=(),
        env={"A": "1", "B": "=2"},
        working_dir="/w",
        user="0:0",
        hostname="h",
        labels={"k": "v"},
        network_mode="host",
        ipc_mode="shareable",
        pid_mode="container:y",
        cap_add=("SYS_PTRACE",),
        cpu_shares=2,
        oom_score_adj=0,
    )
    assert render_config(config) == {
        "Image": "i",
        "Entrypoint": ["sleep"],
        "Cmd": [],
        "Env": ["A=1", "B==2"],
        "WorkingDir": "/w",
        "User": "0:0",
        "Hostname": "h",
        "Labels": {"k": "v"},
        "HostConfig": {
            "NetworkMode": "host",
            "IpcMode": "shareable",
            "PidMode": "container:y",
            "CapAdd": ["SYS_PTRACE"],
            "CpuShares": 2,
            "OomScoreAdj": 0,
            "RestartPolicy": {"Name": "no"},
        },
    }


FRAMES = (CAPTURES / "exec.frames").read_bytes()
FRAME_ENDS = (0, 12, 24, 36)


def test_frames_are_read_in_order() -> None:
    assert list(read_frames(io.BytesIO(FRAMES))) == [(2, b"err\n"), (1, b"out\n"), (1, b"last")]


@pytest.mark.parametrize("length", range(len(FRAMES)))
def test_a_stream_that_ends_inside_a_frame_is_no_whole_output(length: int) -> None:
    stream = io.BytesIO(FRAMES[:length])
    if length in FRAME_ENDS:
        assert len(list(read_frames(stream))) == FRAME_ENDS.index(length)
    else:
        with pytest.raises(EngineGone, match="in the middle"):
            list(read_frames(stream))


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=300))))
def test_any_frames_come_back(frames: list[tuple[int, bytes]]) -> None:
    raw = b"".join(
        bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload
        for stream, payload in frames
    )
    assert list(read_frames(io.BytesIO(raw))) == frames


@pytest.mark.parametrize(
    ("reference", "split"),
    [
        ("busybox", ("busybox", "latest")),
        ("ghost:3.21", ("ghost", "3.21")),
        ("127.0.0.1:5000/a/b", ("127.0.0.1:5000/a/b", "latest")),
        ("127.0.0.1:5000/a/b:1", ("127.0.0.1:5000/a/b", "1")),
        ("a/b@sha256:00ff", ("a/b", "sha256:00ff")),
        ("host:5000/b:1@sha256:00ff", ("host:5000/b", "sha256:00ff")),
    ],
)
def test_references_are_split(reference: str, split: tuple[str, str]) -> None:
    assert split_reference(reference) == split


def test_labels_are_asked_for_by_value_or_by_key() -> None:
    assert render_label_filter({}) == {}
    assert render_label_filter({"a": "b", "c": None}) == {"label": ["a=b", "c"]}


def test_an_event_is_read_and_an_engine_s_own_words_are_translated() -> None:
    raw = {
        "Action": "remove",
        "Actor": {"ID": "abc", "Attributes": {"name": "web"}},
        "timeNano": 1_764_000_000_500_000_000,
    }
    assert parse_event(raw, {"remove": "destroy"}) == Event(
        "destroy", "abc", {"name": "web"}, datetime(2025, 11, 24, 16, 0, 0, 500_000, UTC)
    )
    assert parse_event({**raw, "Action": "die"}, {"remove": "destroy"}).action == "die"


def test_an_event_names_its_volume_by_its_id_or_as_podman_does_by_an_attribute() -> None:
    raw = {"Action": "create", "Type": "volume", "timeNano": 0}
    docker = {"ID": "data", "Attributes": {"driver": "local"}}
    podman = {"ID": "", "Attributes": {"image": "", "name": "data", "podId": ""}}
    for actor in (docker, podman):
        event = parse_event({**raw, "Actor": actor}, {})
        assert (event.volume, event.container_id) == ("data", "")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, True),
        ({"a": "1"}, True),
        ({"a": "1", "b": None}, True),
        ({"a": "2"}, False),
        ({"a": "1", "c": None}, False),
        ({"c": "1"}, False),
    ],
)
def test_all_labels_must_be_there(labels: dict[str, str | None], expected: bool) -> None:
    assert bears_all({"a": "1", "b": ""}, labels) is expected


def test_processes_are_read_whichever_way_the_engine_splits_their_lines() -> None:
    # Docker 20.10; podman 5.4 and 4.3, which run the ps of the container.
    docker = {
        "Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
        "Processes": [["root", "31873", "31853", "0", "07:51", "?", "00:00:00", "sleep 3600"]],
    }
    podman_5 = {
        "Titles": ["PID", "USER", "COMMAND"],
        "Processes": [["1", "65535", "/pause"], ["6", "root", "sleep 3600"]],
    }
    podman_4 = {
        "Titles": ["PID   USER     COMMAND"],
        "Processes": [["1 65535    /pause"], ["6 root     sleep 3600"]],
    }
    assert parse_processes(docker) == ProcessTable(
        ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"),
        (("root", "31873", "31853", "0", "07:51", "?", "00:00:00", "sleep 3600"),),
    )
    seen_inside = ProcessTable(
        ("PID", "USER", "COMMAND"), (("1", "65535", "/pause"), ("6", "root", "sleep 3600"))
    )
    assert parse_processes(podman_5) == parse_processes(podman_4) == seen_inside


@pytest.mark.parametrize("processes", [None, []])
def test_nobody_may_be_there(processes: list[list[str]] | None) -> None:
    raw = {"Titles": ["PID", "CMD"], "Processes": processes}
    assert parse_processes(raw) == ProcessTable(("PID", "CMD"), ())
