"""Where a container's environment variables come from."""

from __future__ import annotations

from typing import Annotated

from pydantic import StrictBool, StrictStr

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.types import (
    Amount,
    DnsLabel,
    DnsSubdomain,
    EnvName,
    Key,
    Text,
    check_env_name,
    checked,
    words,
)
from pausedemo.core.values.quantities import Quantity, parse_quantity


class ObjectFieldSelector(KubernetesModel):
    """A field of the pod itself, such as ``metadata.labels['app']``.

    With ``hostNetwork`` the addresses, such as ``status.podIP`` and ``status.hostIP``, are empty.
    """

    api_version: StrictStr = "v1"
    field_path: Text


class ResourceFieldSelector(KubernetesModel):
    """A resource of a container of the pod, in units of ``divisor``, rounded up."""

    container_name: DnsLabel | None = None
    resource: Text
    divisor: Amount = parse_quantity("0")

    @property
    def unit(self) -> Quantity:
        """The divisor; 1 where there is none."""
        return self.divisor if self.divisor.amount else parse_quantity("1")


class ConfigMapKeySelector(KubernetesModel):
    """One key of a ConfigMap in the pod's namespace."""

    name: DnsSubdomain
    key: Key
    optional: StrictBool = False


class SecretKeySelector(KubernetesModel):
    """One key of a Secret in the pod's namespace."""

    name: DnsSubdomain
    key: Key
    optional: StrictBool = False


class EnvVarSource(KubernetesModel):
    """Where a variable's value comes from: exactly one of these."""

    unsupported = words("fileKeyRef")

    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None


class EnvVar(KubernetesModel):
    """One environment variable: a literal value or a source of one."""

    name: EnvName
    value: StrictStr = ""
    value_from: EnvVarSource | None = None


class ConfigMapEnvSource(KubernetesModel):
    """All keys of a ConfigMap in the pod's namespace."""

    name: DnsSubdomain
    optional: StrictBool = False


class SecretEnvSource(KubernetesModel):
    """All keys of a Secret in the pod's namespace."""

    name: DnsSubdomain
    optional: StrictBool = False


def _check_prefix(prefix: str) -> str | None:
    return check_env_name(prefix) if prefix else None


class EnvFromSource(KubernetesModel):
    """Variables of all keys of one ConfigMap or Secret, named ``prefix`` and the key."""

    prefix: Annotated[StrictStr, checked(_check_prefix)] = ""
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None
