"""What a step shows a person: docker commands to type, and tables as docker prints them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pausedemo.core import naming
from pausedemo.core.verdicts.results import Json
from pausedemo.engine.port import (
    ContainerConfig,
    ContainerInfo,
    ContainerSummary,
    Mount,
    PublishedPort,
)


def render_run_command(config: ContainerConfig) -> str:
    """Write a container's creation and start as ``docker run``.

    Labels and what only tunes the engine are left out: they change nothing that is seen inside.
    """
    return _render_command(["docker", "run", "-d"], config)


def render_create_command(config: ContainerConfig) -> str:
    """Write a container's creation as ``docker create``."""
    return _render_command(["docker", "create"], config)


def _render_command(words: Sequence[str], config: ContainerConfig) -> str:
    argv = [*words, "--name", config.name]
    for option, value in (
        ("--hostname", config.hostname),
        ("--domainname", config.domainname),
        ("--network", config.network_mode),
        ("--ipc", config.ipc_mode),
        ("--pid", config.pid_mode),
        ("--uts", config.uts_mode),
        ("--workdir", config.working_dir),
        ("--user", config.user),
        ("--restart", None if config.restart_policy == "no" else config.restart_policy),
    ):
        argv += [option, value] if value is not None else []
    for flag, is_set in (
        ("--init", config.init),
        ("--privileged", config.privileged),
        ("--read-only", config.read_only_root),
        ("--interactive", config.open_stdin),
        ("--tty", config.tty),
    ):
        argv += [flag] if is_set else []
    for option, values in (
        ("--publish", [*map(str, config.publish), *map(_render_port, config.ports)]),
        ("--mount", map(_render_mount, config.mounts)),
        ("--dns", config.dns_servers),
        ("--dns-search", config.dns_searches),
        ("--dns-option", config.dns_options),
        ("--add-host", (f"{name}:{address}" for name, address in config.extra_hosts)),
        ("--sysctl", (f"{name}={value}" for name, value in config.sysctls.items())),
        ("--group-add", config.groups),
        ("--cap-add", config.cap_add),
        ("--cap-drop", config.cap_drop),
        ("--security-opt", config.security_options),
    ):
        for each in values:
            argv += [option, each]
    for name, value in config.env.items():
        argv += ["--env", f"{name}={value}"]
    arguments = [*(config.command or ())]
    if config.entrypoint:
        # The option takes one word; the others come before the command.
        argv += ["--entrypoint", config.entrypoint[0]]
        arguments = [*config.entrypoint[1:], *arguments]
    return shlex.join([*argv, config.image, *arguments])


def _render_port(port: PublishedPort) -> str:
    host = "" if port.host_port is None else str(port.host_port)
    where = f"{port.host_ip}:{host}:" if port.host_ip else f"{host}:" if host else ""
    return f"{where}{port.port}/{port.protocol}"


def _render_mount(mount: Mount) -> str:
    parts = [f"type={mount.kind}", *([f"source={mount.source}"] if mount.source else [])]
    parts.append(f"target={mount.target}")
    parts += ["readonly"] if mount.read_only else []
    parts += ["volume-nocopy"] if not mount.copy_image else []
    parts += [f"volume-subpath={mount.subpath}"] if mount.subpath else []
    parts += [f"bind-propagation={mount.propagation}"] if mount.propagation else []
    return ",".join(parts)


def render_containers(rows: Iterable[ContainerSummary]) -> str:
    """Write containers as ``docker ps`` does, with the columns that matter here."""
    lines = [["CONTAINER ID", "IMAGE", "COMMAND", "STATUS", "NAMES"]]
    lines += [
        [row.id[:12], row.image, f'"{_shortened(row.command)}"', row.status, row.name]
        for row in rows
    ]
    return render_columns(lines)


#: Where ``docker inspect`` has each fact of a container.
_TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": "{{.Id}}",
        "state": "{{.State.Status}}",
        "exit_code": "{{.State.ExitCode}}",
        "error": "{{.State.Error}}",
        "restart_count": "{{.RestartCount}}",
        "ip": "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
        "ports": "{{range $port, $bound := .NetworkSettings.Ports}}{{range $bound}}"
        "{{.HostIp}}:{{.HostPort}}->{{$port}} {{end}}{{end}}",
        "network_mode": "{{.HostConfig.NetworkMode}}",
        "ipc_mode": "{{.HostConfig.IpcMode}}",
        "pid_mode": "{{.HostConfig.PidMode}}",
    }
)


def render_inspect_format(names: Iterable[str]) -> str:
    """Write what ``docker inspect -f`` must be asked for, to show these facts."""
    return "\n".join(f"{name}: {_TEMPLATES[name]}" for name in names)


def render_inspected(facts: Mapping[str, Json], names: Iterable[str]) -> str:
    """Write these facts of a container as ``docker inspect`` does with that format."""
    return "\n".join(f"{name}: {facts[name]}" for name in names)


def render_columns(lines: Sequence[Sequence[str]]) -> str:
    """Pad columns as docker does: three spaces after the longest cell, and at least ten in all."""
    widths = [max(10, *(len(cell) + 3 for cell in column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def container_facts(found: ContainerInfo) -> dict[str, Json]:
    """One container's facts, by the names that a scenario uses."""
    return {
        "id": found.id,
        "name": found.name,
        "state": str(found.state),
        "exit_code": found.exit_code,
        "error": found.error,
        "restart_count": found.restart_count,
        "ip": found.ip,
        "ports": " ".join(found.ports),
        "network_mode": found.network_mode,
        "ipc_mode": found.ipc_mode,
        "pid_mode": found.pid_mode,
    }


def summary_facts(row: ContainerSummary) -> dict[str, Json]:
    """A listed container's facts, by the names that a scenario uses."""
    name = naming.parse_name(row.name)
    return {
        "container": row.labels.get(naming.CONTAINER_NAME, ""),
        "name": row.name,
        "image": row.image,
        "state": str(row.state),
        "attempt": name.attempt if name else None,
        "command": row.command,
    }


def _shortened(command: str) -> str:
    return command if len(command) <= 20 else f"{command[:19]}…"
