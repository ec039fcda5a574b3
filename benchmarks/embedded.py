"""The embedded engine against dockerd: the same requests through the same SDK, side by side.

Each round does every operation on both, and what nothing can be faster than beside them, each
after the same rest and each in turn first. dockerd is the engine of the ground; the embedded one is
started for the time of the measurement, with the same images.
"""

from __future__ import annotations

import contextlib
import io
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import docker

from benchmarks.floor import open_floor
from benchmarks.ground import Ground
from benchmarks.inspecting import measure_inspect_rate
from benchmarks.ratios import Measure, Side, compute_ratios, rotate
from benchmarks.sdk_alone import open_sdk_alone
from benchmarks.veth import open_veth_maker
from pausedemo.core import naming
from pausedemo.engine.connect import make_client
from pausedemo.engine.docker import REQUEST_TIMEOUT_S
from pausedemo.engine.embedded import EmbeddedProcess, start_embedded
from pausedemo.scenario.stage import PAUSE_IMAGE

#: The least factors that the embedded engine is faster by, as the most that its share may be.
BOUNDS: Final = {
    "pause: create and start": 1 / 15,
    "a member that joins": 1 / 8,
    "exec": 1 / 4,
    "stop of a member": 1 / 15,
    "a pod of pause and three": 1 / 12,
    "pause, right after another request": 1 / 15,
    "a pod, right after another request": 1 / 12,
}
FLOOR_BOUND: Final = 5.0
INSPECT_RATE: Final = 1500
MEMORY_MB: Final = 60
MANY: Final = 100
SETTLE_S: Final = 0.5
SIDES: Final = ("dockerd", "embedded")
#: The sides that are no engine.
ALONE: Final = "the SDK alone: create and start, answered at once"
PROCESS: Final = "C floor: a process in namespaces"
VETH: Final = "a veth with pyroute2"
READY_VETH: Final = "a veth of the engine's, which it has ready"


@dataclass(frozen=True, slots=True)
class _Bench:
    client: docker.APIClient
    pause: str
    busybox: str
    labels: dict[str, str]

    def create(self, image: str, command: list[str] | None, **host: Any) -> str:
        config = self.client.create_host_config(**host)
        made = self.client.create_container(
            image,
            command,
            name=f"bench-{uuid.uuid4().hex[:12]}",
            labels=self.labels,
            host_config=config,
        )
        return str(made["Id"])

    def start_pause(self) -> str:
        pause = self.create(self.pause, None, ipc_mode="shareable")
        self.client.start(pause)
        return pause

    def start_member(self, pause: str) -> str:
        donor = f"container:{pause}"
        member = self.create(
            self.busybox, ["sleep", "3600"], network_mode=donor, pid_mode=donor, ipc_mode=donor
        )
        self.client.start(member)
        return member

    def start_pod(self) -> list[str]:
        """The members, and pause last: the order in which they go."""
        pause = self.start_pause()
        return [*(self.start_member(pause) for _ in range(3)), pause]

    def remove(self, *containers: str) -> None:
        for container in containers:
            self.client.remove_container(container, force=True)
        # The kernel takes networks down after that, and whoever makes one meanwhile waits for it:
        # that must not be billed to the next side.
        time.sleep(SETTLE_S)


def measure_embedded(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """Every operation on both engines, then what only the embedded one is asked."""
    with contextlib.ExitStack() as stack:
        client, process = stack.enter_context(_embedded_client(ground))
        benches = {
            "dockerd": _make_bench(ground, ground.client),
            "embedded": _make_bench(ground, client),
        }
        least: dict[str, Callable[[], float]] = {ALONE: stack.enter_context(open_sdk_alone())}
        if floor := stack.enter_context(open_floor()):
            least |= {
                PROCESS: floor.measure_process,
                VETH: stack.enter_context(open_veth_maker()),
                READY_VETH: floor.measure_veth,
            }
        seconds = _run_rounds(benches, least, rounds)
        memory_mb = _measure_memory(benches["embedded"], process.pid)
        socket = process.endpoint.url.removeprefix("unix://")
        rate = measure_inspect_rate(client, socket, benches["embedded"].pause)
    measures = [
        Measure(
            f"embedded by dockerd: {name}",
            compute_ratios(seconds[name, "embedded"], seconds[name, "dockerd"]),
            bound,
        )
        for name, bound in BOUNDS.items()
    ]
    started, alone_s = seconds["pause: create and start", "embedded"], seconds[ALONE, ""]
    # What no engine can go below that is asked through this SDK.
    measures.append(
        Measure(
            "the SDK alone by dockerd: pause: create and start",
            compute_ratios(alone_s, seconds["pause: create and start", "dockerd"]),
            None,
        )
    )
    if floor:
        for veth in (VETH, READY_VETH):
            # At most so many times the process, and the veth once.
            least_s = [
                process_s + veth_s / FLOOR_BOUND
                for process_s, veth_s in zip(seconds[PROCESS, ""], seconds[veth, ""], strict=True)
            ]
            measures += [
                Measure(
                    f"embedded pause by the C floor and {veth}",
                    compute_ratios(started, least_s),
                    FLOOR_BOUND,
                ),
                Measure("the SDK alone by the same", compute_ratios(alone_s, least_s), None),
            ]
    measures += [
        Measure(f"{INSPECT_RATE} inspects a second by embedded's", (INSPECT_RATE / rate,), 1.0),
        Measure(f"memory with {MANY} containers by {MEMORY_MB} MB", (memory_mb / MEMORY_MB,), 1.0),
    ]
    sides = [
        Side(f"{side}: {name}", tuple(seconds[name, side])) for name in BOUNDS for side in SIDES
    ]
    sides += [Side(name, tuple(seconds[name, ""])) for name in least]
    return measures, sides


def _run_rounds(
    benches: dict[str, _Bench], least: dict[str, Callable[[], float]], rounds: int
) -> dict[tuple[str, str], list[float]]:
    """The seconds by operation and engine; of what is no engine, by its name and an empty one."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds):
        for side in rotate((*SIDES, *least), turn):
            if side in least:
                time.sleep(SETTLE_S)
                seconds.setdefault((side, ""), []).append(least[side]())
                continue
            for name, took_s in _run_round(benches[side]).items():
                seconds.setdefault((name, side), []).append(took_s)
    return seconds


def _run_round(bench: _Bench) -> dict[str, float]:
    took: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took[name] = time.perf_counter() - began

    with timed("pause: create and start"):
        pause = bench.start_pause()
    with timed("a member that joins"):
        member = bench.start_member(pause)
    with timed("exec"):
        run = bench.client.exec_create(member, ["true"])
        bench.client.exec_start(run["Id"])
    with timed("stop of a member"):
        bench.client.stop(member, timeout=10)
    bench.remove(member, pause)
    with timed("a pod of pause and three"):
        made = bench.start_pod()
    bench.remove(*made)
    # Once more each, by a client and an engine that the machine has not put to sleep meanwhile.
    bench.client.ping()
    with timed("pause, right after another request"):
        pause = bench.start_pause()
    bench.remove(pause)
    bench.client.ping()
    with timed("a pod, right after another request"):
        made = bench.start_pod()
    bench.remove(*made)
    return took


@contextlib.contextmanager
def _embedded_client(ground: Ground) -> Iterator[tuple[docker.APIClient, EmbeddedProcess]]:
    with contextlib.ExitStack() as stack:
        process = start_embedded()
        stack.callback(process.close)
        client = make_client(process.endpoint, REQUEST_TIMEOUT_S)
        stack.callback(client.close)
        for reference in _references(ground):
            archive = io.BytesIO(b"".join(ground.client.get_image(reference)))
            client.load_image(archive)  # type: ignore[no-untyped-call]
        yield client, process


def _references(ground: Ground) -> tuple[str, str]:
    used = {image.wanted: image.used for image in ground.resolved}
    busybox = next(name for name in used if name.startswith("busybox"))
    return used[PAUSE_IMAGE], used[busybox]


def _make_bench(ground: Ground, client: docker.APIClient) -> _Bench:
    pause, busybox = _references(ground)
    return _Bench(client, pause, busybox, {naming.RUN: ground.labels[naming.RUN]})


def _measure_memory(bench: _Bench, pid: int) -> float:
    """Resident megabytes of the engine's processes with many containers; shared pages once.

    Those are the engine, its keeper and the spares that wait for a container.
    """
    containers = [bench.start_pause() for _ in range(MANY)]
    time.sleep(SETTLE_S)  # the keeper makes spares anew
    try:
        own = Path(f"/proc/{pid}/exe").readlink()
        keeper = _read_children(pid)[0]
        spares = [one for one in _read_children(keeper) if _read_program(one) == own]
        return sum(map(_read_pss_kb, (pid, keeper, *spares))) / 1024
    finally:
        bench.remove(*containers)


def _read_children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _read_program(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def _read_pss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
