"""Kubernetes objects on an engine: each is an empty volume, and its labels hold it.

Labels cannot be changed, so every change of an object is a volume more, of the next generation,
and the one before goes. Who is cut off between the two leaves both, and the newer one counts. Of
two who write the same generation one has made the volume and the other is told.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from pausedemo.core import naming
from pausedemo.engine.port import VolumeInfo, Volumes
from pausedemo.errors import Conflict, PausedemoError

_T = TypeVar("_T")


class Kind(StrEnum):
    """What may be kept. A pod's status and lease are apart from it: others write them."""

    POD = "Pod"
    POD_STATUS = "PodStatus"
    POD_LEASE = "PodLease"
    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"  # noqa: S105 - a kind of object
    EVENT = "Event"


@dataclass(frozen=True, slots=True)
class Record:
    """One object as it was read. ``data`` is its JSON; ``generation`` counts its changes from 0.

    ``origin`` tells it from one of the same name that was there before. ``lineage`` are the marks
    of those who wrote it and the generations before it, newest first.
    """

    kind: Kind
    namespace: str
    name: str
    generation: int
    data: Mapping[str, Any]
    origin: str
    lineage: tuple[str, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What stays the same from generation to generation."""
        return self.kind, self.namespace, self.name


#: Everything of ours bears a run and an owner; these outlive whoever has made them.
_LABELS: Final = {naming.RUN: "objects", naming.OWNER: naming.ENGINE_OWNER}


#: How many writers of the latest generations an object knows: more than write it at one moment.
LINEAGE: Final = 16


class Store:
    """All objects of one engine. Safe to use from several threads, and by several processes."""

    def __init__(self, engine: Volumes) -> None:
        self._engine = engine

    def list(self, kind: Kind, namespace: str | None = None) -> tuple[Record, ...]:
        """All objects of a kind, in all namespaces or in one, by namespace and name."""
        found = self._find({naming.OBJECT_KIND: kind, naming.OBJECT_NAMESPACE: namespace})
        newest: dict[tuple[Kind, str, str], Record] = {}
        for record in sorted(found, key=lambda one: one.generation):
            newest[record.key] = record
        return tuple(newest[key] for key in sorted(newest))

    def get(self, kind: Kind, namespace: str, name: str) -> Record | None:
        """One object as it is now."""
        return max(
            self._generations(kind, namespace, name), key=lambda one: one.generation, default=None
        )

    def create(self, kind: Kind, namespace: str, name: str, data: Mapping[str, Any]) -> Record:
        """Keep a new object. Conflict when there is one."""
        if self.get(kind, namespace, name) is not None:
            raise _conflict("create", kind, name, "already exists")
        made = self._write(Record(kind, namespace, name, 0, data, uuid.uuid4().hex), "create")
        if any(one.origin != made.origin for one in self._generations(*made.key)):
            # Another was created and changed meanwhile, so that the name was free once more.
            self._engine.remove_volume(_volume_name(made))
            raise _conflict("create", kind, name, "already exists")
        return made

    def replace(self, old: Record, data: Mapping[str, Any]) -> Record:
        """Keep an object as it is from now on. Conflict when another has changed it meanwhile."""
        new = self._write(replace(old, generation=old.generation + 1, data=data), "change")
        found = self._generations(*old.key)
        if old.generation in {one.generation for one in found}:
            self._remove(one for one in found if one.generation < new.generation)
        elif not any(_descends(one, new) for one in found):
            # Only who writes its successor removes it: there was one already, and it is gone.
            self._engine.remove_volume(_volume_name(new))
            raise _conflict("change", old.kind, old.name, "another has changed it meanwhile")
        return new

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Forget an object. Missing already: no error."""
        self._remove(self._generations(kind, namespace, name))

    def _remove(self, records: Iterable[Record]) -> None:
        """Oldest first: what is cut off here must not bring an older one back."""
        for record in sorted(records, key=lambda one: one.generation):
            self._engine.remove_volume(_volume_name(record))

    def _write(self, record: Record, action: str) -> Record:
        lineage = (uuid.uuid4().hex, *record.lineage)[:LINEAGE]
        made = self._engine.create_volume(
            _volume_name(record),
            {
                **_LABELS,
                naming.OBJECT_KIND: record.kind,
                naming.OBJECT_NAMESPACE: record.namespace,
                naming.OBJECT_NAME: record.name,
                naming.OBJECT_GENERATION: str(record.generation),
                naming.OBJECT_ORIGIN: record.origin,
                naming.OBJECT_WRITER: " ".join(lineage),
                naming.OBJECT: json.dumps(record.data, separators=(",", ":")),
            },
        )
        if made.labels.get(naming.OBJECT_WRITER) != " ".join(lineage):
            raise _conflict(action, record.kind, record.name, "another has just written it")
        return replace(record, lineage=lineage)

    def _generations(self, kind: Kind, namespace: str, name: str) -> tuple[Record, ...]:
        return self._find(
            {
                naming.OBJECT_KIND: kind,
                naming.OBJECT_NAMESPACE: namespace,
                naming.OBJECT_NAME: name,
            }
        )

    def _find(self, labels: Mapping[str, str | None]) -> tuple[Record, ...]:
        volumes = self._engine.list_volumes({naming.OWNER: naming.ENGINE_OWNER, **labels})
        return tuple(record for one in volumes if (record := _parse(one)) is not None)


#: What reading a record raises that is none of ours, or of a newer pausedemo.
UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError)


def read_record(parse: Callable[[Record], _T], record: Record) -> _T:
    """Read one that is asked for by its name. Raises PausedemoError, which names its volume."""
    try:
        return parse(record)
    except UNREADABLE as error:
        what = f"{record.kind.lower()} {record.namespace}/{record.name}"
        why = str(error).replace("\n", " ")
        raise PausedemoError(f"cannot read {what}, volume {_volume_name(record)}: {why}") from error


def read_records(parse: Callable[[Record], _T], records: Iterable[Record]) -> Iterator[_T]:
    """Read those that can be read. One that cannot must not hide the others."""
    for record in records:
        try:
            made = parse(record)
        except UNREADABLE:
            continue
        yield made


def _parse(volume: VolumeInfo) -> Record | None:
    """What a volume holds; None for one whose labels are not of our making."""
    labels = volume.labels
    with contextlib.suppress(KeyError, ValueError):
        data = json.loads(labels[naming.OBJECT])
        if isinstance(data, dict):
            return Record(
                Kind(labels[naming.OBJECT_KIND]),
                labels[naming.OBJECT_NAMESPACE],
                labels[naming.OBJECT_NAME],
                int(labels[naming.OBJECT_GENERATION]),
                data,
                labels[naming.OBJECT_ORIGIN],
                tuple(labels.get(naming.OBJECT_WRITER, "").split()),
            )
    return None


def _descends(later: Record, earlier: Record) -> bool:
    """Whether a generation was made from another one, perhaps by way of others.

    Who is quick may read what another has just written, and remove what that was written from
    before the other has looked for it.
    """
    return later.generation > earlier.generation and earlier.lineage[0] in later.lineage


def _volume_name(record: Record) -> str:
    return naming.make_object_name(*record.key, record.generation)


def _conflict(action: str, kind: Kind, name: str, why: str) -> Conflict:
    return Conflict(f"{action} {kind.lower()} {name}", 409, why)
