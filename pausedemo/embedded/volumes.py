"""Local volumes: directories under one root that outlive the containers which use them.

A volume ``x`` is ``ROOT/x/_data``, and ``ROOT/x/volume.json`` keeps its labels and options. What is
held, and by whom, is known in memory only: no container outlives the engine.

Words and rules follow moby 20.10 ``volume/local`` and ``volume/service``. Driver options: a bind
(``type=none,o=bind,device=/dir``) always, other types (tmpfs) where a ``Mounter`` is given.
All methods are short and belong to one thread, but ``remove`` and ``prune`` delete files.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Protocol

from pausedemo.embedded.disk import measure_tree
from pausedemo.embedded.errors import BadParameter, Conflict, NotFound, NotSupported, ServerError
from pausedemo.embedded.times import NS, render_time

NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
ANONYMOUS: Final = "com.docker.volume.anonymous"
OPTIONS: Final = ("type", "o", "device")
DATA: Final = "_data"
RECORD: Final = "volume.json"
GONE: Final = ".gone-"  # no name begins with a dot


class Mounter(Protocol):
    """Puts a file system at a directory, and takes it away; raises OSError."""

    def mount(self, kind: str, device: str, target: Path, options: str) -> None: ...

    def unmount(self, target: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume. ``created_ns``: since the epoch. ``path``: the directory to bind.

    ``labels`` and ``options`` None: not given, which the API shows as null.
    """

    name: str
    path: Path
    created_ns: int
    labels: Mapping[str, str] | None = None
    options: Mapping[str, str] | None = None

    @property
    def is_anonymous(self) -> bool:
        return ANONYMOUS in (self.labels or {})

    @property
    def is_bind(self) -> bool:
        """Whether its data are a directory of the host's, by ``o=bind``."""
        return "bind" in (self.options or {}).get("o", "").split(",")

    def render(self) -> dict[str, object]:
        """The API's Volume object."""
        return {
            "CreatedAt": render_time(self.created_ns // NS * NS),
            "Driver": "local",
            "Labels": None if self.labels is None else dict(self.labels),
            "Mountpoint": str(self.path),
            "Name": self.name,
            "Options": None if self.options is None else dict(self.options),
            "Scope": "local",
        }


class Volumes:
    """All volumes under ``root``; those of an earlier engine on the same root are there again."""

    def __init__(self, root: Path, mounter: Mounter | None = None) -> None:
        self._root = root
        self._mounter = mounter
        self._holders: dict[str, set[str]] = {}
        self._volumes: dict[str, Volume] = {}
        root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for directory in sorted(root.iterdir()):
            if directory.name.startswith(GONE):
                shutil.rmtree(directory, ignore_errors=True)
            # A directory without a record is what a crash left of a creation.
            with suppress(OSError, ValueError, TypeError, KeyError):
                self._volumes[directory.name] = self._load(directory)

    def create(
        self,
        name: str = "",
        *,
        driver: str = "",
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Volume:
        """Make a volume, an anonymous one without ``name``; one that exists is given as it is.

        Raises BadParameter (name, options), NotFound (driver), NotSupported (type).
        """
        if not name:
            name = secrets.token_hex(32)
            labels = {ANONYMOUS: "", **(labels or {})}
        if driver not in {"", "local"}:
            raise NotFound(
                f"create {name}: error looking up volume plugin {driver}: "
                f'plugin "{driver}" not found'
            )
        if name in self._volumes:
            return self._volumes[name]
        self._check(name, options or {})
        data = self._root / name / DATA
        volume = Volume(name, _place(data, options), time.time_ns(), labels, options)
        try:
            data.mkdir(parents=True, exist_ok=True)
            data.chmod(0o755)
            self._save(volume)
        except OSError as error:
            shutil.rmtree(self._root / name, ignore_errors=True)
            raise ServerError(f"create {name}: {error}") from error
        self._volumes[name] = volume
        return volume

    def __contains__(self, name: object) -> bool:
        return name in self._volumes

    def get(self, name: str) -> Volume:
        """The volume of that name. Raises NotFound."""
        try:
            return self._volumes[name]
        except KeyError:
            raise NotFound(f"get {name}: no such volume") from None

    def list(self) -> list[Volume]:
        """All, by name."""
        return [self._volumes[name] for name in sorted(self._volumes)]

    def path(self, name: str) -> Path:
        """The directory to bind into a container; ``hold`` it first. Raises NotFound."""
        return self.get(name).path

    def holders(self, name: str) -> tuple[str, ...]:
        """Ids of the containers that use it, running or not."""
        return tuple(sorted(self._holders.get(name, ())))

    def hold(self, name: str, container_id: str) -> Volume:
        """Note that a container uses it, so that nobody removes it. Raises NotFound, ServerError.

        The first holder makes its file system appear, where it has one of its own.
        """
        volume = self.get(name)
        if not self._holders.get(name) and self._is_mounted(volume):
            self._mount(volume)
        self._holders.setdefault(name, set()).add(container_id)
        return volume

    def release(self, name: str, container_id: str) -> None:
        """The container uses it no more. Unknown names and holders are as well."""
        holders = self._holders.get(name, set())
        if container_id not in holders:
            return
        holders.discard(container_id)
        volume = self._volumes.get(name)
        if not holders and volume and self._mounter and self._is_mounted(volume):
            with suppress(OSError):
                self._mounter.unmount(volume.path)

    def remove(self, name: str, *, force: bool = False) -> Volume | None:
        """Delete a volume and its data, never those of a bind.

        ``force``: a missing one is no error (None). Raises NotFound, Conflict when it is used.
        """
        if force and name not in self._volumes:
            return None
        self.get(name)
        if holders := self.holders(name):
            raise Conflict(f"remove {name}: volume is in use - [{', '.join(holders)}]")
        # Renamed first: the name is free at once, and nobody can hold what is half deleted.
        gone = self._root / f"{GONE}{secrets.token_hex(8)}"
        try:
            (self._root / name).rename(gone)
            volume = self._volumes.pop(name)
            self._holders.pop(name, None)
            shutil.rmtree(gone)
        except OSError as error:
            raise ServerError(f"remove {name}: {error}") from error
        return volume

    def prune(self, chosen: Iterable[Volume]) -> tuple[Sequence[str], int]:
        """Remove those that nobody uses; their names, and the bytes that their files took."""
        removed, freed = [], 0
        for volume in chosen:
            if self._holders.get(volume.name):
                continue
            size = 0 if volume.is_bind else measure_tree(volume.path)
            with suppress(NotFound, Conflict):
                self.remove(volume.name)
                removed.append(volume.name)
                freed += size
        return removed, freed

    def _check(self, name: str, options: Mapping[str, str]) -> None:
        if len(name) < 2:
            raise BadParameter(
                f"create {name}: volume name is too short, "
                "names should be at least two alphanumeric characters"
            )
        if not NAME.fullmatch(name):
            raise BadParameter(
                f'create {name}: "{name}" includes invalid characters for a local volume name, '
                'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host '
                "directory, use absolute path"
            )
        for option in options:
            if option not in OPTIONS:
                raise BadParameter(f'create {name}: invalid option: "{option}"')
        for option in ("device", "type"):
            if options and not options.get(option):
                raise BadParameter(f'create {name}: missing required option: "{option}"')
        if not options:
            return
        if "bind" in options.get("o", "").split(","):
            if options["o"] != "bind" or not options["device"].startswith("/"):
                raise NotSupported(
                    f"create {name}: a bind wants o=bind alone, and an absolute device"
                )
        elif self._mounter is None or options["type"] != "tmpfs":
            raise NotSupported(
                f"create {name}: this engine has no volumes of type {options['type']}; "
                "it has plain ones, and binds (type=none, o=bind, device=/directory)"
            )

    def _is_mounted(self, volume: Volume) -> bool:
        return bool(volume.options) and not volume.is_bind

    def _mount(self, volume: Volume) -> None:
        if self._mounter is None:
            raise NotSupported(f"volume {volume.name}: this engine cannot mount one of its type")
        options = volume.options or {}
        try:
            self._mounter.mount(
                options["type"], options["device"], volume.path, options.get("o", "")
            )
        except OSError as error:
            raise ServerError(f"failed to mount local volume: {error}") from error

    def _save(self, volume: Volume) -> None:
        record = asdict(volume) | {"path": None}
        path = self._root / volume.name / RECORD
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(record), encoding="utf-8")
        unfinished.replace(path)

    def _load(self, directory: Path) -> Volume:
        record = json.loads((directory / RECORD).read_text(encoding="utf-8"))
        options = record["options"]
        where = _place(directory / DATA, options)
        return Volume(directory.name, where, record["created_ns"], record["labels"], options)


def _place(data: Path, options: Mapping[str, str] | None) -> Path:
    if options and "bind" in options.get("o", "").split(","):
        return Path(options["device"])
    return data
