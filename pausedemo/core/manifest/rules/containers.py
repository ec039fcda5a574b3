"""What must hold of containers.

Source: validateContainers, validateInitContainers, validateContainerCommon, validateContainerPorts,
ValidateVolumeMounts, ValidateResourceRequirements, ValidateSecurityContext,
pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from pausedemo.core.files.complaints import Path
from pausedemo.core.manifest.container import Container, ResourceRequirements
from pausedemo.core.manifest.podspec import PodSpec
from pausedemo.core.manifest.rules.probes import check_lifecycle, check_probes
from pausedemo.core.manifest.rules.references import check_environment
from pausedemo.core.manifest.rules.security import check_security
from pausedemo.core.manifest.rules.words import (
    Faults,
    duplicate,
    forbidden,
    invalid,
    not_found,
    unsupported,
)
from pausedemo.core.manifest.volumes import MountPropagation

_NOT_OF_INIT: Final = "may not be set for init containers without restartPolicy=Always"


def check_containers(spec: PodSpec) -> Faults:
    """All containers of a pod."""
    volumes = {volume.name for volume in spec.volumes}
    grace_s = spec.termination_grace_period_seconds
    for key, containers in (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
    ):
        host_ports: set[str] = set()
        for index, container in enumerate(containers):
            path = ("spec", key, index)
            if key == "initContainers":
                host_ports = set()
                yield from _check_init(container, path)
            elif container.restart_policy is not None:
                why = "may not be set for non-init containers"
                yield (*path, "restartPolicy"), forbidden(why)
            if key == "containers" or container.is_sidecar:
                yield from check_lifecycle(container, path, grace_s)
                yield from check_probes(container, path)
            yield from _check_ports(container, path, host_ports, on_host=spec.host_network)
            yield from check_environment(container, path)
            yield from _check_mounts(container, path, volumes)
            yield from _check_resources(container.resources, (*path, "resources"))
            yield from check_security(container.security_context, (*path, "securityContext"))


def _check_init(container: Container, path: Path) -> Faults:
    if container.restart_policy not in (None, "Always"):
        yield (*path, "restartPolicy"), unsupported(container.restart_policy, ["Always"])
    if container.is_sidecar:
        return
    if container.lifecycle.post_start or container.lifecycle.pre_stop:
        yield (*path, "lifecycle"), forbidden(_NOT_OF_INIT)
    for key, probe in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if probe is not None:
            yield (*path, key), forbidden(_NOT_OF_INIT)


def _check_ports(container: Container, path: Path, taken: set[str], *, on_host: bool) -> Faults:
    names: set[str] = set()
    for index, port in enumerate(container.ports):
        place = (*path, "ports", index)
        if port.name is not None:
            if port.name in names:
                yield (*place, "name"), duplicate(port.name)
            names.add(port.name)
        if on_host and port.host_port not in (0, port.container_port):
            wrong = "must match `hostPort` when `hostNetwork` is true"
            yield (*place, "containerPort"), invalid(port.container_port, wrong)
        host_port = port.container_port if on_host else port.host_port
        if host_port:
            key = f"{port.protocol}/{port.host_ip}/{host_port}"
            if key in taken:
                yield (*place, "hostPort"), duplicate(key)
            taken.add(key)


def _check_mounts(container: Container, path: Path, volumes: Collection[str]) -> Faults:
    paths: set[str] = set()
    for index, mount in enumerate(container.volume_mounts):
        place = (*path, "volumeMounts", index)
        if mount.name not in volumes:
            yield (*place, "name"), not_found(mount.name)
        if mount.mount_path in paths:
            yield (*place, "mountPath"), invalid(mount.mount_path, "must be unique")
        paths.add(mount.mount_path)
        both_ways = mount.mount_propagation is MountPropagation.BIDIRECTIONAL
        if both_ways and not container.security_context.privileged:
            why = "Bidirectional mount propagation is available only to privileged containers"
            yield (*place, "mountPropagation"), forbidden(why)


def _check_resources(resources: ResourceRequirements, path: Path) -> Faults:
    for key, amounts in (("limits", resources.limits), ("requests", resources.requests)):
        for name, quantity in amounts.items():
            if quantity.amount < 0:
                wrong = "must be greater than or equal to 0"
                yield (*path, key, name), invalid(str(quantity), wrong)
    for name, wanted in resources.requests.items():
        limit = resources.limits.get(name)
        if limit is not None and wanted > limit:
            wrong = f"must be less than or equal to {name} limit of {limit}"
            yield (*path, "requests"), invalid(str(wanted), wrong)
