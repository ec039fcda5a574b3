"""The volumes' part of ``kubectl describe pod``.

Source: describeVolumes in k8s.io/kubectl/pkg/describe/describe.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from pausedemo.core.kubectl.objects import KubeObject, entries, pick, text


def describe_volumes(volumes: Sequence[KubeObject]) -> Iterator[str]:
    """The lines of a pod's volumes."""
    yield "Volumes:" if volumes else "Volumes:\t<none>"
    for volume in volumes:
        yield f"  {volume['name']}:"
        source = next((key for key in _SOURCES if volume.get(key) is not None), None)
        if source is None:
            yield "  <unknown>"
        else:
            yield from (f"    {line}" for line in _SOURCES[source](volume[source]))


def _host_path(source: KubeObject) -> list[str]:
    kind = pick(source, "type")
    return [
        "Type:\tHostPath (bare host directory volume)",
        f"Path:\t{text(source, 'path')}",
        f"HostPathType:\t{'<none>' if kind is None else kind}",
    ]


def _empty_dir(source: KubeObject) -> list[str]:
    return [
        "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
        f"Medium:\t{text(source, 'medium')}",
        f"SizeLimit:\t{text(source, 'sizeLimit') or '<unset>'}",
    ]


def _config_map(source: KubeObject) -> list[str]:
    return [
        "Type:\tConfigMap (a volume populated by a ConfigMap)",
        f"Name:\t{text(source, 'name')}",
        f"Optional:\t{_optional(source)}",
    ]


def _secret(source: KubeObject) -> list[str]:
    return [
        "Type:\tSecret (a volume populated by a Secret)",
        f"SecretName:\t{text(source, 'secretName')}",
        f"Optional:\t{_optional(source)}",
    ]


def _downward_api(source: KubeObject) -> list[str]:
    lines = ["Type:\tDownwardAPI (a volume populated by information about the pod)", "Items:"]
    for item in entries(source, "items"):
        field, resource = text(item, "fieldRef", "fieldPath"), pick(item, "resourceFieldRef")
        lines.append(f"  {field or text(resource, 'resource')} -> {text(item, 'path')}")
    return lines


def _projected(source: KubeObject) -> list[str]:
    lines = ["Type:\tProjected (a volume that contains injected data from multiple sources)"]
    for one in entries(source, "sources"):
        if (secret := one.get("secret")) is not None:
            lines += [f"SecretName:\t{text(secret, 'name')}", f"Optional:\t{_optional(secret)}"]
        elif one.get("downwardAPI") is not None:
            lines.append("DownwardAPI:\ttrue")
        elif (config := one.get("configMap")) is not None:
            lines += [f"ConfigMapName:\t{text(config, 'name')}", f"Optional:\t{_optional(config)}"]
    return lines


def _claim(source: KubeObject) -> list[str]:
    return [
        "Type:\tPersistentVolumeClaim "
        "(a reference to a PersistentVolumeClaim in the same namespace)",
        f"ClaimName:\t{text(source, 'claimName')}",
        f"ReadOnly:\t{str(bool(source.get('readOnly'))).lower()}",
    ]


def _optional(source: KubeObject) -> str:
    return str(bool(source.get("optional"))).lower()


_SOURCES: Final[dict[str, Callable[[Any], list[str]]]] = {
    "hostPath": _host_path,
    "emptyDir": _empty_dir,
    "secret": _secret,
    "configMap": _config_map,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward_api,
    "projected": _projected,
}
