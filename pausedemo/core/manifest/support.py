"""Which fields of Kubernetes' objects pausedemo supports, as a page made from the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from pausedemo.core.files.complaints import list_keys, peel
from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.objects import ConfigMap, PodManifest, Secret
from pausedemo.core.values.quantities import Quantity

_HEAD: Final = """\
# What of a manifest is supported

Every field of Kubernetes 1.31's Pod, ConfigMap and Secret. *Supported*: it does what it does on
Kubernetes. *Warning*: it may stand in a manifest, means nothing here, and a warning says so.
*Not supported*: a manifest that has it is refused, by name. A field that is not here is unknown to
Kubernetes: the manifest is refused, with the name that was probably meant.

A `kind: List` of them, as `pausedemo get -o yaml` prints it, is as documents of its items.

This page is made by `python scripts/manifest_support.py`.
"""
_TITLES: Final[Mapping[str, str]] = {"PodManifest": "Pod", "Metadata": "ObjectMeta"}
_KINDS: Final[Mapping[Any, str]] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    bytes: "base64",
    Quantity: "quantity",
    Any: "anything",
}


def render_support() -> str:
    """The whole page, in Markdown."""
    sections = [_render(model) for model in list_models()]
    return "\n".join([_HEAD, *sections])


def list_models() -> tuple[type[KubernetesModel], ...]:
    """All models of all kinds of objects, each once, in the order in which a reader meets them."""
    found: dict[type[KubernetesModel], None] = {}

    def visit(model: type[KubernetesModel]) -> None:
        if model in found:
            return
        found[model] = None
        for annotation in list_keys(model).values():
            for inner in _models_in(annotation):
                visit(inner)

    for kind in (PodManifest, ConfigMap, Secret):
        visit(kind)
    return tuple(found)


def title(model: type[KubernetesModel]) -> str:
    """The model's name in the Kubernetes API reference."""
    return _TITLES.get(model.__name__, model.__name__)


def _render(model: type[KubernetesModel]) -> str:
    rows = [*_supported_rows(model), *_other_rows(model)]
    lines = [f"## {title(model)}", "", " ".join((model.__doc__ or "").split()), ""]
    lines += ["| field | here | what |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {here} | {what} |" for name, here, what in rows]
    return "\n".join([*lines, ""])


def _supported_rows(model: type[KubernetesModel]) -> Iterator[tuple[str, str, str]]:
    hints = list_keys(model)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key not in model.ignored:
            parts = [_say_type(hints[key]), _say_default(field), field.description or ""]
            yield key, "supported", "; ".join(part for part in parts if part)


def _other_rows(model: type[KubernetesModel]) -> Iterator[tuple[str, str, str]]:
    for key, reason in sorted(model.ignored.items()):
        yield key, "warning", reason
    for key in sorted(model.unsupported):
        yield key, "not supported", ""


def _say_type(annotation: Any) -> str:
    bare, _ = peel(annotation)
    origin = get_origin(bare)
    if isinstance(bare, type) and issubclass(bare, KubernetesModel):
        return f"[{title(bare)}](#{title(bare).lower()})"
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return ", ".join(f"`{one.value}`" for one in bare if one.value)
    if origin is tuple:
        return f"list of {_say_type(get_args(bare)[0])}"
    if origin in (Union, UnionType):
        return " or ".join(_say_type(one) for one in get_args(bare))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of {_say_type(get_args(bare)[1])}"
    return _KINDS[bare]


def _say_default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    match field.get_default(call_default_factory=True):
        case None | "" | () | KubernetesModel():
            return ""
        case bool() as flag:
            return "default true" if flag else ""
        case {}:
            return ""
        case StrEnum() as one:
            return f"default `{one.value}`" if one.value else ""
        case int() as number if field.alias and field.alias.endswith("Mode"):
            return f"default `0{number:o}`"
        case default:
            return f"default `{default}`"


def _models_in(annotation: Any) -> Iterator[type[KubernetesModel]]:
    bare, _ = peel(annotation)
    if isinstance(bare, type) and issubclass(bare, KubernetesModel):
        yield bare
        return
    for inner in get_args(bare):
        yield from _models_in(inner)
