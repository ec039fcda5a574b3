"""Where it was measured: the machine and the versions of all that take part."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.programs import run
from pausedemo import __version__
from pausedemo.engine.port import Engine


def describe_machine() -> dict[str, str]:
    """The processor, its cores, the memory and the kernel."""
    cpu_info = Path("/proc/cpuinfo").read_text()
    memory_kib = int(_find(Path("/proc/meminfo").read_text(), "MemTotal").split()[0])
    return {
        "cpu": _find(cpu_info, "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory_kib / 1024**2:.1f} GiB",
        "kernel": platform.release(),
    }


def describe_versions(engine: Engine, environ: Mapping[str, str]) -> dict[str, str]:
    """The versions of engine, SDK, docker command, Compose, Python and pausedemo."""
    about = engine.describe()
    return {
        "engine": f"{about.name} {about.version}, API {about.api_version}, {about.runtime}",
        "docker SDK": version("docker"),
        "docker command": run(["docker", "version", "-f", "{{.Client.Version}}"], environ),
        "Compose": run(["docker-compose", "version", "--short"], environ),
        "Python": platform.python_version(),
        "pausedemo": __version__,
    }


def _find(text: str, key: str) -> str:
    """The value of the first ``key: value`` line; empty when there is none."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
