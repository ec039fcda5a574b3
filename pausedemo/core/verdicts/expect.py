"""The verdict: what was expected, held against the facts.

Facts are plain data: what a typed observation says of itself. The patterns that an expectation
is made of are in patterns.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pausedemo.core.files.validation import StrictModel
from pausedemo.core.verdicts.patterns import NamespaceGroups, Operators, Rows, compile_pattern
from pausedemo.core.verdicts.results import Failure, Json

#: Finds the fact that a reference such as ``before.uid`` names. Raises KeyError for none.
Lookup: TypeAlias = Callable[[str], Json]


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
    in_order = getattr(wanted, "in_order", ())
    # One iterator for all: each pattern is sought after the row of the one before it.
    following = iter(rows)
    if not all(any(_row_matches(p, row, lookup) for row in following) for p in in_order):
        yield Failure(f"{where}.in_order", [_with_references(p, lookup) for p in in_order], rows)


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
            return isinstance(actual, str) and compile_pattern(operand).search(actual) is not None
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
