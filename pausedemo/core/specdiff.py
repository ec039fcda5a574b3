"""The difference between two specs, like Kubernetes prints it when it refuses a change.

The API server prints go-cmp's report; this is its plain form: every field that differs, old and
new, and how many are the same, without the neighbours that go-cmp shows for context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from pydantic import BaseModel

from pausedemo.core.values.downward import quote
from pausedemo.core.values.quantities import Quantity

_INITIALISMS: Final = ("dns", "tty", "http", "tcp", "grpc", "fs", "ip", "os")


def render_difference(old: BaseModel, new: BaseModel) -> str:
    """Lines that begin with two spaces, or ``-`` for what was and ``+`` for what is wanted.

    Both are of one model.
    """
    return "\n".join(_compare(old, new, "", 0))


def _compare(old: object, new: object, label: str, depth: int) -> Iterator[str]:
    if isinstance(old, BaseModel) and type(old) is type(new) and isinstance(new, BaseModel):
        head = f"{label}core.{type(old).__name__}{{" if label or not depth else "{"
        yield _line(" ", depth, head)
        yield from _compare_fields(old, new, depth + 1)
        yield _line(" ", depth, "}" if not depth else "},")
    elif isinstance(old, tuple) and isinstance(new, tuple) and _has_models(old + new):
        yield _line(" ", depth, f"{label}[]core.{type((old + new)[0]).__name__}{{")
        yield from _compare_entries(old, new, depth + 1)
        yield _line(" ", depth, "},")
    else:
        yield _line("-", depth, f"{label}{render_value(old)},")
        yield _line("+", depth, f"{label}{render_value(new)},")


def _compare_fields(old: BaseModel, new: BaseModel, depth: int) -> Iterator[str]:
    same = 0
    for name, field in type(old).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            same += 1
            continue
        yield from _say_same(same, "field", depth)
        same = 0
        yield from _compare(before, after, f"{_go_name(field.alias or name)}: ", depth)
    yield from _say_same(same, "field", depth)


def _compare_entries(old: tuple[object, ...], new: tuple[object, ...], depth: int) -> Iterator[str]:
    same = 0
    for before, after in zip(old, new, strict=False):
        if before == after:
            same += 1
            continue
        yield from _say_same(same, "element", depth)
        same = 0
        yield from _compare(before, after, "", depth)
    yield from _say_same(same, "element", depth)
    for gone in old[len(new) :]:
        yield _line("-", depth, f"{render_value(gone)},")
    for added in new[len(old) :]:
        yield _line("+", depth, f"{render_value(added)},")


def render_value(value: object) -> str:
    """Write a value on one line, as Go does; of a model, what is not its default."""
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case Enum():
            return quote(str(value.value))
        case str():
            return quote(value)
        case Quantity():
            return f"{{s: {quote(str(value))}}}"
        case BaseModel():
            return f"{{{', '.join(_say_fields(value))}}}"
        case Mapping():
            pairs = (f"{quote(key)}: {render_value(one)}" for key, one in sorted(value.items()))
            return f"{{{', '.join(pairs)}}}"
        case tuple() | list():
            kind = "[]string" if all(isinstance(one, str) for one in value) else ""
            return f"{kind}{{{', '.join(map(render_value, value))}}}" if value else "nil"
        case _:
            return str(value)


def _say_fields(model: BaseModel) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            yield f"{_go_name(field.alias or name)}: {render_value(value)}"


def _say_same(count: int, what: str, depth: int) -> Iterator[str]:
    if count:
        yield _line(" ", depth, f"... // {count} identical {what}{'s' if count > 1 else ''}")


def _has_models(entries: tuple[object, ...]) -> bool:
    return any(isinstance(one, BaseModel) for one in entries)


def _go_name(key: str) -> str:
    """Write ``dnsPolicy`` as ``DNSPolicy``."""
    for word in _INITIALISMS:
        rest = key.removeprefix(word)
        if rest != key and (not rest or rest[0].isupper()):
            return word.upper() + rest
    return key[0].upper() + key[1:]


def _line(sign: str, depth: int, text: str) -> str:
    return f"{sign} {chr(9) * depth}{text}"
