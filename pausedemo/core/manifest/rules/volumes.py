"""What must hold of volumes.

Source: ValidateVolumes, validateVolumeSource, validateDownwardAPIVolumeFile,
validateProjectionSources, pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final

from pausedemo.core.files.complaints import Path
from pausedemo.core.manifest.podspec import PodSpec
from pausedemo.core.manifest.rules.references import VOLUME_FIELDS, check_field, check_resource
from pausedemo.core.manifest.rules.words import (
    Faults,
    choose,
    duplicate,
    forbidden,
    invalid,
    required,
)
from pausedemo.core.manifest.volumes import (
    VOLUME_SOURCES,
    DownwardAPIVolumeFile,
    KeyToPath,
    ProjectedVolumeSource,
    Volume,
    VolumeProjection,
)

_PROJECTIONS: Final = {
    "config_map": "configMap",
    "secret": "secret",
    "downward_api": "downwardAPI",
}


def check_volumes(spec: PodSpec) -> Faults:
    """All volumes of a pod."""
    names: set[str] = set()
    for index, volume in enumerate(spec.volumes):
        path = ("spec", "volumes", index)
        if volume.name in names:
            yield (*path, "name"), duplicate(volume.name)
        names.add(volume.name)
        yield from _check_volume(volume, path)


def _check_volume(volume: Volume, path: Path) -> Faults:
    for key in choose(volume, VOLUME_SOURCES)[1:]:
        yield (*path, key), forbidden("may not specify more than 1 volume type")
    limit = volume.empty_dir.size_limit if volume.empty_dir is not None else None
    if limit is not None and limit.amount < 0:
        why = "SizeLimit field must be a valid resource quantity"
        yield (*path, "emptyDir", "sizeLimit"), forbidden(why)
    if volume.downward_api is not None:
        for index, file in enumerate(volume.downward_api.items):
            yield from _check_file(file, (*path, "downwardAPI", "items", index))
    if volume.projected is not None:
        yield from _check_projected(volume.projected, (*path, "projected"))


def _check_file(file: DownwardAPIVolumeFile, path: Path) -> Faults:
    if file.field_ref is not None:
        yield from check_field(file.field_ref, VOLUME_FIELDS, (*path, "fieldRef"))
        if file.resource_field_ref is not None:
            wrong = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield path, invalid("resource", wrong)
    elif file.resource_field_ref is not None:
        place = (*path, "resourceFieldRef")
        yield from check_resource(file.resource_field_ref, place, named=True)
    else:
        yield path, required("one of fieldRef and resourceFieldRef is required")


def _check_projected(volume: ProjectedVolumeSource, path: Path) -> Faults:
    taken: set[str] = set()
    for number, source in enumerate(volume.sources):
        place = (*path, "sources", number)
        given = choose(source, _PROJECTIONS)
        if not given:
            yield place, required("must specify at least one projection type")
        for key in given[1:]:
            yield (*place, key), forbidden("may not specify more than 1 projection type")
        for name, index, file in _list_paths(source):
            clean = posixpath.normpath(file)
            if clean in taken:
                wrong = "conflicting duplicate paths"
                yield (*place, name, "items", index, "path"), invalid(file, wrong)
            taken.add(clean)
        if source.downward_api is not None:
            for index, one in enumerate(source.downward_api.items):
                yield from _check_file(one, (*place, "downwardAPI", "items", index))


def _list_paths(source: VolumeProjection) -> list[tuple[str, int, str]]:
    """The paths that a source names itself: (key, index, path)."""
    named: dict[str, Sequence[KeyToPath | DownwardAPIVolumeFile]] = {}
    if source.config_map is not None:
        named["configMap"] = source.config_map.items
    if source.secret is not None:
        named["secret"] = source.secret.items
    if source.downward_api is not None:
        named["downwardAPI"] = source.downward_api.items
    return [(key, at, item.path) for key, items in named.items() for at, item in enumerate(items)]
