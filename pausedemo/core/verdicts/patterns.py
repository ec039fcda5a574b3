"""What an expectation is made of: values, operators, and rows of a table.

A value means equal; operators are conditions on one value; rows are what a table must have, must
lack, or may only consist of.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)

from pausedemo.core.files.complaints import Words, describe
from pausedemo.core.files.validation import StrictModel

Scalar: TypeAlias = Annotated[
    StrictStr | StrictInt | StrictFloat | StrictBool | None,
    Words("one value: a text, a number, true, false or null"),
]
Number: TypeAlias = Annotated[
    StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)], Words("a number")
]


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile what ``matches`` searches for; ``^`` and ``$`` match at every line."""
    with warnings.catch_warnings():
        # About what a pattern will mean in some later Python; it means what it means here.
        warnings.simplefilter("ignore")
        return re.compile(pattern, re.MULTILINE)


def _is_pattern(text: str) -> str:
    try:
        compile_pattern(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{describe(text)} is not a regular expression: {error}") from error
    return text


_REFERENCE: Final = r"^[\w-]+(\.[\w-]+)+$"


def _is_reference(text: str) -> str:
    if not re.fullmatch(_REFERENCE, text):
        raise ValueError(
            f"{describe(text)} does not name an earlier step's fact, as before.uid does"
        )
    return text


Reference: TypeAlias = Annotated[
    StrictStr,
    AfterValidator(_is_reference),
    Field(json_schema_extra={"pattern": _REFERENCE}),
    Words("a fact of an earlier step, such as before.uid"),
]


class Operators(StrictModel):
    """Conditions on one value; all that are given must hold.

    ``same_as``, ``differs_from`` and ``at_least_as`` name a fact of an earlier step: ``<its
    as>.<fact>``. The defaults mean nothing: only what is given is a condition.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

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


class EventPattern(StrictModel):
    """What the kubelet told. ``type`` is Normal or Warning; ``reason`` one word."""

    type: Match = None
    reason: Match = None
    message: Match = None


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


class EventRows(Rows):
    """Conditions on a pod's events. ``in_order``: a row for each, one after another."""

    has: tuple[EventPattern, ...] = ()
    lacks: tuple[EventPattern, ...] = ()
    only: tuple[EventPattern, ...] = ()
    in_order: tuple[EventPattern, ...] = ()


NamespaceKind: TypeAlias = Annotated[
    str,
    Field(pattern="^(cgroup|ipc|mnt|net|pid|time|user|uts)$"),
    Words("a kind of namespace: cgroup, ipc, mnt, net, pid, time, user or uts"),
]
TwoOrMore: TypeAlias = Annotated[tuple[StrictStr, ...], Field(min_length=2)]


class NamespaceGroups(StrictModel):
    """Per kind of namespace: the containers that must be in one, or each in one of its own."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    shared: Mapping[NamespaceKind, TwoOrMore] = Field(default_factory=dict)
    separate: Mapping[NamespaceKind, TwoOrMore] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one(self) -> NamespaceGroups:
        if not self.shared and not self.separate:
            raise ValueError("nothing is expected; say what is shared or separate")
        return self
