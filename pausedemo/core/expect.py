"""What a scenario expects, and the verdict on facts.

An expectation is a value (equal), a mapping of operators, or rows that a table must have, must
lack, or may only consist of. Facts are plain data: what a typed observation says of itself.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)

from pausedemo.core.complaints import Words, describe
from pausedemo.core.results import Failure, Json
from pausedemo.core.validation import StrictModel

Scalar: TypeAlias = Annotated[
    StrictStr | StrictInt | StrictFloat | StrictBool | None,
    Words("one value: a text, a number, true, false or null"),
]
Number: TypeAlias = Annotated[
    StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)], Words("a number")
]
#: Finds the fact that a reference such as ``before.uid`` names. Raises KeyError for none.
Lookup: TypeAlias = Callable[[str], Json]


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # About what a pattern will mean in some later Python; it means what it means here.
        warnings.simplefilter("ignore")
        return re.compile(pattern, re.MULTILINE)


def _is_pattern(text: str) -> str:
    try:
        _compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{describe(text)} is not a regular expression: {error}") from error
    return text


def _is_reference(text: str) -> str:
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", text):
        raise ValueError(
            f"{describe(text)} does not name an earlier step's fact, as before.uid does"
        )
    return text


Reference: TypeAlias = Annotated[StrictStr, AfterValidator(_is_reference)]


class Operators(StrictModel):
    """Conditions on one value; all that are given must hold.

    ``same_as``, ``differs_from`` and ``at_least_as`` name a fact of an earlier step: ``<its
    as>.<fact>``. The defaults mean nothing: only what is given is a condition.
    """

    contains: StrictStr = ""
    matches: Annotated[StrictStr, AfterValidator(_is_pattern)] = ""
    is_not: Scalar = None
    one_of: Annotated[tuple[Scalar, ...], Field(min_length=1)] = ()
    at_least: Number = 0
    at_most: Number = 0
    same_as: Reference = ""
    differs_from: Reference = ""
    at_least_as: Reference = ""

    @model_validator(mode="after")
    def _has_one(self) -> Operators:
        if not self.model_fields_set:
            raise ValueError(f"nothing is expected; use {', '.join(type(self).model_fields)}")
        return self

    @property
    def given(self) -> Iterator[tuple[str, Any]]:
        """The operators that are given, in the order of the fields, and their operands."""
        for name in type(self).model_fields:
            if name in self.model_fields_set:
                yield name, getattr(self, name)

    @property
    def references(self) -> Iterator[str]:
        """The facts of earlier steps that this one rests on."""
        yield from filter(None, (self.same_as, self.differs_from, self.at_least_as))


def _kind_of_match(value: object) -> str:
    return "operators" if isinstance(value, (Mapping, Operators)) else "value"


Match: TypeAlias = Annotated[
    Annotated[Operators, Tag("operators")] | Annotated[Scalar, Tag("value")],
    Discriminator(_kind_of_match),
]


class ProcessPattern(StrictModel):
    """A row of ``ps``; only the given columns are compared."""

    pid: Match = None
    ppid: Match = None
    user: Match = None
    state: Match = None
    command: Match = None


class SocketPattern(StrictModel):
    """A row of ``netstat``; only the given columns are compared.

    ``program`` is ``PID/NAME``; null where the process cannot be seen.
    """

    protocol: Match = None
    address: Match = None
    port: Match = None
    state: Match = None
    program: Match = None


class ContainerPattern(StrictModel):
    """A row of ``docker ps``; ``container`` is the name in the pod, POD for the infra container."""

    container: Match = None
    name: Match = None
    image: Match = None
    state: Match = None
    attempt: Match = None
    command: Match = None


class Rows(StrictModel):
    """Conditions on a table. ``only``: every row matches one of these."""

    count: Match = None


class ProcessRows(Rows):
    """Conditions on ``ps``."""

    has: tuple[ProcessPattern, ...] = ()
    lacks: tuple[ProcessPattern, ...] = ()
    only: tuple[ProcessPattern, ...] = ()


class SocketRows(Rows):
    """Conditions on ``netstat``."""

    has: tuple[SocketPattern, ...] = ()
    lacks: tuple[SocketPattern, ...] = ()
    only: tuple[SocketPattern, ...] = ()


class ContainerRows(Rows):
    """Conditions on ``docker ps``."""

    has: tuple[ContainerPattern, ...] = ()
    lacks: tuple[ContainerPattern, ...] = ()
    only: tuple[ContainerPattern, ...] = ()


NamespaceKind: TypeAlias = Annotated[
    str,
    Field(pattern="^(cgroup|ipc|mnt|net|pid|time|user|uts)$"),
    Words("a kind of namespace: cgroup, ipc, mnt, net, pid, time, user or uts"),
]
TwoOrMore: TypeAlias = Annotated[tuple[StrictStr, ...], Field(min_length=2)]


class NamespaceGroups(StrictModel):
    """Per kind of namespace: the containers that must be in one, or each in one of its own."""

    shared: Mapping[NamespaceKind, TwoOrMore] = Field(default_factory=dict)
    separate: Mapping[NamespaceKind, TwoOrMore] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one(self) -> NamespaceGroups:
        if not self.shared and not self.separate:
            raise ValueError("nothing is expected; say what is shared or separate")
        return self


def check(
    expectation: StrictModel, facts: Mapping[str, Json], lookup: Lookup
) -> tuple[Failure, ...]:
    """Hold facts against an expectation: every failure, in the order of the fields.

    Each field of the expectation that is set, or has a default other than None, is compared with
    the fact of the same name. KeyError when the facts do not hold it.
    """
    failures: list[Failure] = []
    for name, wanted in _given(expectation):
        failures += _check_fact(name, wanted, facts[name], lookup)
    return tuple(failures)


def references(expectation: Any) -> Iterator[str]:
    """All facts of earlier steps that an expectation, at any depth, rests on."""
    match expectation:
        case Operators():
            yield from expectation.references
        case StrictModel():
            for name in type(expectation).model_fields:
                yield from references(getattr(expectation, name))
        case tuple() | list():
            for item in expectation:
                yield from references(item)


def render_expected(wanted: Any) -> Json:
    """Show an expectation as the plain data that a scenario file would hold."""
    match wanted:
        case Operators():
            return {name: render_expected(operand) for name, operand in wanted.given}
        case StrictModel():
            return {name: render_expected(value) for name, value in _given(wanted)}
        case tuple() | list():
            return [render_expected(item) for item in wanted]
        case Mapping():
            return {str(key): render_expected(value) for key, value in wanted.items()}
        case _:
            return wanted  # type: ignore[no-any-return]


def _given(expectation: StrictModel) -> Iterator[tuple[str, Any]]:
    for name in type(expectation).model_fields:
        value = getattr(expectation, name)
        if name in expectation.model_fields_set or value not in (None, (), {}):
            yield name, value


def _check_fact(where: str, wanted: Any, actual: Json, lookup: Lookup) -> Iterator[Failure]:
    match wanted:
        case Rows():
            yield from _check_rows(where, wanted, actual, lookup)
        case NamespaceGroups():
            yield from _check_namespaces(where, wanted, actual)
        case _ if not _matches(wanted, actual, lookup):
            yield Failure(where, _with_references(wanted, lookup), actual)


def _check_rows(where: str, wanted: Rows, actual: Json, lookup: Lookup) -> Iterator[Failure]:
    if not isinstance(actual, Sequence) or isinstance(actual, str):
        raise TypeError(f"{where} is not a table")
    rows = [row for row in actual if isinstance(row, Mapping)]
    if "count" in wanted.model_fields_set and not _matches(wanted.count, len(rows), lookup):
        yield Failure(f"{where}.count", _with_references(wanted.count, lookup), len(rows))

    def matching(pattern: StrictModel) -> list[Mapping[str, Json]]:
        return [row for row in rows if _row_matches(pattern, row, lookup)]

    missing = [p for p in getattr(wanted, "has", ()) if not matching(p)]
    if missing:
        yield Failure(f"{where}.has", [_with_references(p, lookup) for p in missing], rows)
    for pattern in getattr(wanted, "lacks", ()):
        if found := matching(pattern):
            yield Failure(f"{where}.lacks", _with_references(pattern, lookup), found)
    only = getattr(wanted, "only", ())
    if only:
        extra = [row for row in rows if not any(_row_matches(p, row, lookup) for p in only)]
        if extra:
            yield Failure(f"{where}.only", [_with_references(p, lookup) for p in only], extra)


def _row_matches(pattern: StrictModel, row: Mapping[str, Json], lookup: Lookup) -> bool:
    return all(
        _matches(getattr(pattern, name), row[name], lookup) for name in pattern.model_fields_set
    )


def _check_namespaces(where: str, wanted: NamespaceGroups, actual: Json) -> Iterator[Failure]:
    if not isinstance(actual, Mapping):
        raise TypeError(f"{where} is not a mapping of containers to namespaces")
    for word, groups in (("shared", wanted.shared), ("separate", wanted.separate)):
        for kind, containers in groups.items():
            inodes = {name: _inode(actual, name, kind) for name in containers}
            distinct = len(set(inodes.values()))
            if distinct != (1 if word == "shared" else len(containers)):
                yield Failure(f"{where}.{word}.{kind}", list(containers), inodes)


def _inode(actual: Mapping[str, Json], container: str, kind: str) -> Json:
    namespaces = actual[container]
    if not isinstance(namespaces, Mapping):
        raise TypeError(f"the namespaces of {container} are not a mapping")
    return namespaces[kind]


def _matches(wanted: Any, actual: Json, lookup: Lookup) -> bool:
    if not isinstance(wanted, Operators):
        return _equal(wanted, actual)
    return all(_operator_holds(name, operand, actual, lookup) for name, operand in wanted.given)


def _operator_holds(name: str, operand: Any, actual: Json, lookup: Lookup) -> bool:
    match name:
        case "contains":
            return isinstance(actual, str) and operand in actual
        case "matches":
            return isinstance(actual, str) and _compile(operand).search(actual) is not None
        case "is_not":
            return not _equal(operand, actual)
        case "one_of":
            return any(_equal(choice, actual) for choice in operand)
        case "at_least":
            return _is_ordered(operand, actual)
        case "at_most":
            return _is_ordered(actual, operand)
        case "same_as":
            return _equal(lookup(operand), actual)
        case "differs_from":
            return not _equal(lookup(operand), actual)
        case "at_least_as":
            return _is_ordered(lookup(operand), actual)
    raise AssertionError(f"operator {name} has no rule")


def _is_ordered(smaller: Json, larger: Json) -> bool:
    """Whether both are numbers, the second no less than the first."""
    for value in (smaller, larger):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
    return smaller <= larger  # type: ignore[operator]


def _equal(wanted: Json, actual: Json) -> bool:
    """Equality in which true is not 1."""
    return isinstance(wanted, bool) == isinstance(actual, bool) and wanted == actual


def _with_references(wanted: Any, lookup: Lookup) -> Json:
    """The expectation as data, with what each reference stands for beside it."""
    shown = render_expected(wanted)
    named = {reference: lookup(reference) for reference in references(wanted)}
    if named and isinstance(shown, Mapping):
        return {**shown, "where": named}
    return shown
