"""From what a client has sent to a context and a plan; everything that fails before a step does."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import IO, Final

from pausedemo.embedded.build.options import BuildOptions
from pausedemo.embedded.build.patterns import is_ignored
from pausedemo.embedded.build.plan import Plan, compute_plan
from pausedemo.embedded.build.spool import inflate
from pausedemo.embedded.build.tree import Tree
from pausedemo.embedded.errors import BadParameter

DEFAULT_NAME: Final = "Dockerfile"
IGNORE_NAME: Final = ".dockerignore"
TEXT_LIMIT: Final = 16 << 20  # bytes of a Dockerfile


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an ``Executor`` is given."""

    context: Tree
    plan: Plan


def prepare(sent: IO[bytes], file: IO[bytes], options: BuildOptions) -> Prepared:
    """Read a context (a tar, maybe compressed) into ``file``, of which the context then lives.

    Raises BadParameter.
    """
    inflate(sent, file)
    context = Tree.from_tar(file)
    name, text = read_dockerfile(context, options.dockerfile)
    plan = compute_plan(text, target=options.target, labels=options.labels)
    leave_out(context, name)
    return Prepared(context, plan)


def read_dockerfile(context: Tree, wanted: str) -> tuple[str, str]:
    """Name and text of the Dockerfile. Raises BadParameter."""
    name = posixpath.normpath("/" + (wanted or DEFAULT_NAME).lstrip("/")).lstrip("/")
    found = context.resolve(name)
    if found is None and name == DEFAULT_NAME:
        found = context.resolve(name.lower())
    entry = context.get(found) if found else None
    if found is None or entry is None or not entry.isreg():
        raise BadParameter(f"Cannot locate specified Dockerfile: {name}")
    with context.open(found) as file:
        data = file.read(TEXT_LIMIT + 1)
    if not data:
        raise BadParameter(f"the Dockerfile ({name}) cannot be empty")
    if len(data) > TEXT_LIMIT:
        raise BadParameter(f"the Dockerfile ({name}) is larger than {TEXT_LIMIT} bytes")
    if b"\0" in data:
        raise BadParameter(f"the Dockerfile ({name}) has a NUL in it: it is no text")
    return name, data.decode("utf-8", "replace")


def leave_out(context: Tree, dockerfile: str) -> None:
    """Take out the two files that ``.dockerignore`` cannot keep a client from sending.

    The client has left out all else that is ignored (moby ``remotecontext.removeDockerfile``).
    """
    found = context.resolve(IGNORE_NAME)
    entry = context.get(found) if found else None
    if found is None or entry is None or not entry.isreg():
        return
    with context.open(found) as file:
        text = file.read(TEXT_LIMIT).decode("utf-8", "replace")
    for name in (IGNORE_NAME, dockerfile):
        if is_ignored(text, name):
            context.remove(name)
