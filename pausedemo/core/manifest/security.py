"""Who a pod's processes are, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StrictBool, StrictStr

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.types import Id, SubPath, Text, words


class SeccompProfileType(StrEnum):
    """Which seccomp profile."""

    RUNTIME_DEFAULT = "RuntimeDefault"
    UNCONFINED = "Unconfined"
    LOCALHOST = "Localhost"


class SeccompProfile(KubernetesModel):
    """The filter of system calls."""

    type: SeccompProfileType
    localhost_profile: Annotated[
        SubPath | None,
        Field(description="a file below the kubelet's folder of profiles, in Docker's JSON"),
    ] = None


class Capabilities(KubernetesModel):
    """Capabilities beyond the engine's default set, and those of it to drop. ``ALL`` is all."""

    add: tuple[Text, ...] = ()
    drop: tuple[Text, ...] = ()


class SecurityContext(KubernetesModel):
    """Of one container. What is not set here, the pod's decides."""

    unsupported = words("appArmorProfile procMount seLinuxOptions windowsOptions")

    run_as_user: Id | None = None
    run_as_group: Id | None = None
    run_as_non_root: StrictBool | None = None
    capabilities: Capabilities = Capabilities()
    privileged: StrictBool | None = None
    read_only_root_filesystem: StrictBool | None = None
    allow_privilege_escalation: StrictBool | None = None
    seccomp_profile: SeccompProfile | None = None


class Sysctl(KubernetesModel):
    """A kernel parameter of the pod's namespaces."""

    name: StrictStr
    value: StrictStr


class PodSecurityContext(KubernetesModel):
    """Of the whole pod."""

    unsupported = words(
        "appArmorProfile seLinuxChangePolicy seLinuxOptions supplementalGroupsPolicy windowsOptions"
    )
    ignored: ClassVar[Mapping[str, str]] = {"fsGroupChangePolicy": "a volume's owner is always set"}

    run_as_user: Id | None = None
    run_as_group: Id | None = None
    run_as_non_root: StrictBool | None = None
    fs_group: Id | None = None
    fs_group_change_policy: StrictStr | None = None
    supplemental_groups: tuple[Id, ...] = ()
    seccomp_profile: SeccompProfile | None = None
    sysctls: tuple[Sysctl, ...] = ()
