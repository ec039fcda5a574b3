"""A pod's volumes: where their files come from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.environment import ObjectFieldSelector, ResourceFieldSelector
from pausedemo.core.manifest.types import (
    Amount,
    DnsLabel,
    DnsSubdomain,
    FilePath,
    Key,
    Mode,
    SubPath,
    Text,
    check_no_way_back,
    checked,
    words,
)

DEFAULT_MODE: Final = 0o644

#: Attributes of a volume of which one is set, and their keys.
VOLUME_SOURCES: Final[Mapping[str, str]] = {
    "empty_dir": "emptyDir",
    "host_path": "hostPath",
    "config_map": "configMap",
    "secret": "secret",
    "downward_api": "downwardAPI",
    "projected": "projected",
    "persistent_volume_claim": "persistentVolumeClaim",
}


class StorageMedium(StrEnum):
    """What an emptyDir is made of."""

    DEFAULT = ""
    MEMORY = "Memory"


class HostPathType(StrEnum):
    """What must be at a hostPath before it is mounted."""

    UNSET = ""
    DIRECTORY_OR_CREATE = "DirectoryOrCreate"
    DIRECTORY = "Directory"
    FILE_OR_CREATE = "FileOrCreate"
    FILE = "File"
    SOCKET = "Socket"
    CHAR_DEVICE = "CharDevice"
    BLOCK_DEVICE = "BlockDevice"


class EmptyDirVolumeSource(KubernetesModel):
    """A folder that is empty at first and lives as long as the pod."""

    medium: StorageMedium = StorageMedium.DEFAULT
    size_limit: Annotated[
        Amount | None,
        Field(description="with the medium `Memory` its size; else more evicts the pod"),
    ] = None


class HostPathVolumeSource(KubernetesModel):
    """A file or folder of the engine's machine."""

    path: Annotated[Text, checked(check_no_way_back)]
    type: HostPathType = HostPathType.UNSET


class KeyToPath(KubernetesModel):
    """One key of a ConfigMap or Secret as a file."""

    key: Key
    path: FilePath
    mode: Mode | None = None


class ConfigMapVolumeSource(KubernetesModel):
    """A ConfigMap's keys as files; all of them where ``items`` is empty."""

    name: DnsSubdomain
    items: tuple[KeyToPath, ...] = ()
    default_mode: Mode = DEFAULT_MODE
    optional: StrictBool = False


class SecretVolumeSource(KubernetesModel):
    """A Secret's keys as files; all of them where ``items`` is empty."""

    secret_name: DnsSubdomain
    items: tuple[KeyToPath, ...] = ()
    default_mode: Mode = DEFAULT_MODE
    optional: StrictBool = False


class DownwardAPIVolumeFile(KubernetesModel):
    """One fact of the pod as a file: exactly one of ``fieldRef`` and ``resourceFieldRef``."""

    path: FilePath
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: Mode | None = None


class DownwardAPIVolumeSource(KubernetesModel):
    """Facts of the pod as files."""

    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_mode: Mode = DEFAULT_MODE


class ConfigMapProjection(KubernetesModel):
    """A ConfigMap's part of a projected volume."""

    name: DnsSubdomain
    items: tuple[KeyToPath, ...] = ()
    optional: StrictBool = False


class SecretProjection(KubernetesModel):
    """A Secret's part of a projected volume."""

    name: DnsSubdomain
    items: tuple[KeyToPath, ...] = ()
    optional: StrictBool = False


class DownwardAPIProjection(KubernetesModel):
    """The pod's facts' part of a projected volume."""

    items: tuple[DownwardAPIVolumeFile, ...] = ()


class VolumeProjection(KubernetesModel):
    """One source of a projected volume: exactly one of these."""

    unsupported = words("clusterTrustBundle podCertificate serviceAccountToken")

    config_map: ConfigMapProjection | None = None
    secret: SecretProjection | None = None
    downward_api: Annotated[DownwardAPIProjection | None, Field(alias="downwardAPI")] = None


class ProjectedVolumeSource(KubernetesModel):
    """The files of several sources in one folder."""

    sources: tuple[VolumeProjection, ...] = ()
    default_mode: Mode = DEFAULT_MODE


class PersistentVolumeClaimVolumeSource(KubernetesModel):
    """A volume of the engine that outlives the pod: the one named like the claim."""

    claim_name: DnsSubdomain
    read_only: StrictBool = False


class Volume(KubernetesModel):
    """One volume: at most one source; an emptyDir where there is none."""

    unsupported = words("""
        awsElasticBlockStore azureDisk azureFile cephfs cinder csi ephemeral fc flexVolume flocker
        gcePersistentDisk gitRepo glusterfs image iscsi nfs photonPersistentDisk portworxVolume
        quobyte rbd scaleIO storageos vsphereVolume
        """)

    name: DnsLabel
    empty_dir: EmptyDirVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    downward_api: Annotated[DownwardAPIVolumeSource | None, Field(alias="downwardAPI")] = None
    projected: ProjectedVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None

    @model_validator(mode="after")
    def _be_empty_without_a_source(self) -> Self:
        """Source: SetDefaults_Volume, pkg/apis/core/v1/defaults.go."""
        if all(getattr(self, name) is None for name in VOLUME_SOURCES):
            self.__dict__["empty_dir"] = EmptyDirVolumeSource()
        return self


class MountPropagation(StrEnum):
    """Whether later mounts on the machine and in the container are seen on the other side."""

    NONE = "None"
    HOST_TO_CONTAINER = "HostToContainer"
    BIDIRECTIONAL = "Bidirectional"


def _check_mount_path(path: str) -> str | None:
    return "must not contain ':'" if ":" in path else None


class VolumeMount(KubernetesModel):
    """Where a container sees one of the pod's volumes."""

    unsupported = words("recursiveReadOnly subPathExpr")

    name: StrictStr
    mount_path: Annotated[Text, checked(_check_mount_path)]
    read_only: StrictBool = False
    sub_path: SubPath = ""
    mount_propagation: MountPropagation = MountPropagation.NONE
