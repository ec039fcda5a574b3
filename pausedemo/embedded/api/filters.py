"""The ``filters`` parameter: ``{"label": ["a=b"]}`` (SDK) or ``{"label": {"a=b": true}}`` (CLI)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from pausedemo.embedded.errors import BadParameter

Filters = Mapping[str, tuple[str, ...]]


def parse_filters(text: str | None, known: Collection[str]) -> Filters:
    """Each filter's values, in the order given.

    Raises BadParameter for what is no such object, and for names that are not ``known``.
    """
    if not text:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"invalid filters: {error}") from error
    if not isinstance(given, dict):
        raise BadParameter("invalid filters: not an object")
    filters: dict[str, tuple[str, ...]] = {}
    for name, values in given.items():
        if name not in known:
            raise BadParameter(f"Invalid filter '{name}'")
        if isinstance(values, dict):
            values = [value for value, on in values.items() if on]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BadParameter(f"invalid filters: the values of '{name}' are no list of strings")
        filters[name] = tuple(values)
    return filters


def parse_flag(filters: Filters, name: str) -> bool | None:
    """A filter that is true or false; None when it is not given. Raises BadParameter."""
    values = filters.get(name)
    if not values:
        return None
    meant = {value.lower() in {"1", "true"} for value in values}
    if any(value.lower() not in {"0", "1", "false", "true"} for value in values) or len(meant) > 1:
        raise BadParameter(f"Invalid filter '{name}=[{' '.join(values)}]'")
    return meant.pop()


def bears_labels(labels: Mapping[str, str], wanted: Collection[str]) -> bool:
    """Whether all of ``key`` and ``key=value`` are met."""
    for text in wanted:
        key, equals, value = text.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True
