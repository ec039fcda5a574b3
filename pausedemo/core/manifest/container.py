"""One container of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self, TypeAlias

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.environment import EnvFromSource, EnvVar
from pausedemo.core.manifest.probes import Lifecycle, Probe
from pausedemo.core.manifest.security import SecurityContext
from pausedemo.core.manifest.types import (
    Amount,
    DnsLabel,
    IpAddressOrNone,
    PortName,
    PortNumber,
    Text,
    between,
    checked,
    words,
)
from pausedemo.core.manifest.volumes import VolumeMount


class ImagePullPolicy(StrEnum):
    """When a registry is asked for an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class TransportProtocol(StrEnum):
    """What a port speaks."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


class TerminationMessagePolicy(StrEnum):
    """Where a container's last words come from."""

    FILE = "File"
    FALLBACK_TO_LOGS_ON_ERROR = "FallbackToLogsOnError"


class ContainerPort(KubernetesModel):
    """A port that a container listens on; ``hostPort`` publishes it on the engine's machine."""

    name: PortName | None = None
    container_port: PortNumber
    #: 0: not published
    host_port: Annotated[StrictInt, between(0, 65535)] = 0
    host_ip: Annotated[IpAddressOrNone, Field(alias="hostIP")] = ""
    protocol: TransportProtocol = TransportProtocol.TCP


_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")


def _check_resource(name: str) -> str | None:
    if name in _RESOURCES:
        return None
    if "/" in name or name.startswith("hugepages-"):
        return "pausedemo does not support this resource"
    return "must be a standard resource for containers"


def _check_image(name: str) -> str | None:
    return None if name == name.strip() else "must not have leading or trailing whitespace"


ResourceName: TypeAlias = Annotated[StrictStr, checked(_check_resource)]
ResourceList: TypeAlias = Mapping[ResourceName, Amount]


class ResourceRequirements(KubernetesModel):
    """What a container may use at most, and what it is given when all want it."""

    unsupported = words("claims")

    limits: ResourceList = Field(
        default_factory=dict, description="`cpu`, `memory`; `ephemeral-storage` is not enforced"
    )
    requests: ResourceList = Field(
        default_factory=dict, description="what is limited and not requested is requested whole"
    )

    @model_validator(mode="after")
    def _request_what_is_limited(self) -> Self:
        """Source: SetDefaults_Pod, pkg/apis/core/v1/defaults.go."""
        self.__dict__["requests"] = {**self.limits, **self.requests}
        return self


class Container(KubernetesModel):
    """One container of a pod. ``command`` replaces the image's entrypoint, ``args`` its command."""

    unsupported = words("resizePolicy restartPolicyRules volumeDevices")

    name: DnsLabel
    image: Annotated[Text, checked(_check_image)]
    command: tuple[StrictStr, ...] | None = None
    args: tuple[StrictStr, ...] | None = None
    working_dir: StrictStr | None = None
    ports: tuple[ContainerPort, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    volume_mounts: tuple[VolumeMount, ...] = ()
    #: None: as Kubernetes decides by the image's tag
    image_pull_policy: ImagePullPolicy | None = None
    #: of init containers only: one that runs beside the others
    restart_policy: StrictStr | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle = Lifecycle()
    termination_message_path: Text = "/dev/termination-log"
    termination_message_policy: TerminationMessagePolicy = TerminationMessagePolicy.FILE
    security_context: SecurityContext = SecurityContext()
    stdin: StrictBool = False
    stdin_once: StrictBool = False
    tty: StrictBool = False

    @property
    def is_sidecar(self) -> bool:
        """Whether this init container goes on running beside the others."""
        return self.restart_policy == "Always"
