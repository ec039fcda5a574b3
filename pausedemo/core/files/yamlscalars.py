"""YAML scalars to plain values, by the rules that Kubernetes reads its manifests with.

YAML 1.1 as PyYAML resolves it, less what Kubernetes has not: dates stay text, since manifests
become JSON there; numbers to base 60 stay text (go-yaml's README, "Compatibility"); whole
numbers have at most 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from yaml import ScalarNode
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

Scalar: TypeAlias = str | int | float | bool | None

_CORE: Final = "tag:yaml.org,2002:"
MERGE_TAG: Final = _CORE + "merge"
SEQUENCE_TAG: Final = _CORE + "seq"
MAPPING_TAG: Final = _CORE + "map"
# ``!`` alone says: no guessing, this is text.
_TEXT_TAGS: Final = (_CORE + "str", "!")
_KINDS: Final = {_CORE + kind: kind for kind in ("null", "bool", "int", "float")}

# 64 binary digits, a sign, the base's prefix, and generous underscores.
_LONGEST_INTEGER: Final = 128
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**64 - 1
_LONGEST_QUOTE: Final = 60


class ScalarError(ValueError):
    """A scalar that has no value here; the text says what is wrong with it."""


class _Rules(SafeConstructor, Resolver):
    """PyYAML's own rules without a stream under them."""

    def __init__(self) -> None:
        SafeConstructor.__init__(self)
        Resolver.__init__(self)


_RULES: Final = _Rules()
_RESOLVE: Final[Callable[[type, str, tuple[bool, bool]], str]] = _RULES.resolve


def resolve_tag(text: str) -> str:
    """Tell the tag that a plain scalar has by its looks."""
    return _RESOLVE(ScalarNode, text, (True, False))


def construct_scalar(text: str, tag: str | None, *, plain: bool) -> Scalar:
    """Make the value of one scalar. ``tag`` is what the file says, ``plain`` that it has no quotes.

    Raises ScalarError.
    """
    if tag in _TEXT_TAGS or (tag is None and not plain):
        return text
    looks = _KINDS.get(resolve_tag(text), "str")
    if tag is None:
        return _construct(text, looks)
    kind = _KINDS.get(tag)
    if kind is None:
        raise ScalarError(f"tag {shorten(tag)} is not accepted: leave it out")
    value = _construct(text, looks)
    if isinstance(value, str) or kind not in (looks, "float" if looks == "int" else looks):
        raise ScalarError(f"{shorten(text)} is not of the type {kind} that its tag says")
    return float(value) if kind == "float" and value is not None else value


def shorten(text: str) -> str:
    """Quote the text for a message, cut where it is longer than a line should be."""
    return repr(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 3] + "...")


def _construct(text: str, kind: str) -> Scalar:
    match kind:
        case "null":
            return None
        case "bool":
            return bool(_RULES.bool_values[text.lower()])
        case "int" if ":" not in text:
            return _construct_int(text)
        case "float" if ":" not in text:
            return float(_RULES.construct_yaml_float(ScalarNode(_CORE + kind, text)))
        case _:
            return text


def _construct_int(text: str) -> int | str:
    # Python itself refuses to read or print numbers of thousands of digits.
    if len(text) <= _LONGEST_INTEGER:
        try:
            value = int(_RULES.construct_yaml_int(ScalarNode(_CORE + "int", text)))
        except ValueError:  # ``0x_`` has the looks of a number and is none
            return text
        if _SMALLEST <= value <= _LARGEST:
            return value
    raise ScalarError(f"{shorten(text)} does not fit in 64 bits: write it in quotes if it is text")
