"""SIGKILL, at any moment: nothing of the engine is left, and the next one sweeps the rest."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import docker
import requests
from urllib3.exceptions import HTTPError

from pausedemo.embedded.keeper.spares import STOCK
from pausedemo.images.cache import ImageCache
from pausedemo.images.recipes import RECIPES
from tests.embedded.engines import (
    RunningEngine,
    descendants_of,
    find_processes,
    host_cgroups,
    host_links,
    host_mounts,
    link_of,
    make_pod,
    spawn_engine,
    wait_ready,
)
from tests.embedded.life.conftest import Start
from tests.waiting import wait_until

#: Of two engines each: that is a hundred kills.
ROUNDS = 50
#: A pod with two execs takes some 60 ms: kills fall before, in and after all of it.
LATEST_KILL_S = 0.12


class PodMaker(threading.Thread):
    """A client that makes pods and runs commands in them, until its engine is gone."""

    def __init__(self, engine: RunningEngine, pause: str, busybox: str) -> None:
        super().__init__()
        self._engine, self._pause, self._busybox = engine, pause, busybox
        self.failed: Exception | None = None

    def run(self) -> None:
        number = 0
        try:
            with self._engine.client() as client:
                while True:
                    number += 1
                    pod = make_pod(client, f"pod{number}", self._pause, self._busybox)
                    for member in pod[1:]:
                        member.exec_run(["sleep", "3600"], detach=True)
                        member.exec_run(["true"])
        except (
            docker.errors.DockerException,
            requests.RequestException,
            OSError,
            ValueError,
        ) as error:
            self.failed = error


def nothing_left(marker: str, *links: str) -> Callable[[], bool]:
    return lambda: not find_processes(marker) and not host_links() & {*links}


def test_a_hundred_kills_at_random_moments_leave_nothing(
    start: Start, images: tuple[str, str], tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)  # noqa: S311 - moments, no secrets
    moments, marker = random.Random(seed), str(tmp_path)  # noqa: S311
    links: list[str] = []
    had_pods = 0
    for number in range(ROUNDS):
        where = f"round {number} of seed {seed}"
        engines = [start(name, ready=False) for name in ("one", "two")]
        makers = []
        for engine in engines:
            wait_ready(engine)
            # The sweep of its start: nothing of the one before.
            left_in_state = [one.name for one in (engine.state / "containers").iterdir()]
            assert left_in_state == [".base"], where  # what each engine makes for its own
            left = [one for place in host_cgroups(engine.state) for one in place.glob("*/")]
            assert not left, where
            links.append(link_of(engine))
            makers.append(PodMaker(engine, *images))
            makers[-1].start()
        for engine in engines:
            time.sleep(moments.uniform(0, LATEST_KILL_S))
            had_pods += len(descendants_of(engine.pid)) > 3 + sum(STOCK.values())
            engine.stop(signal.SIGKILL)
        for maker in makers:
            maker.join()
        wait_until(f"nothing is left: {where}", nothing_left(marker, *links))
        assert not host_mounts(marker), where
        assert [engine.complaints() for engine in engines] == ["", ""], where
    # The test would be worth nothing had it killed idle engines only.
    assert had_pods > ROUNDS // 4


def test_an_engine_starts_at_once_where_one_was_killed_that_had_many_containers(
    start: Start, images: tuple[str, str]
) -> None:
    engine = start()
    with engine.client() as client:
        for number in range(5):
            make_pod(client, f"pod{number}", *images)
    engine.stop(signal.SIGKILL)
    again = start()
    with again.client() as client:
        assert client.containers.list(all=True) == []
        make_pod(client, "pod0", *images)
    assert again.stop() == 0
    assert not again.complaints()


def test_when_the_keeper_is_killed_the_engine_ends_with_an_error_and_nothing_is_left(
    start: Start, images: tuple[str, str], tmp_path: Path
) -> None:
    engine = start()
    link = link_of(engine)
    assert link in host_links()
    keeper = engine.keeper
    with engine.client() as client:
        make_pod(client, "pod", *images)
        # Its child is in no PID namespace that could end it.
        command = ["sh", "-c", "sleep 3600 & sleep 3600 & exec sleep 3600"]
        client.containers.run(images[1], command, pid_mode="host", detach=True)
    assert len(descendants_of(keeper)) >= 6
    os.kill(keeper, signal.SIGKILL)
    assert engine.process.wait(60) == 1
    assert engine.complaints() == (
        "pausedemo: the engine's keeper has ended, and all containers with it\n"
    )
    wait_until("nothing is left", nothing_left(str(tmp_path), link))
    assert not host_mounts(str(tmp_path))
    assert not engine.socket.exists()
    assert not list((engine.state / "containers").iterdir())


def test_an_engine_killed_while_it_loads_an_image_opens_whole(
    tmp_path: Path, cache: ImageCache, load_image: Callable[[RunningEngine, str], str]
) -> None:
    archive = cache.provide(RECIPES["nginx"]())
    for delay_s in (0.0, 0.02, 0.05, 0.1, 0.2):
        engine = spawn_engine(tmp_path)
        try:
            wait_ready(engine)
            loader = threading.Thread(target=_load, args=(engine, archive))
            loader.start()
            time.sleep(delay_s)
            engine.stop(signal.SIGKILL)
            loader.join()
        finally:
            engine.stop(signal.SIGKILL)
    engine = spawn_engine(tmp_path)
    try:
        wait_ready(engine)
        assert not list((engine.state / "images/tmp").iterdir())
        nginx = load_image(engine, "nginx")
        with engine.client() as client:
            assert client.containers.run(nginx, ["nginx", "-t"], remove=True, stderr=True)
        assert engine.stop() == 0
    finally:
        engine.stop(signal.SIGKILL)


def _load(engine: RunningEngine, archive: Path) -> None:
    gone = (docker.errors.DockerException, requests.RequestException, HTTPError, OSError)
    with contextlib.suppress(*gone), engine.client() as client, archive.open("rb") as data:
        client.images.load(data)
