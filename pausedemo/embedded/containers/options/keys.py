"""What a create request may ask for: taken over, refused, or of no effect.

An option that this engine does not carry out is refused when its value would change anything:
who sets a limit must not run without it. Values that mean "nothing asked" pass.
"""

from __future__ import annotations

from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, NotFound, NotSupported

CONFIG_KEYS: Final = frozenset(
    [
        "Hostname",
        "Domainname",
        "User",
        "AttachStdin",
        "AttachStdout",
        "AttachStderr",
        "ExposedPorts",
        "Tty",
        "OpenStdin",
        "StdinOnce",
        "Env",
        "Cmd",
        "Healthcheck",
        "Image",
        "Volumes",
        "WorkingDir",
        "Entrypoint",
        "NetworkDisabled",
        "MacAddress",
        "Labels",
        "StopSignal",
        "StopTimeout",
    ]
)
#: Of a build or of Windows; a container does not look at them.
IGNORED_CONFIG_KEYS: Final = frozenset(["OnBuild", "Shell", "ArgsEscaped"])
HOST_KEYS: Final = frozenset(
    [
        "Binds",
        "LogConfig",
        "NetworkMode",
        "PortBindings",
        "RestartPolicy",
        "AutoRemove",
        "VolumesFrom",
        "CapAdd",
        "CapDrop",
        "CgroupnsMode",
        "Dns",
        "DnsOptions",
        "DnsSearch",
        "ExtraHosts",
        "GroupAdd",
        "IpcMode",
        "OomScoreAdj",
        "PidMode",
        "Privileged",
        "PublishAllPorts",
        "ReadonlyRootfs",
        "SecurityOpt",
        "UTSMode",
        "ShmSize",
        "CpuShares",
        "Memory",
        "MemorySwap",
        "MemoryReservation",
        "NanoCpus",
        "CpuPeriod",
        "CpuQuota",
        "PidsLimit",
        "Ulimits",
        "Tmpfs",
        "Mounts",
        "Sysctls",
        "Runtime",
        "Init",
        "MaskedPaths",
        "ReadonlyPaths",
    ]
)
#: Said to the client's own side, or without any effect on one machine.
IGNORED_HOST_KEYS: Final = frozenset(
    [
        "ConsoleSize",
        "ContainerIDFile",
        "Isolation",
        "Annotations",
        "VolumeDriver",
        "MemorySwappiness",
    ]
)
NOTHING: Final[tuple[object, ...]] = (None, "", 0, False, -1, [], {}, "no", "default")
RUNTIME: Final = "pausedemo"
#: Docker's own, whose part this engine plays.
RUNTIME_STANDINS: Final = ("runc", "io.containerd.runc.v2", "io.containerd.runtime.v1.linux")


def check_keys(body: dict[str, Any]) -> None:
    """Refuse what would change behaviour and is not carried out here. NotSupported, 501."""
    known = CONFIG_KEYS | IGNORED_CONFIG_KEYS | {"HostConfig", "NetworkingConfig"}
    for key, value in body.items():
        if key == "Runtime" and value in RUNTIME_STANDINS:  # dockerd reads HostConfig.Runtime alone
            continue
        if key not in known and value not in NOTHING:
            raise NotSupported(f"the embedded engine does not support {key}: {value!r}")
    for key, value in (body.get("HostConfig") or {}).items():
        if key not in HOST_KEYS | IGNORED_HOST_KEYS and value not in NOTHING:
            raise NotSupported(f"the embedded engine does not support HostConfig.{key}: {value!r}")


def check_choices(host: dict[str, Any]) -> None:
    """Refuse names of things of which there is one kind here. In dockerd's words."""
    runtime = host.get("Runtime") or RUNTIME
    if runtime not in (RUNTIME, *RUNTIME_STANDINS):
        raise BadParameter(f"Unknown runtime specified {runtime}")
    driver = host.get("VolumeDriver") or "local"
    if driver != "local":
        raise BadParameter(f'error looking up volume plugin {driver}: plugin "{driver}" not found')
    isolation = host.get("Isolation") or "default"
    if isolation != "default":
        raise BadParameter(f"invalid isolation '{isolation}' on linux")


def check_platform(wanted: str, image_name: str, image: dict[str, Any]) -> None:
    """Refuse an image of another platform than asked for: ``linux/arm64``, ``arm64``.

    ``image``: its OCI configuration. NotFound, so that the docker command pulls the other one.
    """
    found = f"{image.get('os') or 'linux'}/{image.get('architecture') or ''}"
    # Without the variant (v7, v8), which most images do not name.
    if wanted and not set(wanted.lower().split("/")[:2]) <= set(found.split("/")):
        raise NotFound(
            f"image with reference {image_name} was found but does not match the specified "
            f"platform: wanted {wanted}, actual: {found}"
        )
