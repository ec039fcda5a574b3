"""YAML text to plain data that remembers where each value stands.

What would surprise is refused: anchors and aliases (and so bombs), merge keys, tags beyond YAML's
own plain ones, doubled keys. PyYAML's events are read with a stack of our own, so deep nesting
costs no recursion. A file's problems are gathered; only a syntax error ends the reading early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

from pausedemo.core.files.yamlscalars import (
    MAPPING_TAG,
    MERGE_TAG,
    SEQUENCE_TAG,
    Scalar,
    ScalarError,
    construct_scalar,
    resolve_tag,
    shorten,
)
from pausedemo.errors import InvalidFile, Problem

Data: TypeAlias = Scalar | list["Data"] | dict[str, "Data"]
DataPath: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

LARGEST_BYTES: Final = 1024 * 1024
DEEPEST: Final = 64
# Nobody reads more of them, and a hostile file may hold a million.
MOST_PROBLEMS: Final = 100

# YAML 1.1, 5.1: what may not stand in a file; and a byte order mark inside, as libyaml.
# Named one by one: the set of all others takes ten times as long to compile, at every start.
_FORBIDDEN: Final = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: ``data``, and the places of its values and keys.

    A path is keys and list indexes from the top of ``data``. Places are (line, column) from 1.
    """

    data: Data
    _places: dict[DataPath, Place] = field(repr=False)
    _key_places: dict[DataPath, Place] = field(repr=False)
    #: Where ``data`` is, from the top of what the places are of.
    _top: DataPath = ()

    def place(self, path: DataPath) -> Place:
        """Where the value stands; for a path that leads nowhere, the nearest value around it."""
        path = self._top + path
        while path and path not in self._places:
            path = path[:-1]
        return self._places[path]

    def key_place(self, path: DataPath) -> Place:
        """Where the path's last key stands; the same as ``place`` where there is no such key."""
        return self._key_places.get(self._top + path) or self.place(path)

    def part(self, path: DataPath) -> Document:
        """A value inside as a document of its own, at its place in the file."""
        data = self.data
        for key in path:
            data = data[key]  # type: ignore[index]
        return Document(data, self._places, self._key_places, self._top + path)


def decode(data: bytes, source: str) -> str:
    """Decode a UTF-8 file, and leave out a byte order mark.

    Raises InvalidFile with the place of the first byte that is not UTF-8.
    """
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise InvalidFile([_problem_after(before, source, message)]) from None


def load_documents(text: str, source: str) -> tuple[Document, ...]:
    """Read the documents of a YAML text; empty ones are left out.

    ``source`` names the text in problems. Whole numbers fit in 64 bits; dates are text.

    Raises InvalidFile with every problem up to a syntax error, and at most 100 of them.
    """
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="surrogatepass")) > LARGEST_BYTES:
        message = f"larger than {LARGEST_BYTES // 1024} KiB, which no manifest or scenario needs"
        raise InvalidFile([Problem(source, 0, 0, message)])
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        message = f"character U+{ord(forbidden[0]):04X} may not stand in YAML"
        raise InvalidFile([_problem_after(text[: forbidden.start()], source, message)])
    reader = _Reader(source)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reader.take(event)
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(error, source))
    except _EnoughError:
        pass
    if reader.problems:
        raise InvalidFile(reader.problems)
    return tuple(reader.documents)


class _EnoughError(Exception):
    """Reading on would not help the person who reads the problems."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet. ``key`` is the one whose value comes next."""

    value: list[Data] | dict[str, Data]
    path: DataPath
    keys: dict[str, Place] = field(default_factory=dict)
    key: str = ""
    expects_key: bool = False


class _Reader:
    """Builds documents out of events, and gathers problems.

    A value that is refused is put in all the same: with problems, no document is given out.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._root: Data = None
        self._places: dict[DataPath, Place] = {}
        self._key_places: dict[DataPath, Place] = {}

    def take(self, event: yaml.Event) -> None:
        """Use one event. Raises _EnoughError when there is no point in reading on."""
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._refuse_anchor(event, str(event.anchor))
        match event:
            case yaml.DocumentStartEvent():
                self._root, self._places, self._key_places = None, {}, {}
            case yaml.DocumentEndEvent() if self._places:
                self.documents.append(Document(self._root, self._places, self._key_places))
            case yaml.ScalarEvent():
                self._take_scalar(event)
            case yaml.AliasEvent():
                self._put(event, None)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._start_collection(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
            case _:
                pass

    def _refuse_anchor(self, event: yaml.NodeEvent, anchor: str) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._report(
                event, f"alias {shorten('*' + anchor)} is not accepted: write the value out"
            )
        else:
            self._report(event, f"anchor {shorten('&' + anchor)} is not accepted: remove it")

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        parent = self._open[-1] if self._open else None
        plain = event.implicit[0]
        if parent is None and plain and not event.value and not event.tag and not event.anchor:
            return  # an empty document
        value: Scalar = event.value
        try:
            value = construct_scalar(event.value, event.tag, plain=plain)
        except ScalarError as error:
            self._report(event, str(error))
        if parent is None or not parent.expects_key:
            self._put(event, value)
            return
        parent.expects_key = False
        if plain and not event.tag and resolve_tag(event.value) == MERGE_TAG:
            self._report(event, "merge key << is not accepted: write the values out")
        elif isinstance(value, str):
            self._take_key(event, parent, value)
        elif not event.value:
            self._report(event, "key is missing")
        else:
            self._report(event, f"key {shorten(event.value)} is not text: write it in quotes")

    def _take_key(self, event: yaml.Event, parent: _Open, key: str) -> None:
        first = parent.keys.setdefault(key, _place(event))
        if first != _place(event):
            line, column = first
            self._report(
                event, f"key {shorten(key)} is here twice: first on line {line}, column {column}"
            )
        parent.key = key
        self._key_places[(*parent.path, key)] = first

    def _start_collection(self, event: yaml.CollectionStartEvent) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", MAPPING_TAG if mapping else SEQUENCE_TAG):
            self._report(event, f"tag {shorten(event.tag)} is not accepted: leave it out")
        if len(self._open) == DEEPEST:
            self._report(event, f"nested more than {DEEPEST} levels deep")
            raise _EnoughError
        value: list[Data] | dict[str, Data] = {} if mapping else []
        path = self._put(event, value)
        self._open.append(_Open(value, path, expects_key=mapping))

    def _put(self, event: yaml.Event, value: Data) -> DataPath:
        """Put a value where the next one belongs, and return that path."""
        parent = self._open[-1] if self._open else None
        if parent is None:
            path: DataPath = ()
            self._root = value
        elif isinstance(parent.value, list):
            path = (*parent.path, len(parent.value))
            parent.value.append(value)
        elif parent.expects_key:
            # The key itself is a list, a mapping or an alias: it has no path.
            if not isinstance(event, yaml.AliasEvent):
                self._report(event, "key is a list or mapping: only text is accepted")
            parent.expects_key = False
            return parent.path
        else:
            path = (*parent.path, parent.key)
            parent.value[parent.key] = value
            parent.expects_key = True
        self._places[path] = _place(event)
        return path

    def _report(self, event: yaml.Event, message: str) -> None:
        self.problems.append(Problem(self._source, *_place(event), message))
        if len(self.problems) == MOST_PROBLEMS:
            raise _EnoughError


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    if mark is None:  # PyYAML's types allow it; its parsers always set one
        return 0, 0
    return mark.line + 1, mark.column + 1


def _problem_after(before: str, source: str, message: str) -> Problem:
    """Make a problem at the character that follows ``before``, the start of the text."""
    line_start = before.rfind("\n") + 1
    return Problem(source, before.count("\n") + 1, len(before) - line_start + 1, message)


def _syntax_problem(error: yaml.YAMLError, source: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(source, 0, 0, f"not YAML: {error}")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    context = error.context or ""
    if error.context_mark and error.context_mark.line + 1 != line:
        context += f" that starts on line {error.context_mark.line + 1}"
    what = ", ".join(part for part in (context, error.problem) if part)
    return Problem(source, line, column, f"not YAML: {what}")
