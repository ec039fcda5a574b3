"""An image as the store gives it out, and its JSON as API 1.41 has it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.images.reference import Reference

EPOCH: Final = "0001-01-01T00:00:00Z"  # Go's zero time, dockerd's "unknown"
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))"
)
# Of a container's configuration, what an image without the key is shown to have.
_DEFAULTS: Final[dict[str, Any]] = {
    "Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": False,
    "AttachStderr": False, "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": None,
    "Cmd": None, "Image": "", "Volumes": None, "WorkingDir": "", "Entrypoint": None,
    "OnBuild": None, "Labels": None,
}  # fmt: skip


def now_rfc3339() -> str:
    """This moment in UTC, as configurations have it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def parse_created(text: object) -> int:
    """Seconds since 1970 of an RFC 3339 time, negative before; Go's zero time if it is none."""
    found = _RFC3339.match(text if isinstance(text, str) else EPOCH) or _RFC3339.match(EPOCH)
    assert found is not None  # noqa: S101  EPOCH is one
    fields = [int(found[index]) for index in range(1, 7)]
    offset = (int(found[8]) * 60 + int(found[9])) * 60 if found[7] else 0
    seconds = calendar.timegm((*fields, 0, 0, 0))
    return seconds - offset if found[7] != "-" else seconds + offset


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer on the disk. ``size``: its files' bytes."""

    diff_id: str
    directory: Path
    size: int

    @property
    def tree(self) -> Path:
        return self.directory / "fs"

    @property
    def tar(self) -> Path:
        """Its tar, gzipped."""
        return self.directory / "layer.tar.gz"


@dataclass(frozen=True, slots=True)
class Image:
    """One image. ``config``: the OCI image configuration; do not change it.

    ``layers`` lowest first. ``names``: all references to it, sorted. ``parent``: the id of the
    image it was built on, empty when not known. ``tagged``: when it last got a name, RFC 3339.
    """

    id: str
    config: dict[str, Any]
    layers: tuple[Layer, ...]
    names: tuple[Reference, ...] = ()
    parent: str = ""
    tagged: str = EPOCH

    @property
    def short_id(self) -> str:
        return self.id.removeprefix("sha256:")[:12]

    @property
    def run_config(self) -> dict[str, Any]:
        """The part of ``config`` that containers take over: Env, Cmd, User and so on."""
        found = self.config.get("config")
        return found if isinstance(found, dict) else {}

    @property
    def labels(self) -> dict[str, str]:
        return self.run_config.get("Labels") or {}

    @property
    def created(self) -> int:
        """Seconds since 1970."""
        return parse_created(self.config.get("created"))

    @property
    def size(self) -> int:
        """Bytes of all layers' files."""
        return sum(layer.size for layer in self.layers)

    @property
    def repo_tags(self) -> list[str]:
        return [name.familiar for name in self.names if not name.digest]

    @property
    def repo_digests(self) -> list[str]:
        return [name.familiar for name in self.names if name.digest]

    def layer_dirs(self) -> list[Path]:
        """The layers' directories, topmost first, as overlayfs's ``lowerdir`` takes them.

        Each once: what a layer has is seen at its topmost place, and overlayfs refuses a directory
        that is there twice.
        """
        return list(dict.fromkeys(layer.tree for layer in reversed(self.layers)))


def render_inspect(image: Image) -> dict[str, Any]:
    """``GET /images/{name}/json``."""
    config = image.config
    dirs = [str(path) for path in image.layer_dirs()]
    data = {"UpperDir": dirs[0]} if dirs else {}
    if len(dirs) > 1:
        data["LowerDir"] = ":".join(dirs[1:])
    shown = {
        "Id": image.id,
        "RepoTags": image.repo_tags,
        "RepoDigests": image.repo_digests,
        "Parent": image.parent,
        "Comment": config.get("comment", _last_comment(config)),
        "Created": config.get("created") or EPOCH,
        "Container": config.get("container", ""),
        "ContainerConfig": {**_DEFAULTS, **(config.get("container_config") or {})},
        "DockerVersion": config.get("docker_version", ""),
        "Author": config.get("author", ""),
        "Config": {**_DEFAULTS, **image.run_config},
        "Architecture": config.get("architecture", ""),
        "Os": config.get("os", ""),
        "Size": image.size,
        "VirtualSize": image.size,
        "GraphDriver": {"Data": data, "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": [layer.diff_id for layer in image.layers]},
        "Metadata": {"LastTagTime": image.tagged},
    }
    if config.get("variant"):
        shown["Variant"] = config["variant"]
    return shown


def _last_comment(config: dict[str, Any]) -> str:
    history = config.get("history") or [{}]
    comment: str = history[-1].get("comment", "")
    return comment


def render_history(image: Image, ancestors: dict[int, Image]) -> list[dict[str, Any]]:
    """``GET /images/{name}/history``, newest first.

    ``ancestors``: images of this store that ``image`` was built on, by how many entries of
    history they have.
    """
    rows = []
    layers = iter(image.layers)
    history = image.config.get("history") or []
    for count, entry in enumerate(history, 1):
        size = 0
        if not entry.get("empty_layer"):
            layer = next(layers, None)
            size = layer.size if layer else 0
        of = image if count == len(history) else ancestors.get(count)
        rows.append(
            {
                "Comment": entry.get("comment", ""),
                "Created": parse_created(entry.get("created")),
                "CreatedBy": entry.get("created_by", ""),
                "Id": of.id if of else "<missing>",
                "Size": size,
                "Tags": (of.repo_tags or None) if of else None,
            }
        )
    return rows[::-1]


def render_summary(image: Image) -> dict[str, Any]:
    """One row of ``GET /images/json``."""
    nameless = not image.names
    return {
        "Containers": -1,
        "Created": image.created,
        "Id": image.id,
        "Labels": image.labels or None,
        "ParentId": image.parent,
        "RepoDigests": ["<none>@<none>"] if nameless else image.repo_digests or None,
        "RepoTags": ["<none>:<none>"] if nameless else image.repo_tags or None,
        "SharedSize": -1,
        "Size": image.size,
        "VirtualSize": image.size,
    }
