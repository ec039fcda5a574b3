"""Objects with their defaults, as the API server gives them out."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

#: Empty, and yet there: they are no pointers in Kubernetes' types.
_KEPT: Final = (("Container", "resources"), ("PodSpec", "security_context"))


def render_object(model: BaseModel) -> dict[str, Any]:
    """Plain data for JSON and YAML: defaults are in it, what is empty is left out.

    As Kubernetes' ``omitempty`` does: an empty text, list or mapping, and a zero or false that is
    the field's default.
    """
    dumped = model.model_dump(mode="json", by_alias=True)
    return _strip(model, dumped)


def _strip(model: BaseModel, dumped: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        key, value = field.alias or name, getattr(model, name)
        given = dumped[key]
        if isinstance(value, BaseModel):
            given = _strip(value, given)
            there = name in model.model_fields_set or field.default is None
            if given or there or (type(model).__name__, name) in _KEPT:
                kept[key] = given
        elif isinstance(value, tuple):
            if value:
                kept[key] = [_strip_entry(*pair) for pair in zip(value, given, strict=True)]
        elif given or (_tells(field, given) and given != {}):
            kept[key] = given
    return kept


def _tells(field: FieldInfo, given: object) -> bool:
    """Whether what is empty differs from what is not there."""
    return given is not None and (field.is_required() or field.default is None)


def _strip_entry(value: object, dumped: Any) -> Any:
    return _strip(value, dumped) if isinstance(value, BaseModel) else dumped
