"""What a pod should be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field, StrictBool, StrictInt, StrictStr

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.container import Container
from pausedemo.core.manifest.probes import LONGEST_GRACE_S
from pausedemo.core.manifest.security import PodSecurityContext
from pausedemo.core.manifest.types import (
    Amount,
    DnsLabel,
    DnsSubdomain,
    IpAddress,
    LabelKey,
    LabelValue,
    Opaque,
    Text,
    between,
    words,
)
from pausedemo.core.manifest.volumes import Volume


class RestartPolicy(StrEnum):
    """When a container that ended is started again."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class DNSPolicy(StrEnum):
    """Where a pod's name servers come from."""

    CLUSTER_FIRST_WITH_HOST_NET = "ClusterFirstWithHostNet"
    CLUSTER_FIRST = "ClusterFirst"
    DEFAULT = "Default"
    NONE = "None"


class OSName(StrEnum):
    """The operating systems of pods that run here."""

    LINUX = "linux"


class PodOS(KubernetesModel):
    """The pod's operating system."""

    name: OSName


class HostAlias(KubernetesModel):
    """One line of the pod's ``/etc/hosts``."""

    ip: IpAddress
    hostnames: tuple[DnsSubdomain, ...] = ()


class PodDNSConfigOption(KubernetesModel):
    """One option of ``resolv.conf``."""

    name: Text
    value: StrictStr | None = None


class PodDNSConfig(KubernetesModel):
    """What is put into the pod's ``resolv.conf`` beside what ``dnsPolicy`` puts there."""

    nameservers: tuple[IpAddress, ...] = ()
    searches: tuple[StrictStr, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()


#: Who schedules a pod that names no scheduler: what Kubernetes writes there.
DEFAULT_SCHEDULER: Final = "default-scheduler"
_UNSCHEDULED: Final = "there is one node, and no scheduler"
_NO_ACCOUNTS: Final = "there are no service accounts"


class PodSpec(KubernetesModel):
    """What the pod should be."""

    # Of the Kubernetes 1.31 API reference of Pod v1, and what later ones brought.
    unsupported = words("""
        ephemeralContainers hostUsers hostnameOverride readinessGates resourceClaims resources
        setHostnameAsFQDN workloadRef
        """)
    ignored: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            words("""
            affinity nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
            schedulerName schedulingGates tolerations topologySpreadConstraints
            """),
            _UNSCHEDULED,
        ),
        **dict.fromkeys(
            words("automountServiceAccountToken serviceAccount serviceAccountName"), _NO_ACCOUNTS
        ),
        "enableServiceLinks": "there are no services",
        "imagePullSecrets": "images are pulled with the engine's own credentials",
        "runtimeClassName": "the engine's default runtime runs all containers",
    }

    containers: Annotated[tuple[Container, ...], Field(min_length=1)]
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    termination_grace_period_seconds: Annotated[StrictInt, Field(ge=0, le=LONGEST_GRACE_S)] = 30
    active_deadline_seconds: Annotated[StrictInt, between(1, 2**31 - 1)] | None = None
    dns_policy: Annotated[
        DNSPolicy, Field(description="there is no cluster's DNS: `ClusterFirst` is as `Default`")
    ] = DNSPolicy.CLUSTER_FIRST
    dns_config: PodDNSConfig = PodDNSConfig()
    host_network: StrictBool = False
    host_pid: Annotated[StrictBool, Field(alias="hostPID")] = False
    host_ipc: Annotated[StrictBool, Field(alias="hostIPC")] = False
    share_process_namespace: StrictBool | None = None
    security_context: PodSecurityContext = PodSecurityContext()
    hostname: DnsLabel | None = None
    subdomain: DnsLabel | None = None
    host_aliases: tuple[HostAlias, ...] = ()
    os: PodOS | None = None

    node_selector: Mapping[LabelKey, LabelValue] = Field(default_factory=dict)
    node_name: StrictStr | None = None
    affinity: Opaque | None = None
    tolerations: tuple[Opaque, ...] = ()
    scheduler_name: StrictStr | None = None
    scheduling_gates: tuple[Opaque, ...] = ()
    priority_class_name: StrictStr | None = None
    priority: StrictInt | None = None
    preemption_policy: StrictStr | None = None
    topology_spread_constraints: tuple[Opaque, ...] = ()
    runtime_class_name: StrictStr | None = None
    overhead: Mapping[str, Amount] = Field(default_factory=dict)
    service_account_name: StrictStr | None = None
    service_account: StrictStr | None = None
    automount_service_account_token: StrictBool | None = None
    enable_service_links: StrictBool | None = None
    image_pull_secrets: tuple[Opaque, ...] = ()

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Init containers first, as they run."""
        return self.init_containers + self.containers
