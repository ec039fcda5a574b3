"""The files of configMap, secret, downwardAPI and projected volumes.

Source: MakePayload, pkg/volume/configmap/configmap.go and pkg/volume/secret/secret.go; CollectData,
pkg/volume/downwardapi/downwardapi.go; collectData, pkg/volume/projected/projected.go; and
pkg/volume/util/atomic_writer.go, which lays them out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from pausedemo.core.manifest import (
    DownwardAPIVolumeFile,
    KeyToPath,
    ProjectedVolumeSource,
    Volume,
    VolumeProjection,
)
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.downward import MissingReference, PodFacts, read_field, read_resource
from pausedemo.core.values.environment import Objects, find_config_map, find_secret


class File(NamedTuple):
    """One file of a volume. ``mode`` has its permission bits only."""

    data: bytes
    mode: int


#: Paths are relative, without ``.`` and ``..`` parts.
Files: TypeAlias = Mapping[str, File]


def make_files(volume: Volume, pod: Pod, facts: PodFacts, objects: Objects) -> Files | None:
    """All files of a volume, by path; None when it is of a kind whose files are not made.

    Raises MissingReference, with the message of the event FailedMount after the volume's name.
    """
    if volume.config_map is not None:
        source = volume.config_map
        files = _of_config_map(
            source.name, source.items, source.default_mode, source.optional, objects
        )
    elif volume.secret is not None:
        secret = volume.secret
        files = _of_secret(
            secret.secret_name, secret.items, secret.default_mode, secret.optional, objects
        )
    elif volume.downward_api is not None:
        files = _of_pod(volume.downward_api.items, volume.downward_api.default_mode, pod, facts)
    elif volume.projected is not None:
        files = _of_projected(volume.projected, pod, facts, objects)
    else:
        return None
    return _check_folders(files)


def _of_config_map(
    name: str, items: Sequence[KeyToPath], mode: int, optional: bool, objects: Objects
) -> dict[str, File]:
    config_map = find_config_map(objects, name, optional=optional)
    contents = config_map.contents if config_map is not None else {}
    return _project(contents, items, mode, optional, "configmap references non-existent config key")


def _of_secret(
    name: str, items: Sequence[KeyToPath], mode: int, optional: bool, objects: Objects
) -> dict[str, File]:
    secret = find_secret(objects, name, optional=optional)
    contents = secret.contents if secret is not None else {}
    return _project(contents, items, mode, optional, "references non-existent secret key")


def _project(
    contents: Mapping[str, bytes], items: Sequence[KeyToPath], mode: int, optional: bool, wrong: str
) -> dict[str, File]:
    if not items:
        return {key: File(data, mode) for key, data in contents.items()}
    files = {}
    for item in items:
        if item.key in contents:
            item_mode = mode if item.mode is None else item.mode
            files[posixpath.normpath(item.path)] = File(contents[item.key], item_mode)
        elif not optional:
            raise MissingReference(f"{wrong}: {item.key}")
    return files


def _of_pod(
    items: Sequence[DownwardAPIVolumeFile], mode: int, pod: Pod, facts: PodFacts
) -> dict[str, File]:
    files = {}
    for item in items:
        if item.field_ref is not None:
            text = read_field(item.field_ref.field_path, pod, facts)
        elif item.resource_field_ref is not None:
            text = read_resource(item.resource_field_ref, pod, None, facts)
        else:
            continue
        item_mode = mode if item.mode is None else item.mode
        files[posixpath.normpath(item.path)] = File(text.encode(), item_mode)
    return files


def _of_projected(
    volume: ProjectedVolumeSource, pod: Pod, facts: PodFacts, objects: Objects
) -> dict[str, File]:
    """Files of later sources replace those of earlier ones; what is missing is said at once."""
    files: dict[str, File] = {}
    missing: list[str] = []
    for source in volume.sources:
        try:
            files |= _of_source(source, volume.default_mode, pod, facts, objects)
        except MissingReference as error:
            missing.append(str(error))
    if missing:
        distinct = list(dict.fromkeys(missing))
        raise MissingReference(distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]")
    return files


def _of_source(
    source: VolumeProjection, mode: int, pod: Pod, facts: PodFacts, objects: Objects
) -> dict[str, File]:
    if source.config_map is not None:
        one = source.config_map
        return _of_config_map(one.name, one.items, mode, one.optional, objects)
    if source.secret is not None:
        secret = source.secret
        return _of_secret(secret.name, secret.items, mode, secret.optional, objects)
    if source.downward_api is not None:
        return _of_pod(source.downward_api.items, mode, pod, facts)
    return {}


def _check_folders(files: dict[str, File]) -> dict[str, File]:
    """No file is a folder of another: ``a`` and ``a/b`` cannot both be."""
    for path in files:
        folder = posixpath.dirname(path)
        while folder:
            if folder in files:
                raise MissingReference(f"{folder}: not a directory, but {path} is to be in it")
            folder = posixpath.dirname(folder)
    return files
