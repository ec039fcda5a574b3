"""The filters of list and prune (API 1.41), and which images they let through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.filters import Filters, match_labels, parse_flag
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.reference import Reference

LIST_FILTERS: Final = frozenset({"dangling", "label", "before", "since", "reference"})
PRUNE_FILTERS: Final = frozenset({"dangling", "label", "label!", "until"})


def matches_labels(image: Image, filters: Filters) -> bool:
    """Whether all ``label`` filters hold, and none of ``label!``."""
    return match_labels(image.labels, filters.get("label", ())) and not any(
        match_labels(image.labels, [unwanted]) for unwanted in filters.get("label!", ())
    )


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
    dangling = parse_flag(filters, "dangling")
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
