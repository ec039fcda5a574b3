"""COPY, ADD and WORKDIR at work: from an instruction to a layer in the store. These block."""

from __future__ import annotations

import stat as st
from collections.abc import Mapping
from dataclasses import dataclass

from pausedemo.embedded.build.commits import StageState
from pausedemo.embedded.build.instructions import Copy
from pausedemo.embedded.build.layer import Item, Layer, Owner, join_destination
from pausedemo.embedded.build.owners import resolve_owner
from pausedemo.embedded.build.sources import Sources, compute_digest
from pausedemo.embedded.build.tree import Tree
from pausedemo.embedded.build.words import expand
from pausedemo.embedded.build.workbench import PathStat, Workbench
from pausedemo.embedded.errors import BadParameter, NotFound

TABLE_LIMIT = 1 << 20  # bytes of a passwd file that are looked at


@dataclass(frozen=True, slots=True)
class Prepared:
    """Files that were found. ``text`` says all that the result depends on."""

    bench: Workbench
    image_id: str | None
    items: tuple[Item, ...]
    destination: str
    owner: Owner | None
    keyword: str
    text: str

    def store(self) -> str:
        """Make the layer and store it; its diff id. Raises BadParameter."""
        layer = Layer(lambda path: stat_path(self.bench, self.image_id, path), self.owner)
        try:
            layer.add(self.items, self.destination)
        except BadParameter as error:
            raise BadParameter(f"{self.keyword} failed: {error}") from error
        with layer.write() as tar:
            return self.bench.add_layer(tar)


def copy_files(
    bench: Workbench,
    sources: Sources,
    state: StageState,
    wanted: Copy,
    known: Mapping[str, str],
    source_id: str | None,
) -> Prepared:
    """Find what is to be copied; ``known``: variables, ``source_id``: the image of ``--from``.

    Raises BadParameter, NotSupported.
    """
    patterns = [expand(word, known, wanted.escape) for word in wanted.sources]
    requested = expand(wanted.destination, known, wanted.escape)
    chown = expand(wanted.chown, known, wanted.escape)
    destination = join_destination(state.config.get("WorkingDir") or "/", requested)
    items = tuple(sources.find(wanted.keyword, patterns, source_id))
    if len(items) > 1 and not requested.endswith("/"):
        raise BadParameter(
            f"When using {wanted.keyword} with more than one source file, "
            "the destination must be a directory and end with a /"
        )
    owner = None
    if chown:
        owner = resolve_owner(chown, lambda path: read_text(bench, state.image_id, path))
    flag = f"--chown={chown} " if chown else ""
    text = f"{wanted.keyword} {flag}{compute_digest(items)} in {destination} "
    return Prepared(bench, state.image_id, items, destination, owner, wanted.keyword, text)


def make_workdir(bench: Workbench, image_id: str | None, path: str) -> str | None:
    """A layer with a directory that the image does not have; None when it has it."""
    layer = Layer(lambda path: stat_path(bench, image_id, path))
    target, there = layer.resolve(path)
    if path == "/" or there is not None:
        if there is not None and not st.S_ISDIR(there.mode):
            raise BadParameter(f"Cannot mkdir: {path} is not a directory")
        return None
    layer.make_directory(target)
    with layer.write() as tar:
        return bench.add_layer(tar)


def stat_path(bench: Workbench, image_id: str | None, path: str) -> PathStat | None:
    """What is at ``path``; an image that is nothing has its root all the same."""
    found = None if image_id is None else bench.stat_path(image_id, path)
    return PathStat("/", st.S_IFDIR | 0o755) if found is None and path == "/" else found


def read_text(bench: Workbench, image_id: str | None, path: str) -> str:
    """A small file of an image, or "" when it has none."""
    if image_id is None:
        return ""
    try:
        with bench.read_tree(image_id, path) as tar:
            tree = Tree.from_tar(tar, devices=True)
            for name, entry in tree.walk(""):
                if entry.isreg():
                    with tree.open(name) as file:
                        return file.read(TABLE_LIMIT).decode("utf-8", "replace")
    except NotFound:
        pass
    return ""
