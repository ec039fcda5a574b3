"""Which files are meant: scenarios by name, by path, and all of a folder.

A scenario that comes along is named by its file's name, and the folder that it lies in groups it:
``network`` means all of that group. In a folder whatever is a scenario counts, and the manifests
beside it do not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pausedemo.core.files.nearest import nearest
from pausedemo.core.files.yamltext import LARGEST_BYTES, decode, load_documents
from pausedemo.errors import InvalidFile, UsageError
from pausedemo.resources import scenarios_dir

SUFFIXES: Final = (".yaml", ".yml")
#: Folders and files that are looked at for scenarios: a home folder is no folder of scenarios.
MOST_ENTRIES: Final = 50_000

#: A key of a scenario's top level, as a person writes it; a manifest has neither.
_TOP_KEY: Final = re.compile(r"^(pods|steps)\s*:", re.MULTILINE)
_FLOW: Final = re.compile(r"(\s|#[^\n]*\n|---\s)*\{")


def shipped_files() -> dict[str, Path]:
    """The scenarios that come along, by name, sorted by their place in the tree.

    Raises UsageError when two of them have one name.
    """
    files: dict[str, Path] = {}
    for path in find_in_folder(scenarios_dir()):
        first = files.setdefault(path.stem, path)
        if first != path:
            raise UsageError(f'two scenarios are named "{path.stem}": {first} and {path}')
    return files


def group_of(path: Path) -> str:
    """The folder that groups a scenario: below those that come along, or as it was named."""
    try:
        folder = path.parent.relative_to(scenarios_dir())
    except ValueError:
        folder = path.parent
    return "" if folder == Path() else folder.as_posix()


def find_files(wanted: Iterable[str]) -> tuple[Path, ...]:
    """The files of scenarios that are named by name, by path, or by a folder; each once.

    Raises UsageError for an unknown name, and for a folder without a scenario.
    """
    known = shipped_files()
    found: dict[Path, Path] = {}
    for name in wanted:
        for path in _find(name, known):
            found.setdefault(_real(path), path)
    return tuple(found.values())


def find_in_folder(folder: Path) -> Iterator[Path]:
    """All scenarios below a folder, sorted; hidden folders are left out, links not followed."""
    entries = 0
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        entries += len(folders) + len(files)
        if entries > MOST_ENTRIES:
            raise UsageError(f"{folder} holds more than {MOST_ENTRIES} files; name a smaller one")
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix in SUFFIXES and path.is_file() and _is_scenario(path):
                yield path


def read_text(path: Path) -> str:
    """A file's whole text. Raises UsageError, or InvalidFile for bytes that are not UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        # A name with a zero byte in it.
        raise UsageError(f"cannot read {str(path)!r}: {error}") from error
    if len(data) > LARGEST_BYTES:
        raise UsageError(f"cannot use {path}: it is larger than {LARGEST_BYTES // 1024} KiB")
    return decode(data, str(path))


def is_scenario(text: str) -> bool:
    """Whether a YAML text is meant as a scenario, right or wrong: it has pods or steps."""
    if _TOP_KEY.search(text):
        return True
    if not _FLOW.match(text):
        return False
    try:
        documents = load_documents(text, "")
    except InvalidFile:
        return False
    return any(
        isinstance(one.data, dict) and {"pods", "steps"} & set(one.data) for one in documents
    )


def _is_scenario(path: Path) -> bool:
    try:
        return is_scenario(read_text(path))
    except (UsageError, InvalidFile):
        # Whoever names it will be told. Here it may be anything.
        return False


def _find(name: str, known: Mapping[str, Path]) -> Iterable[Path]:
    if name in known:
        return (known[name],)
    path = Path(name)
    if name and "\0" not in name and path.is_dir():
        scenarios = tuple(find_in_folder(path))
        if not scenarios:
            raise UsageError(f"no scenario in the folder {path}: no file there has pods and steps")
        return scenarios
    if path.suffix in SUFFIXES or path.is_file():
        return (path,)
    group = [path for path in known.values() if group_of(path) == name.rstrip("/")]
    if group and name:
        return group
    if "/" in name:
        return (path,)
    close = nearest(name, known)
    hint = f'did you mean "{close}"?' if close else f"known: {', '.join(sorted(known))}"
    raise UsageError(f'no scenario "{name}"; {hint} (a file is named by its path)')


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path


def _refuse(error: OSError) -> None:
    raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
