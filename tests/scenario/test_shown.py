from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime

import pytest

from pausedemo.engine.port import (
    ContainerConfig,
    ContainerState,
    ContainerSummary,
    Mount,
    MountKind,
    Propagation,
    PublishedPort,
)
from pausedemo.engine.wire import parse_container
from pausedemo.scenario.expectations import ContainerExpect
from pausedemo.scenario.shown import (
    container_facts,
    render_containers,
    render_inspect_format,
    render_inspected,
    render_run_command,
    summary_facts,
)
from tests.core.captures import DATA
from tests.core.podkit import UID


def listed(name: str, image: str, command: str, container: str = "") -> ContainerSummary:
    return ContainerSummary(
        id="2901b5b9cd553b29a492839e4d356d68b231d74ae693e25b41958573892fde91",
        name=name,
        image=image,
        command=command,
        labels={"io.kubernetes.container.name": container} if container else {},
        state=ContainerState.CREATED,
        status="Created",
        created_at=datetime(2024, 5, 1, tzinfo=UTC),
    )


def test_containers_are_shown_as_docker_ps_shows_them() -> None:
    """The widths were seen in docker's own output: at least ten, or three more than the cell."""
    rows = [listed("x", "img", "/nothing"), listed("y", "img", "sh -c 'echo long; exit 3'")]
    assert render_containers(rows) == (
        "CONTAINER ID   IMAGE     COMMAND                  STATUS    NAMES\n"
        '2901b5b9cd55   img       "/nothing"               Created   x\n'
        '2901b5b9cd55   img       "sh -c \'echo long; e…"   Created   y'
    )
    assert render_containers([]) == "CONTAINER ID   IMAGE     COMMAND   STATUS    NAMES"


@pytest.mark.parametrize(
    ("config", "command"),
    [
        (ContainerConfig(name="n", image="i"), "docker run -d --name n i"),
        (
            ContainerConfig(
                name="n",
                image="i",
                entrypoint=("sh", "-c"),
                command=("echo $A",),
                env={"A": "b c"},
                working_dir="/w",
                user="0",
                hostname="h",
                network_mode="container:p",
                ipc_mode="container:p",
                pid_mode="container:p",
            ),
            "docker run -d --name n --hostname h --network container:p --ipc container:p "
            "--pid container:p --workdir /w --user 0 --env 'A=b c' --entrypoint sh i -c 'echo $A'",
        ),
        (
            ContainerConfig(
                name="n",
                image="i",
                uts_mode="host",
                privileged=True,
                read_only_root=True,
                mounts=(
                    Mount(
                        kind=MountKind.VOLUME,
                        source="v",
                        target="/v",
                        read_only=True,
                        copy_image=False,
                        subpath="a",
                    ),
                    Mount(
                        kind=MountKind.BIND,
                        source="/b",
                        target="/b",
                        propagation=Propagation.SLAVE,
                    ),
                    Mount(kind=MountKind.TMPFS, target="/t"),
                ),
                ports=(
                    PublishedPort(1, 2, "udp", "127.0.0.1"),
                    PublishedPort(3),
                    PublishedPort(4, 5),
                ),
                extra_hosts=(("h", "192.0.2.1"),),
                sysctls={"kernel.msgmax": "1"},
                cap_drop=("ALL",),
            ),
            "docker run -d --name n --uts host --privileged --read-only "
            "--publish 127.0.0.1:2:1/udp --publish 3/tcp --publish 5:4/tcp "
            "--mount type=volume,source=v,target=/v,readonly,volume-nocopy,volume-subpath=a "
            "--mount type=bind,source=/b,target=/b,bind-propagation=rslave "
            "--mount type=tmpfs,target=/t --add-host h:192.0.2.1 --sysctl kernel.msgmax=1 "
            "--cap-drop ALL i",
        ),
    ],
)
def test_creation_is_shown_as_docker_run(config: ContainerConfig, command: str) -> None:
    assert render_run_command(config) == command
    assert shlex.split(command)[-1] == (config.command or (config.image,))[-1]


def test_a_listed_container_s_facts_are_a_scenario_s() -> None:
    row = listed(f"k8s_web_pod_default_{UID}_2", "img", "sleep 1", "web")
    assert summary_facts(row) == {
        "container": "web",
        "name": f"k8s_web_pod_default_{UID}_2",
        "image": "img",
        "state": "created",
        "attempt": 2,
        "command": "sleep 1",
    }
    stranger = summary_facts(listed("stranger", "img", "sleep 1"))
    assert (stranger["container"], stranger["attempt"]) == ("", None)


def test_of_an_inspected_container_is_shown_what_the_step_is_about() -> None:
    raw = json.loads((DATA / "engine" / "inspect-ended.json").read_text())
    facts = container_facts(parse_container(raw))
    names = ["state", "exit_code", "pid_mode"]
    assert render_inspect_format(names) == (
        "state: {{.State.Status}}\n"
        "exit_code: {{.State.ExitCode}}\n"
        "pid_mode: {{.HostConfig.PidMode}}"
    )
    joined = raw["HostConfig"]["PidMode"]
    assert render_inspected(facts, names) == f"state: exited\nexit_code: 3\npid_mode: {joined}"


def test_every_fact_of_an_inspected_container_can_be_shown() -> None:
    raw = json.loads((DATA / "engine" / "inspect-pause.json").read_text())
    names = list(ContainerExpect.model_fields)
    shown = render_inspected(container_facts(parse_container(raw)), names)
    for written in (shown, render_inspect_format(names)):
        assert [line.partition(":")[0] for line in written.splitlines()] == names
