"""Kubernetes' words for what is wrong with a field.

Source: k8s.io/apimachinery/pkg/util/validation/field/errors.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel

from pausedemo.core.files.complaints import Path

#: (path of the field, what is wrong with it), to be printed as ``path: what``
Faults: TypeAlias = Iterator[tuple[Path, str]]

_LONGEST = 80


def invalid(value: object, why: str) -> str:
    """A value that cannot be."""
    return f"Invalid value: {quote(value)}: {why}"


def required(why: str = "") -> str:
    """A value that is not there."""
    return f"Required value: {why}" if why else "Required value"


def duplicate(value: object) -> str:
    """A value that is there already."""
    return f"Duplicate value: {quote(value)}"


def not_found(value: object) -> str:
    """A name that names nothing."""
    return f"Not found: {quote(value)}"


def forbidden(why: str) -> str:
    """A field that may not stand here."""
    return f"Forbidden: {why}"


def unsupported(value: object, known: Iterable[str]) -> str:
    """A value that is none of those there are."""
    names = ", ".join(quote(name) for name in known)
    return f"Unsupported value: {quote(value)}: supported values: {names}"


def quote(value: object) -> str:
    """Write a value as Go's ``%q`` and ``%v`` do, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    return json.dumps(value[:_LONGEST], ensure_ascii=False) + ("…" if len(value) > _LONGEST else "")


def choose(model: BaseModel, keys: Mapping[str, str]) -> Sequence[str]:
    """Tell which of a model's optional fields are there. ``keys``: attribute to key."""
    return [key for name, key in keys.items() if getattr(model, name) is not None]
