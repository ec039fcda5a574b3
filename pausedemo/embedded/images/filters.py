"""The filters of list and prune (API 1.41), and which images they let through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.images.image import Image, parse_created
from pausedemo.embedded.images.reference import Reference

Filters = Mapping[str, tuple[str, ...]]
LIST_FILTERS: Final = frozenset({"dangling", "label", "before", "since", "reference"})
PRUNE_FILTERS: Final = frozenset({"dangling", "label", "label!", "until"})
_TRUE: Final = ("1", "t", "true", "T", "TRUE", "True")
_FALSE: Final = ("0", "f", "false", "F", "FALSE", "False")
_DURATION: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:h|m|s))+")
_UNITS: Final = {"h": 3600, "m": 60, "s": 1}


def parse_filters(text: str, known: Iterable[str]) -> Filters:
    """Filters as the docker command (``{"k":{"v":true}}``) or the SDK (``{"k":["v"]}``) writes.

    Raises BadParameter for other JSON, and for names that are not ``known``.
    """
    try:
        parsed = json.loads(text) if text else {}
    except ValueError as error:
        raise BadParameter(f"invalid filters: {error}") from error
    if not isinstance(parsed, dict):
        raise BadParameter("invalid filters: not an object")
    found: dict[str, tuple[str, ...]] = {}
    for key, values in parsed.items():
        if key not in known:
            raise BadParameter(f"Invalid filter '{key}'")
        if isinstance(values, dict):
            values = [value for value, is_set in values.items() if is_set]
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise BadParameter(f"invalid filters: {key} is not a list of strings")
        found[key] = tuple(values)
    return found


def read_flag(filters: Filters, key: str, default: bool | None = None) -> bool | None:
    """A filter that is true or false; ``default`` where it is not given."""
    values = filters.get(key)
    if not values:
        return default
    if all(value in _TRUE for value in values):
        return True
    if all(value in _FALSE for value in values):
        return False
    raise BadParameter(f"Invalid filter '{key}={list(values)}'")


def matches_labels(image: Image, filters: Filters) -> bool:
    """Whether all ``label`` filters hold, and none of ``label!``."""
    return all(_has_label(image, wanted) for wanted in filters.get("label", ())) and not any(
        _has_label(image, unwanted) for unwanted in filters.get("label!", ())
    )


def _has_label(image: Image, wanted: str) -> bool:
    key, has_value, value = wanted.partition("=")
    labels = image.labels
    return key in labels and (not has_value or labels[key] == value)


def matches_reference(name: Reference, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits the short name, with its tag or without (``FamiliarMatch``)."""
    names = (name.familiar, name.familiar_name)
    return any(_glob(pattern).fullmatch(one) for pattern in patterns for one in names)


def _glob(pattern: str) -> re.Pattern[str]:
    # Go's path.Match: * and ? stop at a slash, which fnmatch does not know.
    parts, at = [], 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "*":
            parts.append("[^/]*")
        elif letter == "?":
            parts.append("[^/]")
        elif letter == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            parts.append(f"[{inside}]")
            at = end
        elif letter == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append(re.escape(letter))
        at += 1
    try:
        return re.compile("".join(parts))
    except re.error:
        raise BadParameter(f"syntax error in pattern: {pattern}") from None


def list_images(
    images: Iterable[Image],
    filters: Filters,
    find: Callable[[str], Image],
    *,
    show_all: bool,
) -> list[Image]:
    """The images of ``GET /images/json``, newest first, each with the names that match.

    ``find`` is the store's ``get``, for ``before`` and ``since``. Without ``show_all`` images
    that have no name and are only the base of another are left out.
    """
    rows = list(images)
    parents = {image.parent for image in rows}
    dangling = read_flag(filters, "dangling")
    befores = [find(one).created for one in filters.get("before", ())]
    sinces = [find(one).created for one in filters.get("since", ())]
    found = []
    for image in rows:
        if any(image.created >= one for one in befores):
            continue
        if any(image.created <= one for one in sinces):
            continue
        if not matches_labels(image, filters):
            continue
        chosen = _choose_names(image, filters.get("reference", ()))
        if chosen.names:
            if dangling and chosen.repo_tags:
                continue
        elif (
            "reference" in filters
            or dangling is False
            or (image.id in parents and (dangling or not show_all))
        ):
            continue
        found.append(chosen)
    return sorted(found, key=lambda one: (-one.created, one.id))


def _choose_names(image: Image, patterns: Iterable[str]) -> Image:
    patterns = tuple(patterns)
    if not patterns:
        return image
    names = tuple(name for name in image.names if matches_reference(name, patterns))
    return Image(image.id, image.config, image.layers, names, image.parent, image.tagged)


def read_until(filters: Filters, now: float) -> float | None:
    """The moment, in seconds since 1970, that ``until`` gives: a time, or how long ago."""
    values = filters.get("until", ())
    if not values:
        return None
    if len(values) > 1:
        raise BadParameter("more than one until filter specified")
    text = values[0]
    if _DURATION.fullmatch(text):
        pieces = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
        return now - sum(float(number) * _UNITS[unit] for number, unit in pieces)
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        return float(parse_created(text))
    raise BadParameter(f"invalid until filter: {text}")
