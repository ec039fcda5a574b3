"""ConfigMaps and Secrets as an engine keeps them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pausedemo.core.manifest import ConfigMap, Secret
from pausedemo.kubelet.objects.store import Kind, Record, Store, read_record, read_records

_T = TypeVar("_T", ConfigMap, Secret)

_KINDS: Final[Mapping[type[ConfigMap | Secret], Kind]] = {
    ConfigMap: Kind.CONFIG_MAP,
    Secret: Kind.SECRET,
}


@dataclass(frozen=True, slots=True)
class ConfigObject(Generic[_T]):
    """One that is kept. ``applied`` is its manifest as it was written, all defaults left out."""

    manifest: _T
    applied: Mapping[str, Any]
    uid: str
    created_at: datetime
    record: Record


class Configs(Generic[_T]):
    """All ConfigMaps, or all Secrets, that an engine keeps."""

    def __init__(self, store: Store, model: type[_T]) -> None:
        self._store = store
        self._model: type[_T] = model
        self._kind = _KINDS[model]

    def list(self, namespace: str | None = None) -> Iterator[ConfigObject[_T]]:
        """Those of a namespace, or all, by namespace and name, without what cannot be read."""
        return read_records(self._parse, self._store.list(self._kind, namespace))

    def get(self, namespace: str, name: str) -> ConfigObject[_T] | None:
        record = self._store.get(self._kind, namespace, name)
        return None if record is None else read_record(self._parse, record)

    def find(self, namespace: str, name: str) -> _T | None:
        """What is in one as it is now; None when there is none of that name."""
        found = self.get(namespace, name)
        return None if found is None else found.manifest

    def create(self, manifest: _T, now: datetime) -> ConfigObject[_T]:
        """Keep a new one. Conflict when there is one of that name."""
        made = ConfigObject(manifest, manifest.to_applied(), str(uuid.uuid4()), now, _NOT_YET)
        metadata = manifest.metadata
        data = _render(made)
        record = self._store.create(self._kind, metadata.namespace, metadata.name, data)
        return replace(made, record=record)

    def change(self, old: ConfigObject[_T], manifest: _T) -> ConfigObject[_T]:
        """Keep it as it is from now on. Conflict when another has changed it meanwhile."""
        new = replace(old, manifest=manifest, applied=manifest.to_applied())
        return replace(new, record=self._store.replace(old.record, _render(new)))

    def delete(self, namespace: str, name: str) -> None:
        """Keep it no longer. Missing already: no error."""
        self._store.delete(self._kind, namespace, name)

    def _parse(self, record: Record) -> ConfigObject[_T]:
        return ConfigObject(
            manifest=self._model.model_validate(record.data["manifest"]),
            applied=record.data["manifest"],
            uid=record.data["uid"],
            created_at=datetime.fromisoformat(record.data["created_at"]),
            record=record,
        )


#: Stands for the record of what is not written yet.
_NOT_YET: Final = Record(Kind.CONFIG_MAP, "", "", -1, {}, "")


def _render(one: ConfigObject[Any]) -> dict[str, Any]:
    return {
        "manifest": one.applied,
        "uid": one.uid,
        "created_at": one.created_at.isoformat(),
    }
