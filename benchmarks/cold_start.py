"""Time to a running pod: pausedemo's controller beside three others who start the same pod.

Everybody starts the same four containers from the same images with the same labels and modes, and
is done when the engine has said of the last one that it was started. Removal is not timed.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from docker.errors import DockerException
from requests import RequestException

from benchmarks.ground import Ground
from benchmarks.programs import run
from benchmarks.ratios import Measure, Side, compute_ratios, rotate
from pausedemo.engine import wire
from pausedemo.engine.port import ContainerConfig
from pausedemo.errors import PausedemoError

#: The sides, and the most that pausedemo's time may be of theirs.
BOUNDS: Final = {"docker command": 0.75, "docker-compose up": 0.50, "bare SDK in threads": 1.10}
OURS: Final = "pausedemo"


def measure_cold_start(ground: Ground, rounds: int) -> tuple[list[Measure], list[Side]]:
    """Let all sides start the pod in turn, ``rounds`` times, after once to warm up."""
    starters: dict[str, Callable[[], float]] = {
        OURS: partial(_start_with_controller, ground),
        "docker command": partial(_start_with_command, ground),
        "docker-compose up": partial(_start_with_compose, ground),
        "bare SDK in threads": partial(_start_with_sdk, ground),
    }
    seconds: dict[str, list[float]] = {name: [] for name in starters}
    # The first round is not counted: it also finds out whether the engine lowers OOM scores.
    for turn in range(rounds + 1):
        for name in rotate(tuple(starters), turn):
            took_s = starters[name]()
            ground.clear()
            if turn:
                seconds[name].append(took_s)
    measures = [
        Measure(f"running pod, by {name}", compute_ratios(seconds[OURS], seconds[name]), bound)
        for name, bound in BOUNDS.items()
    ]
    return measures, [Side(f"running pod: {name}", tuple(s)) for name, s in seconds.items()]


def _start_with_controller(ground: Ground) -> float:
    controller = ground.make_controller()
    began = time.monotonic()
    controller.sync()
    return time.monotonic() - began


def _start_with_command(ground: Ground) -> float:
    """``docker run`` for each container, one after another, as a person would."""
    commands = [render_command(config) for config in _plan(ground)]
    began = time.monotonic()
    for command in commands:
        run(command, ground.environ)
    return time.monotonic() - began


def _start_with_compose(ground: Ground) -> float:
    """``docker-compose up``. It makes a network of its own, and only it can tell which."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.json"
        file.write_text(json.dumps(render_compose(_plan(ground))), encoding="utf-8")
        argv = ["docker-compose", "--project-name", Path(folder).name, "--file", str(file)]
        try:
            began = time.monotonic()
            run([*argv, "up", "--detach"], ground.environ)
            return time.monotonic() - began
        finally:
            run([*argv, "down", "--timeout", "0"], ground.environ)


def _start_with_sdk(ground: Ground) -> float:
    """The fewest calls there can be: what the engine itself takes."""
    sandbox, *members = _plan(ground)
    began = time.monotonic()
    _create_and_start(ground, sandbox)
    with ThreadPoolExecutor(len(members)) as threads:
        for done in [threads.submit(_create_and_start, ground, member) for member in members]:
            done.result()
    return time.monotonic() - began


def _create_and_start(ground: Ground, config: ContainerConfig) -> None:
    create: Callable[..., dict[str, str]] = ground.client.create_container_from_config
    try:
        made = create(wire.render_config(config), config.name)
        ground.client.start(made["Id"])
    except (DockerException, RequestException) as error:
        raise PausedemoError(f"bare SDK: cannot start {config.name}: {error}") from error


def _plan(ground: Ground) -> tuple[ContainerConfig, ...]:
    """What the controller would create, for the others to create; as far as the engine can."""
    sandbox, *members = ground.make_controller().plan_first()
    if not ground.limits.lowers_oom_score:
        sandbox = replace(sandbox, oom_score_adj=None)
    return (sandbox, *members)


def render_command(config: ContainerConfig) -> list[str]:
    """Write a container's creation and start as ``docker run``, nothing left out."""
    argv = ["docker", "run", "--detach", f"--name={config.name}"]
    for option, value in (
        ("hostname", config.hostname),
        ("network", config.network_mode),
        ("ipc", config.ipc_mode),
        ("pid", config.pid_mode),
        ("cpu-shares", config.cpu_shares),
        ("oom-score-adj", config.oom_score_adj),
    ):
        argv += [f"--{option}={value}"] if value is not None else []
    argv += [f"--label={key}={value}" for key, value in config.labels.items()]
    entrypoint = config.entrypoint or ()
    argv += [f"--entrypoint={entrypoint[0]}"] if entrypoint else []
    return [*argv, config.image, *entrypoint[1:], *(config.command or ())]


def render_compose(plan: Sequence[ContainerConfig]) -> dict[str, Any]:
    """Write a pod as a Compose file: all members join the first service, by Compose's own words."""
    sandbox, *members = plan
    services: dict[str, dict[str, Any]] = {
        "pause": {
            **_compose_service(sandbox),
            "hostname": sandbox.hostname,
            "ipc": sandbox.ipc_mode,
            "cpu_shares": sandbox.cpu_shares,
            "oom_score_adj": sandbox.oom_score_adj or 0,
        }
    }
    for number, member in enumerate(members):
        joined = dict.fromkeys(("network_mode", "ipc", "pid"), "service:pause")
        services[f"member{number}"] = {**_compose_service(member), **joined}
    # The last file format that has cpu_shares and oom_score_adj.
    return {"version": "2.4", "services": services}


def _compose_service(config: ContainerConfig) -> dict[str, Any]:
    service = {
        "image": config.image,
        "container_name": config.name,
        "labels": dict(config.labels),
        "entrypoint": config.entrypoint,
        "command": config.command,
    }
    return {key: value for key, value in service.items() if value is not None}
