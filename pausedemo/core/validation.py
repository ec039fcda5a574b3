"""A parsed YAML document against a pydantic model: all its problems at once, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from pausedemo.core.nearest import nearest
from pausedemo.core.yamltext import Document
from pausedemo.errors import InvalidFile, Problem

Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)

_WORDS: Final[Mapping[str, str]] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


class StrictModel(BaseModel):
    """A mapping whose keys are all known; field names as Python has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KubernetesModel(StrictModel):
    """A mapping with Kubernetes' camelCase keys.

    ``unsupported`` names the keys that Kubernetes knows here and pausedemo does not support.
    """

    model_config = ConfigDict(alias_generator=to_camel)


def validate(
    model: type[_Model],
    document: Document,
    source: str,
    *,
    unsupported: Mapping[str, frozenset[str]] | None = None,
    checks: Iterable[Callable[[_Model], Iterable[tuple[Path, str]]]] = (),
) -> _Model:
    """Make a model of a document.

    ``unsupported`` maps a model's class name to the keys that are known to others but not
    supported here. ``checks`` look at a valid model and yield (path, message) for what is wrong
    between its fields. Raises InvalidFile with every problem, in the order of the file.
    """
    try:
        made = model.model_validate(document.data)
    except ValidationError as error:
        raise InvalidFile(
            _render_problem(details, model, document, source, unsupported or {})
            for details in error.errors()
        ) from error
    problems = [
        Problem(source, *document.place(path), message)
        for check in checks
        for path, message in check(made)
    ]
    if problems:
        raise InvalidFile(problems)
    return made


def _render_problem(
    details: ErrorDetails,
    model: type[BaseModel],
    document: Document,
    source: str,
    unsupported: Mapping[str, frozenset[str]],
) -> Problem:
    path: Path = details["loc"]
    kind = details["type"]
    if kind == "extra_forbidden":
        message = _unknown_key(path, model, unsupported)
        return Problem(source, *document.key_place(path), message)
    if kind == "missing":
        return Problem(source, *document.place(path[:-1]), f'"{path[-1]}" is missing')
    where = render_path(path)
    found = details["input"]
    if kind in _WORDS:
        message = f"{where} must be {_WORDS[kind]}, not {_describe(found)}"
    elif kind == "literal_error" or kind == "enum":
        message = f"{where} must be {details['ctx']['expected']}, not {_describe(found)}"
        close = nearest(str(found), _quoted(details["ctx"]["expected"]))
        message += f'; did you mean "{close}"?' if close else ""
    else:
        message = f"{where}: {details['msg'].removeprefix('Value error, ')}"
    return Problem(source, *document.place(path), message)


def _unknown_key(
    path: Path, model: type[BaseModel], unsupported: Mapping[str, frozenset[str]]
) -> str:
    key = str(path[-1])
    owner = _model_at(model, path[:-1])
    if owner is not None and key in unsupported.get(owner.__name__, ()):
        return f'"{key}" is a Kubernetes field that pausedemo does not support'
    known = (
        sorted(field.alias or name for name, field in owner.model_fields.items()) if owner else []
    )
    close = nearest(key, known)
    hint = f'did you mean "{close}"?' if close else f"known here: {', '.join(known)}"
    return f'unknown key "{key}"; {hint}'


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the mapping at a path."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = next(
                (f for name, f in current.model_fields.items() if part in (f.alias, name)), None
            )
            if field is None:
                return None
            current = field.annotation
        current = _innermost_model(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _innermost_model(annotation: Any) -> Any:
    """``tuple[Container, ...] | None`` holds Container."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _innermost_model(argument)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation


def render_path(path: Path) -> str:
    """Write ``("spec", "containers", 0, "name")`` as ``spec.containers[0].name``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the document"


def _describe(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value[:40]}{"…" if len(value) > 40 else ""}"'
        case int() | float():
            return str(value)[:40]
        case list():
            return "a list"
        case _:
            return "a mapping"


def _quoted(text: str) -> list[str]:
    """The words between single quotes in pydantic's list of what is expected."""
    return text.split("'")[1::2]
