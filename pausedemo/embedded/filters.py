"""The ``filters`` of a request: ``{"k": {"v": true}}`` by the CLI, ``{"k": ["v"]}`` by the SDK."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pausedemo.embedded.errors import BadParameter

Filters = dict[str, tuple[str, ...]]


def parse_filters(text: str | None, known: Iterable[str]) -> Filters:
    """Values by key. Raises BadParameter in dockerd's words for a key that is not ``known``."""
    if not text:
        return {}
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadParameter(f"invalid filter: {text}") from None
    if not isinstance(raw, dict):
        raise BadParameter(f"invalid filter: {text}")
    filters: Filters = {}
    allowed = set(known)
    for key, values in raw.items():
        if key not in allowed:
            raise BadParameter(f"Invalid filter '{key}'")
        if isinstance(values, dict):
            chosen = [value for value, is_on in values.items() if is_on]
        elif isinstance(values, list):
            chosen = [_word(value) for value in values]
        elif values is None:
            chosen = []
        else:
            chosen = [_word(values)]
        if chosen:
            filters[key] = tuple(chosen)
    return filters


def match_labels(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether all of ``key`` and ``key=value`` are among the labels."""
    for one in wanted:
        key, has_value, value = one.partition("=")
        if key not in labels or (has_value and labels[key] != value):
            return False
    return True


def parse_bool(text: str | None, default: bool = False) -> bool:
    """A query's boolean, as moby's httputils.BoolValue: what is not plainly false is true."""
    if text is None:
        return default
    return text.strip().lower() not in ("", "0", "no", "false", "none")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
