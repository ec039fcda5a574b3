"""What must hold of references to the pod's own fields and resources, and to other objects.

Source: validateEnvVarValueFrom, validateObjectFieldSelector, validateContainerResourceDivisor and
validateContainerResourceFieldSelector in pkg/apis/core/validation/validation.go;
ConvertDownwardAPIFieldLabel in pkg/apis/core/pods/helpers.go.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from pausedemo.core.files.complaints import Path
from pausedemo.core.files.kubenames import check_label_key
from pausedemo.core.manifest.container import Container
from pausedemo.core.manifest.environment import (
    EnvFromSource,
    EnvVar,
    ObjectFieldSelector,
    ResourceFieldSelector,
)
from pausedemo.core.manifest.rules.words import (
    Faults,
    choose,
    invalid,
    required,
    unsupported,
)

ENV_FIELDS: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid"),
    *("spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
VOLUME_FIELDS: Final = (
    *("metadata.annotations", "metadata.labels"),
    *("metadata.name", "metadata.namespace", "metadata.uid"),
)
RESOURCES: Final = tuple(
    f"{kind}.{name}"
    for kind in ("limits", "requests")
    for name in ("cpu", "ephemeral-storage", "memory")
)
_SUBSCRIPT: Final = re.compile(r"metadata\.(?:labels|annotations)\['(.*)'\]", re.DOTALL)
_KNOWN_FIELDS: Final = {
    *(*ENV_FIELDS, *VOLUME_FIELDS),
    *("spec.restartPolicy", "spec.schedulerName", "spec.host", "status.phase"),
}
_CPU_UNITS: Final = ("1m", "1")
_BYTE_UNITS: Final = (
    *("1", "1k", "1M", "1G", "1T", "1P", "1E"),
    *("1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
)
_SOURCES: Final = {
    "field_ref": "fieldRef",
    "resource_field_ref": "resourceFieldRef",
    "config_map_key_ref": "configMapKeyRef",
    "secret_key_ref": "secretKeyRef",
}
_TOO_MANY: Final = "may not have more than one field specified at a time"


def check_environment(container: Container, path: Path) -> Faults:
    """All variables of a container, and where they come from."""
    for index, source in enumerate(container.env_from):
        yield from _check_env_from(source, (*path, "envFrom", index))
    for index, variable in enumerate(container.env):
        if variable.value_from is not None:
            yield from _check_value_from(variable, (*path, "env", index, "valueFrom"))


def _check_env_from(source: EnvFromSource, path: Path) -> Faults:
    given = choose(source, {"config_map_ref": "configMapRef", "secret_ref": "secretRef"})
    if not given:
        yield path, invalid("", "must specify one of: `configMapRef` or `secretRef`")
    elif len(given) > 1:
        yield path, invalid("", _TOO_MANY)


def _check_value_from(variable: EnvVar, path: Path) -> Faults:
    source = variable.value_from
    if source is None:
        return
    given = choose(source, _SOURCES)
    if not given:
        wrong = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` "
            "or `secretKeyRef`"
        )
        yield path, invalid("", wrong)
    elif variable.value:
        yield path, invalid("", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield path, invalid("", _TOO_MANY)
    if source.field_ref is not None:
        yield from check_field(source.field_ref, ENV_FIELDS, (*path, "fieldRef"))
    if source.resource_field_ref is not None:
        yield from check_resource(source.resource_field_ref, (*path, "resourceFieldRef"))


def check_field(field: ObjectFieldSelector, known: Collection[str], path: Path) -> Faults:
    """A field of the pod that is asked for. ``known``: those that can be had here."""
    if field.api_version != "v1":
        wrong = f"unsupported pod version: {field.api_version[:40]}"
        yield _say_unknown(field, wrong, path)
        return
    subscript = _SUBSCRIPT.fullmatch(field.field_path)
    if subscript is not None:
        if wrong_key := check_label_key(subscript[1].lower()):
            yield path, invalid(subscript[1], wrong_key)
    elif field.field_path not in _KNOWN_FIELDS:
        wrong = f"field label not supported: {field.field_path[:80]}"
        yield _say_unknown(field, wrong, path)
    elif field.field_path.replace("spec.host", "spec.nodeName") not in known:
        yield (*path, "fieldPath"), unsupported(field.field_path, sorted(known))


def _say_unknown(field: ObjectFieldSelector, why: str, path: Path) -> tuple[Path, str]:
    wrong = f"error converting fieldPath: {why}"
    return (*path, "fieldPath"), invalid(field.field_path, wrong)


def check_resource(field: ResourceFieldSelector, path: Path, *, named: bool = False) -> Faults:
    """A resource that is asked for. ``named``: its container must be, as in a volume."""
    if named and not field.container_name:
        yield (*path, "containerName"), required()
    if field.resource not in RESOURCES:
        yield (*path, "resource"), unsupported(field.resource, RESOURCES)
        return
    name = field.resource.partition(".")[2]
    units = _CPU_UNITS if name == "cpu" else _BYTE_UNITS
    if field.divisor.amount and str(field.divisor) not in units:
        what = "local ephemeral storage" if name == "ephemeral-storage" else name
        listed = " and ".join(units) if name == "cpu" else ", ".join(units)
        wrong = f"only divisor's values {listed} are supported with the {what} resource"
        yield (*path, "divisor"), invalid(field.resource, wrong)
