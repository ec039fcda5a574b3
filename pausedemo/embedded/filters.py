"""The ``filters`` parameter: ``{"label": ["a=b"]}`` (SDK) or ``{"label": {"a=b": true}}`` (CLI)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.moments import parse_moment

Filters = Mapping[str, tuple[str, ...]]

#: As Go reads a boolean (strconv.ParseBool), in capitals or not.
_FLAGS: Final = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


def parse_filters(text: str | None, known: Collection[str]) -> Filters:
    """Each filter's values, in the order given; a filter without any is left out.

    Raises BadParameter for what is no such object, and for names that are not ``known``.
    """
    if not text:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"invalid filter: {error}") from error
    if not isinstance(given, dict):
        raise BadParameter("invalid filter: not an object")
    filters: dict[str, tuple[str, ...]] = {}
    for name, values in given.items():
        if name not in known:
            raise BadParameter(f"Invalid filter '{name}'")
        if isinstance(values, dict):
            values = [value for value, on in values.items() if on]
        if not isinstance(values, list | None) or not all(map(_is_plain, values or ())):
            raise BadParameter(f"invalid filter: the values of '{name}' are no list of strings")
        if values:
            filters[name] = tuple(map(_write, values))
    return filters


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool | int)


def _write(value: object) -> str:
    # The SDK hands on what it was given: booleans and numbers, too.
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_flag(filters: Filters, name: str, default: bool | None = None) -> bool | None:
    """A filter that is true or false; ``default`` when it is not given. Raises BadParameter."""
    meant = {_FLAGS.get(value.lower()) for value in filters.get(name, ())}
    if not meant:
        return default
    if len(meant) > 1 or None in meant:
        raise BadParameter(f"Invalid filter '{name}=[{' '.join(filters[name])}]'")
    return meant.pop()


def parse_until(filters: Filters, now_ns: int) -> int | None:
    """The moment of a prune's ``until``, Unix time in ns. Raises BadParameter.

    Source: moby, daemon/prune.go, getUntilFromPruneFilters.
    """
    values = filters.get("until", ())
    if len(values) > 1:
        raise BadParameter("more than one until filter specified")
    return parse_moment(values[0], now_ns) if values else None


def match_labels(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether all of ``key`` and ``key=value`` are met."""
    for text in wanted:
        key, equals, value = text.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def parse_bool(text: str | None, default: bool = False) -> bool:
    """A query's boolean, as moby's httputils.BoolValue: what is not plainly false is true."""
    if text is None:
        return default
    return text.strip().lower() not in ("", "0", "no", "false", "none")
