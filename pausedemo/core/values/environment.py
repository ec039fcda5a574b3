"""A container's whole environment, as the kubelet makes it.

Source: makeEnvironmentVariables, pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pausedemo.core.manifest import (
    ConfigMap,
    Container,
    EnvFromSource,
    EnvVarSource,
    Secret,
)
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.downward import MissingReference, PodFacts, read_field, read_resource
from pausedemo.core.values.expansion import expand

#: Names that are taken over from keys. Source: IsEnvVarName,
#: k8s.io/apimachinery/pkg/util/validation/validation.go.
_NAME: Final = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True)
class Objects:
    """The ConfigMaps and Secrets of a pod's namespace, by name."""

    config_maps: Mapping[str, ConfigMap] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Environment:
    """``variables`` in the order in which they were first set.

    ``skipped`` are messages of the event ``InvalidEnvironmentVariableNames``.
    """

    variables: Mapping[str, str]
    skipped: tuple[str, ...] = ()


def resolve_environment(
    container: Container, pod: Pod, facts: PodFacts, objects: Objects
) -> Environment:
    """Compute the environment: ``envFrom`` first, then ``env``; later ones replace earlier ones.

    Raises MissingReference, with the message of the container's CreateContainerConfigError.
    """
    variables: dict[str, str] = {}
    skipped: list[str] = []
    for source in container.env_from:
        variables.update(_read_all(source, pod, objects, skipped))
    for variable in container.env:
        value: str | None = expand(variable.value, variables)
        if not variable.value and variable.value_from is not None:
            value = _read_one(variable.value_from, container, pod, facts, objects)
        if value is not None:
            variables[variable.name] = value
    return Environment(variables, tuple(skipped))


def _read_all(
    source: EnvFromSource, pod: Pod, objects: Objects, skipped: list[str]
) -> dict[str, str]:
    if source.config_map_ref is not None:
        kind, name = "configMap", source.config_map_ref.name
        config_map = find_config_map(objects, name, optional=source.config_map_ref.optional)
        data = config_map.data if config_map is not None else {}
    elif source.secret_ref is not None:
        kind, name = "secret", source.secret_ref.name
        secret = find_secret(objects, name, optional=source.secret_ref.optional)
        data = _decode(secret) if secret is not None else {}
    else:
        return {}
    named = {source.prefix + key: value for key, value in data.items()}
    wrong = sorted(
        key for key in named if not _NAME.fullmatch(key) or key == "." or key.startswith("..")
    )
    if wrong:
        skipped.append(_say_skipped(wrong, kind, pod.namespace, name))
    return {key: value for key, value in named.items() if key not in wrong}


def _say_skipped(keys: Iterable[str], kind: str, namespace: str, name: str) -> str:
    return (
        f"Keys [{', '.join(keys)}] from the EnvFrom {kind} {namespace}/{name} were skipped since "
        "they are considered invalid environment variable names."
    )


def _read_one(
    source: EnvVarSource, container: Container, pod: Pod, facts: PodFacts, objects: Objects
) -> str | None:
    """The value of one variable; None when what is optional is not there."""
    if source.field_ref is not None:
        return read_field(source.field_ref.field_path, pod, facts)
    if source.resource_field_ref is not None:
        return read_resource(source.resource_field_ref, pod, container, facts)
    if source.config_map_key_ref is not None:
        wanted, kind = source.config_map_key_ref, "ConfigMap"
        config_map = find_config_map(objects, wanted.name, optional=wanted.optional)
        data = config_map.data if config_map is not None else None
        return _pick(data, wanted.key, f"{kind} {pod.namespace}/{wanted.name}", wanted.optional)
    if source.secret_key_ref is not None:
        secret_key = source.secret_key_ref
        secret = find_secret(objects, secret_key.name, optional=secret_key.optional)
        data = _decode(secret) if secret is not None else None
        where = f"Secret {pod.namespace}/{secret_key.name}"
        return _pick(data, secret_key.key, where, secret_key.optional)
    return ""


def _pick(data: Mapping[str, str] | None, key: str, where: str, optional: bool) -> str | None:
    if data is not None and key in data:
        return data[key]
    if data is None or optional:
        return None
    raise MissingReference(f"couldn't find key {key} in {where}")


def find_config_map(objects: Objects, name: str, *, optional: bool) -> ConfigMap | None:
    """The ConfigMap; None when it is optional and not there. Raises MissingReference."""
    found = objects.config_maps.get(name)
    if found is None and not optional:
        raise MissingReference(f'configmap "{name}" not found')
    return found


def find_secret(objects: Objects, name: str, *, optional: bool) -> Secret | None:
    """The Secret; None when it is optional and not there. Raises MissingReference."""
    found = objects.secrets.get(name)
    if found is None and not optional:
        raise MissingReference(f'secret "{name}" not found')
    return found


def _decode(secret: Secret) -> dict[str, str]:
    """A Secret's keys as text: a variable has no room for bytes that are none."""
    return {key: data.decode(errors="replace") for key, data in secret.contents.items()}
