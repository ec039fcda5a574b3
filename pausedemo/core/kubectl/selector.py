"""Label selectors: ``app=web,tier!=db``, ``env in (a, b)``, ``!old``.

Source: k8s.io/apimachinery/pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Matcher: TypeAlias = Callable[[Mapping[str, str]], bool]

_KEY: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?"
_VALUE: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?"
_EQUAL: Final = re.compile(rf"\s*({_KEY})\s*(==|=|!=)\s*({_VALUE})\s*")
_SET: Final = re.compile(rf"\s*({_KEY})\s+(in|notin)\s*\(([^()]*)\)\s*")
_EXISTS: Final = re.compile(rf"\s*(!?)\s*({_KEY})\s*")
#: The commas that are not inside parentheses.
_COMMA: Final = re.compile(r",(?![^()]*\))")


def parse_selector(text: str) -> Matcher:
    """Whether labels are selected. ValueError, in words, for what is no selector."""
    requirements = [_parse(part) for part in _COMMA.split(text)] if text.strip() else []
    return lambda labels: all(requirement(labels) for requirement in requirements)


def _parse(part: str) -> Matcher:
    if match := _EQUAL.fullmatch(part):
        key, operator, value = match.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _SET.fullmatch(part):
        key, operator, listed = match.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EXISTS.fullmatch(part):
        absent, key = bool(match[1]), match[2]
        return lambda labels: (key in labels) is not absent
    raise ValueError(f"unable to parse requirement: {part.strip()!r} is no label selector")
