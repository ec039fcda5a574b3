"""SIGTERM and the end of its caller: all is stopped in order, and nothing is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.embedded.engines import (
    END_TIMEOUT_S,
    find_processes,
    host_cgroups,
    host_links,
    host_mounts,
    link_of,
    make_pod,
)
from tests.embedded.life.conftest import Start
from tests.waiting import wait_until

#: Notes TERM in a file of the node, and takes its time to end.
CAREFUL = """
trap 'echo told {name} >> /notes/order; sleep 0.2; echo ended {name} >> /notes/order; exit 3' TERM
touch /notes/{name}
while :; do sleep 0.05; done
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_members_with_their_grace_before_pause_and_leaves_nothing(
    start: Start, images: tuple[str, str], tmp_path: Path, number: int
) -> None:
    engine = start()
    link = link_of(engine)
    assert link in host_links()
    notes = tmp_path / "notes"
    notes.mkdir()
    volumes = {str(notes): {"bind": "/notes", "mode": "rw"}}
    with engine.client() as client:
        network_mode = "bridge"
        for name in ("donor", "member"):
            client.containers.run(
                images[1],
                ["sh", "-c", CAREFUL.format(name=name)],
                network_mode=network_mode,
                volumes=volumes,
                name=name,
                detach=True,
            )
            wait_until(f"{name} has set its trap", (notes / name).exists)
            network_mode = "container:donor"
        assert engine.stop(number) == 0
    order = (notes / "order").read_text().splitlines()
    assert order == ["told member", "ended member", "told donor", "ended donor"]
    assert not find_processes(str(tmp_path))
    assert not host_mounts(str(tmp_path))
    assert link not in host_links()
    assert not host_cgroups(engine.state)
    assert not engine.socket.exists()
    assert not list((engine.state / "containers").iterdir())
    assert not engine.complaints()


def test_a_container_that_ignores_term_is_killed_after_its_own_grace(
    start: Start, images: tuple[str, str]
) -> None:
    engine = start()
    with engine.client() as client:
        stubborn = client.api.create_container(
            images[1], ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], stop_timeout=1
        )
        client.api.start(stubborn)
    assert engine.stop() == 0


def test_an_engine_that_ends_waits_for_no_healthcheck(
    start: Start, images: tuple[str, str], tmp_path: Path
) -> None:
    engine = start()
    often = {"interval": 20_000_000, "timeout": 3_600_000_000_000}
    with engine.client() as client:
        script = "touch /asked; exec sleep 7654"
        asked = client.containers.run(
            images[1],
            ["sh", "-c", "trap exit TERM; while :; do sleep 0.05; done"],
            healthcheck={"test": ["CMD-SHELL", script], **often},
            detach=True,
        )
        client.containers.run(
            images[1], ["sleep", "3600"], healthcheck={"test": ["CMD", "true"], **often},
            stop_signal="KILL", detach=True,
        )  # fmt: skip
        wait_until("it is asked", lambda: asked.exec_run(["test", "-e", "/asked"])[0] == 0)
        assert engine.stop() == 0
    assert not find_processes(str(tmp_path))
    assert not find_processes("sleep 7654")
    assert not host_cgroups(engine.state)
    assert not engine.complaints()


def test_the_end_of_the_descriptor_that_was_named_ends_it(
    start: Start, images: tuple[str, str], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    try:
        engine = start(more=["--until-eof", str(reading)], pass_fds=[reading])
    finally:
        os.close(reading)
    with engine.client() as client:
        pod = make_pod(client, "pod", *images)
        # What the caller passed on is not for containers.
        held = pod[1].exec_run(["ls", "/proc/1/fd", "/proc/self/fd"]).output.decode().split()
    os.close(writing)
    assert engine.process.wait(END_TIMEOUT_S) == 0
    assert not find_processes(str(tmp_path))
    assert {int(one) for one in held if one.isdecimal()} <= {0, 1, 2, 3}
