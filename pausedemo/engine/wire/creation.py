"""What to create, as the body of ``POST /containers/create``."""

from __future__ import annotations

from typing import Any

from pausedemo.engine.config import ContainerConfig, Mount, MountKind, PublishedPort


def render_config(config: ContainerConfig) -> dict[str, Any]:
    """Write the body of the request; what is left to the image or the engine is left out."""
    ports = (*map(PublishedPort, config.publish), *config.ports)
    body: dict[str, Any] = {
        "Image": config.image,
        "Entrypoint": None if config.entrypoint is None else list(config.entrypoint),
        "Cmd": None if config.command is None else list(config.command),
        "Env": [f"{name}={value}" for name, value in config.env.items()] or None,
        "WorkingDir": config.working_dir,
        "User": config.user,
        "Hostname": config.hostname,
        "Domainname": config.domainname,
        "Labels": dict(config.labels),
        "Tty": config.tty or None,
        "OpenStdin": config.open_stdin or None,
        "StdinOnce": config.stdin_once or None,
        "StopSignal": config.stop_signal,
        "ExposedPorts": {_name_port(one): {} for one in ports} or None,
        "HostConfig": _leave_out_none(_render_host(config, ports)),
    }
    return _leave_out_none(body)


def _render_host(config: ContainerConfig, ports: tuple[PublishedPort, ...]) -> dict[str, Any]:
    return {
        "NetworkMode": config.network_mode,
        "IpcMode": config.ipc_mode,
        "PidMode": config.pid_mode,
        "UTSMode": config.uts_mode,
        "CgroupnsMode": config.cgroup_mode,
        "Binds": [_render_bind(one) for one in config.mounts if _is_old_bind(one)] or None,
        "Mounts": [_render_mount(one) for one in config.mounts if not _is_old_bind(one)] or None,
        "PortBindings": _render_bindings(ports) or None,
        "Dns": list(config.dns_servers) or None,
        "DnsSearch": list(config.dns_searches) or None,
        "DnsOptions": list(config.dns_options) or None,
        "ExtraHosts": [f"{name}:{address}" for name, address in config.extra_hosts] or None,
        "Sysctls": dict(config.sysctls) or None,
        "GroupAdd": list(config.groups) or None,
        "CapAdd": list(config.cap_add) or None,
        "CapDrop": list(config.cap_drop) or None,
        "Privileged": config.privileged or None,
        "ReadonlyRootfs": config.read_only_root or None,
        "SecurityOpt": list(config.security_options) or None,
        "Memory": config.memory_bytes,
        "MemorySwap": config.memory_bytes,
        "CpuShares": config.cpu_shares,
        "CpuQuota": config.cpu_quota_us,
        "CpuPeriod": config.cpu_period_us,
        "ShmSize": config.shm_bytes,
        "OomScoreAdj": config.oom_score_adj,
        "Init": config.init,
        "AutoRemove": config.auto_remove or None,
        "RestartPolicy": {"Name": config.restart_policy},
    }


def _is_old_bind(mount: Mount) -> bool:
    """Whether it has to be written as ``docker run -v`` does: only that makes missing folders."""
    return mount.kind is MountKind.BIND and mount.create_source


def _render_bind(mount: Mount) -> str:
    """``source:target:options``; neither path may hold a colon."""
    options = ["ro" if mount.read_only else "rw"]
    if mount.propagation:
        options.append(mount.propagation.value)
    return f"{mount.source}:{mount.target}:{','.join(options)}"


def _render_mount(mount: Mount) -> dict[str, Any]:
    bind = {"Propagation": mount.propagation and mount.propagation.value}
    volume = {"NoCopy": not mount.copy_image or None, "Subpath": mount.subpath or None}
    memory = {"SizeBytes": mount.size_bytes, "Mode": mount.mode}
    return _leave_out_none(
        {
            "Type": mount.kind.value,
            "Source": mount.source or None,
            "Target": mount.target,
            "ReadOnly": mount.read_only or None,
            "BindOptions": _leave_out_none(bind) or None,
            "VolumeOptions": _leave_out_none(volume) or None,
            "TmpfsOptions": _leave_out_none(memory) or None,
        }
    )


def _render_bindings(ports: tuple[PublishedPort, ...]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for one in ports:
        binding = {"HostPort": "" if one.host_port is None else str(one.host_port)}
        if one.host_ip:
            binding["HostIp"] = one.host_ip
        bindings.setdefault(_name_port(one), []).append(binding)
    return bindings


def _name_port(port: PublishedPort) -> str:
    return f"{port.port}/{port.protocol.lower()}"


def _leave_out_none(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if value is not None}
