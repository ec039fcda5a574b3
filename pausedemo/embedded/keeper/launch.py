"""What the keeper is asked to start: plain data that goes over the line as JSON.

Descriptors travel beside it; the fields ``join_pid``, ``joins``, ``stdio``, ``seccomp`` and
``outside`` hold positions in that list.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple


class StartFailed(Exception):
    """A step that failed: its name, the kernel's number, and the text for the person."""

    def __init__(self, step: str, code: int, text: str) -> None:
        self.step = step
        self.code = code
        self.text = text
        super().__init__(text)


class Bind(NamedTuple):
    """A file or folder of the node that is seen at ``target`` inside.

    ``attributes`` are MOUNT_ATTR_* bits. ``beneath``: what is seen is at that path below the
    source, which no link leads out of. ``propagation``, of what a person binds: MS_SLAVE, what
    the node mounts there later is seen; MS_SHARED, and what is mounted inside is seen by the node;
    MS_PRIVATE, neither. Of the engine's own it is 0.
    """

    source: str
    target: str
    attributes: int = 0
    recursive: bool = True
    beneath: str = ""
    propagation: int = 0


class Mount(NamedTuple):
    """A file system of its own at ``target`` inside; ``flags`` are MS_* bits."""

    kind: str
    target: str
    flags: int = 0
    data: str = ""


_MOUNTS: Final[dict[str, type[Bind | Mount]]] = {"Bind": Bind, "Mount": Mount}


@dataclass(frozen=True, slots=True)
class Root:
    """The container's file system.

    Layers topmost first. ``mounts`` are made in their order, then ``links`` (path, text), then
    ``masked`` paths are hidden and ``readonly_paths`` protected. ``tree`` is a plain folder to
    use where overlayfs cannot be. ``outside``: the mount namespace that binds with a propagation
    are taken from, None: the engine's own.
    """

    target: str
    lower: list[str] = field(default_factory=list)
    upper: str = ""
    work: str = ""
    options: str = ""
    tree: bool = False
    nodev: bool = True
    mounts: list[Mount | Bind] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)
    readonly_paths: list[str] = field(default_factory=list)
    readonly: bool = False
    sysctls: dict[str, str] = field(default_factory=dict)
    outside: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """What is executed, and as whom. ``user`` is Docker's ``name|uid[:group|gid]``.

    ``capabilities``: bits of those that root has; ``bounding``: those that can ever be had.
    ``limits``: (resource, soft, hard). ``make_cwd``: the folder is made where it is missing.
    """

    argv: list[str]
    env: list[str]
    cwd: str = "/"
    user: str = ""
    groups: list[str] = field(default_factory=list)
    single_id: bool = False
    capabilities: int = 0
    no_new_privileges: bool = False
    seccomp: int | None = None
    limits: list[tuple[int, int, int]] = field(default_factory=list)
    oom_score_adj: int | None = None
    make_cwd: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of ours that runs in the container's place: its name and arguments.

    It reads its standard input and writes its standard output.
    """

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Launch:
    """One process to start. Namespaces are bits of ``Namespace``."""

    new: int = 0
    join_pid: int | None = None
    joins: list[tuple[int, int]] = field(default_factory=list)
    stdio: list[int | None] = field(default_factory=lambda: [None, None, None])
    terminal: bool = False
    size: tuple[int, int] | None = None
    console: bool = False
    cgroups: list[str] = field(default_factory=list)
    root: Root | None = None
    hostname: str | None = None
    domainname: str | None = None
    program: Program | None = None
    tool: Tool | None = None

    def to_json(self) -> dict[str, Any]:
        """As it goes over the line."""
        record = _fields(self)
        for name in ("program", "tool"):
            if record[name] is not None:
                record[name] = _fields(record[name])
        if self.root is not None:
            mounts = [[type(one).__name__, *one] for one in self.root.mounts]
            record["root"] = {**_fields(self.root), "mounts": mounts}
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Launch:
        """As ``to_json`` gave it."""
        root = record["root"]
        if root is not None:
            mounts = [_MOUNTS[kind](*parts) for kind, *parts in root["mounts"]]
            root = Root(**{**root, "mounts": mounts, "links": _tuples(root["links"])})
        program, tool, size = record["program"], record["tool"], record["size"]
        if program is not None:
            program = Program(**{**program, "limits": _tuples(program["limits"])})
        parts = {
            "root": root,
            "program": program,
            "tool": Tool(**tool) if tool is not None else None,
            "joins": _tuples(record["joins"]),
            "size": tuple(size) if size is not None else None,
        }
        return cls(**{**record, **parts})


def _fields(record: Any) -> dict[str, Any]:
    # dataclasses.asdict copies everything below, which costs a fifth of a start.
    return {one.name: getattr(record, one.name) for one in fields(record)}


def _tuples(rows: list[list[Any]]) -> list[tuple[Any, ...]]:
    # JSON has lists only.
    return [tuple(row) for row in rows]
