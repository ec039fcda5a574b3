"""What a pod refers to in its namespace: ConfigMaps and Secrets, by its variables and volumes.

Source: VisitPodConfigmapNames and VisitPodSecretNames in kubernetes pkg/api/v1/pod/util.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pausedemo.core.manifest import Container, Volume
from pausedemo.core.pods.pod import Pod


class Reference(NamedTuple):
    """An object that a pod refers to. ``kind`` is ConfigMap or Secret."""

    kind: str
    name: str


def find_references(pod: Pod) -> frozenset[Reference]:
    """All that the pod refers to, be it there or not."""
    return frozenset(_walk(pod))


def _walk(pod: Pod) -> Iterator[Reference]:
    for container in pod.spec.all_containers:
        yield from _of_container(container)
    for volume in pod.spec.volumes:
        yield from _of_volume(volume)


def _of_container(container: Container) -> Iterator[Reference]:
    for variable in container.env:
        source = variable.value_from
        if source is None:
            continue
        if source.config_map_key_ref is not None:
            yield Reference("ConfigMap", source.config_map_key_ref.name)
        if source.secret_key_ref is not None:
            yield Reference("Secret", source.secret_key_ref.name)
    for many in container.env_from:
        if many.config_map_ref is not None:
            yield Reference("ConfigMap", many.config_map_ref.name)
        if many.secret_ref is not None:
            yield Reference("Secret", many.secret_ref.name)


def _of_volume(volume: Volume) -> Iterator[Reference]:
    if volume.config_map is not None:
        yield Reference("ConfigMap", volume.config_map.name)
    if volume.secret is not None:
        yield Reference("Secret", volume.secret.secret_name)
    if volume.projected is None:
        return
    for source in volume.projected.sources:
        if source.config_map is not None:
            yield Reference("ConfigMap", source.config_map.name)
        if source.secret is not None:
            yield Reference("Secret", source.secret.name)
