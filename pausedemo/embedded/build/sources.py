"""What COPY and ADD copy: files of the context, of an earlier stage or of an image."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO, Final

from pausedemo.embedded.build.layer import Item
from pausedemo.embedded.build.patterns import has_wildcards
from pausedemo.embedded.build.spool import inflate
from pausedemo.embedded.build.tree import Tree
from pausedemo.embedded.build.workbench import Workbench
from pausedemo.embedded.errors import BadParameter, NotFound, NotSupported

REMOTE: Final = ("http://", "https://", "ftp://", "git://", "git@")


class Sources:
    """Finds items; trees that it opens live until ``close``."""

    def __init__(self, bench: Workbench, context: Tree) -> None:
        self._bench = bench
        self._context = context
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    def find(self, keyword: str, patterns: Sequence[str], image_id: str | None) -> list[Item]:
        """Items for all patterns, in order. ``image_id`` None: the context.

        ADD takes a local archive for what is in it. Raises BadParameter, NotSupported.
        """
        items: list[Item] = []
        for pattern in patterns:
            if keyword == "ADD" and pattern.startswith(REMOTE):
                raise NotSupported(
                    f"ADD failed: this engine downloads nothing: put a file into the build "
                    f"context instead of {pattern}"
                )
            if image_id is None:
                items += self._in_context(keyword, pattern)
            else:
                items += self._in_image(keyword, pattern, image_id)
        if not items:
            raise BadParameter(f"{keyword} failed: no source files were specified")
        return [self._unpacked(item) for item in items] if keyword == "ADD" else items

    def _in_context(self, keyword: str, pattern: str) -> list[Item]:
        path = _clean(keyword, pattern)
        if path and has_wildcards(path):
            return [self._context_item(keyword, match) for match in self._context.glob(path)]
        return [self._context_item(keyword, path)]

    def _context_item(self, keyword: str, path: str) -> Item:
        found = self._context.resolve(path)
        if found is None:
            raise BadParameter(
                f"{keyword} failed: file not found in build context or excluded by "
                f".dockerignore: stat {path}: file does not exist"
            )
        return Item(self._context, found, posixpath.basename(path))

    def _in_image(self, keyword: str, pattern: str, image_id: str) -> list[Item]:
        path = _clean(keyword, pattern)
        if not has_wildcards(path):
            return [self._image_item(keyword, path, image_id)]
        fixed: list[str] = []
        for part in path.split("/"):
            if has_wildcards(part):
                break
            fixed.append(part)
        top = "/".join(fixed)
        try:
            tree = self._read(image_id, top)
        except NotFound:
            return []
        below = path[len(top) :].lstrip("/")
        items = []
        for match in tree.glob(below):
            entry = tree.get(match)
            if entry is not None and entry.issym():
                # It may lead out of what was read: ask the image for what it stands for.
                items.append(self._image_item(keyword, posixpath.join(top, match), image_id))
            else:
                items.append(Item(tree, match, posixpath.basename(match)))
        return items

    def _image_item(self, keyword: str, path: str, image_id: str) -> Item:
        try:
            tree = self._read(image_id, path)
        except NotFound:
            raise BadParameter(f"{keyword} failed: stat {path}: file does not exist") from None
        stat = self._bench.stat_path(image_id, "/" + path)
        is_directory = stat is not None and stat.mode & 0o170000 == 0o040000
        inside = "" if is_directory else posixpath.basename(stat.path if stat else path)
        if tree.get(inside) is None:
            # The one entry bears either the asked or the resolved name.
            inside = next((name for name, _ in tree.walk("") if name), "")
        return Item(tree, inside, posixpath.basename(path))

    def _read(self, image_id: str, path: str) -> Tree:
        file = self._open.enter_context(self._bench.read_tree(image_id, "/" + path))
        return Tree.from_tar(file, devices=True)

    def _unpacked(self, item: Item) -> Item:
        """The content of a local archive, or the item itself when it is none."""
        entry = item.tree.get(item.path)
        if entry is None or not entry.isreg() or not entry.size:
            return item
        with item.tree.open(item.path) as packed:
            file = self._inflated(packed)
        if file is None:
            return item
        return Item(Tree.from_tar(file, devices=True), "", item.name, unpacked=True)

    def _inflated(self, packed: IO[bytes]) -> IO[bytes] | None:
        spool = tempfile.TemporaryFile(prefix="pausedemo-add-")  # noqa: SIM115 - kept in the stack
        with ExitStack() as failing:
            failing.callback(spool.close)
            try:
                inflate(packed, spool)
                with tarfile.open(fileobj=spool, mode="r:") as probe:
                    if probe.next() is None:
                        return None
            except (tarfile.TarError, BadParameter):
                return None
            failing.pop_all()
        self._open.callback(spool.close)
        spool.seek(0)
        return spool


def compute_digest(items: Sequence[Item]) -> str:
    """``file:``, ``dir:`` or ``multi:`` and SHA-256: what the cache and the history know."""
    digests = []
    for item in items:
        entry = item.tree.get(item.path)
        kind = "dir" if entry is not None and entry.isdir() and not item.unpacked else "file"
        digests.append(f"{kind}:{item.tree.digest(item.path)}")
    if len(digests) == 1:
        return digests[0]
    # The names decide where files come to lie when there are several.
    named = [f"{digest} {item.name}" for digest, item in zip(digests, items, strict=True)]
    return "multi:" + hashlib.sha256("\n".join(named).encode()).hexdigest()


def _clean(keyword: str, pattern: str) -> str:
    path = posixpath.normpath(pattern.lstrip("/") or ".")
    if path == ".." or path.startswith("../"):
        raise BadParameter(
            f"{keyword} failed: forbidden path outside the build context: {pattern} ()"
        )
    return "" if path == "." else path
