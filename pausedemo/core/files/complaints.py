"""What pydantic found wrong, in words for a person: which value, where, and what it must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, Discriminator, Tag
from pydantic_core import ErrorDetails

from pausedemo.core.files.nearest import nearest
from pausedemo.core.files.yamltext import MOST_PROBLEMS, Document
from pausedemo.errors import Problem

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Path = tuple[str | int, ...]

_LONGEST_QUOTE: Final = 40
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
    "string_too_short": "a text that is not empty",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "finite_number": "a finite number",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "a text like {pattern}",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a value must be, to stand after "must be". Goes into a type's ``Annotated``."""

    text: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell it to whoever reads the JSON Schema, too."""
        return {"description": self.text, **handler(schema)}


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where in a document an error is: pydantic's own location also names a union's choices.

    ``owner`` is the model of the mapping around it. ``key``: the error is about the key.
    """

    path: Path
    annotation: Any
    owner: type[BaseModel] | None
    key: bool = False


def select_errors(errors: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Leave out what only echoes another error, and what nobody would read any more.

    A list is too short for pydantic when its entries are wrong, and a misspelt key is missing.
    """
    meant = set()
    for details in errors[:MOST_PROBLEMS]:
        if details["type"] == "extra_forbidden":
            spot = _find_spot(model, details["loc"])
            known = list_keys(spot.owner) if spot.owner else ()
            meant.add((*spot.path[:-1], nearest(str(spot.path[-1]), known)))

    def is_echo(details: ErrorDetails) -> bool:
        if details["type"] == "too_short":
            return len(details["input"]) >= int(details["ctx"]["min_length"])
        return details["type"] == "missing" and _find_spot(model, details["loc"]).path in meant

    return [details for details in errors if not is_echo(details)][:MOST_PROBLEMS]


def make_problem(
    details: ErrorDetails, model: type[BaseModel], document: Document, source: str
) -> Problem:
    """Word one of pydantic's errors, at its place in the document."""
    spot = _find_spot(model, details["loc"])
    place = document.place(spot.path)
    match details["type"]:
        case "extra_forbidden":
            place = document.key_place(spot.path)
            message = _word_unknown_key(str(spot.path[-1]), spot.owner)
        case "missing":
            message = f'"{spot.path[-1]}" is missing'
        case "union_tag_not_found" | "union_tag_invalid":
            wrong_key, message = _word_no_choice(details["input"], spot)
            if wrong_key is not None:
                place = document.key_place((*spot.path, wrong_key))
        case _:
            place = document.key_place(spot.path) if spot.key else place
            message = _word_wrong_value(details, spot)
    return Problem(source, *place, message)


def render_path(path: Path) -> str:
    """Write ``("spec", "containers", 0, "name")`` as ``spec.containers[0].name``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_shorten(part)}" if text else _shorten(part)
    return text or "the document"


def describe(value: object) -> str:
    """Say in a word or two what was found."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f'"{_shorten(value)}"'
        case int() | float():
            return str(value)[:_LONGEST_QUOTE]
        case list() | tuple():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return "a mapping"


def hint_at(word: str, known: Iterable[str], otherwise: str) -> str:
    """Guess what was meant, or else list what there is behind ``otherwise``."""
    names = list(known)
    close = nearest(word, names)
    return f'did you mean "{close}"?' if close else f"{otherwise}: {', '.join(names)}"


def _word_unknown_key(key: str, owner: type[BaseModel] | None) -> str:
    if key in getattr(owner, "unsupported", ()):
        return f'"{key}" is a Kubernetes field that pausedemo does not support; remove it'
    known = sorted(list_keys(owner)) if owner else []
    return f'unknown key "{_shorten(key)}"; {hint_at(key, known, "known here")}'


def _word_wrong_value(details: ErrorDetails, spot: _Spot) -> str:
    where, kind, context = render_path(spot.path), details["type"], details.get("ctx", {})
    found = describe(details["input"])
    if kind == "value_error":
        return f"{where}: {context['error']}"
    if kind in ("too_short", "too_long"):
        least = kind == "too_short"
        count = context["min_length"] if least else context["max_length"]
        entries = "entry" if count == 1 else "entries"
        return f"{where} must have at {'least' if least else 'most'} {count} {entries}"
    own = [one.text for one in peel(spot.annotation)[1] if isinstance(one, Words)]
    words = own[0] if own else _WORDS.get(kind, "").format(**context)
    if not words:
        return f"{where}: {details['msg']}"
    if spot.key:
        return f"{where}: the key must be {words}"
    message = f"{where} must be {words}, not {found}"
    close = nearest(str(details["input"]), words.split("'")[1::2]) if kind == "enum" else None
    return f'{message}; did you mean "{close}"?' if close else message


def _word_no_choice(found: object, spot: _Spot) -> tuple[str | None, str]:
    """Word that a mapping has none, or several, of the keys of which it must have one.

    Gives the key that is wrong, too; None for the mapping itself.
    """
    choices = _choices(spot.annotation)
    where, kinds = render_path(spot.path), ", ".join(choices)
    if not isinstance(found, Mapping):
        return None, f"{where} must be a mapping with one of {kinds}, not {describe(found)}"
    given = [key for key in found if key in choices]
    if given:
        return given[1], f"{where} must have only one of {', '.join(given)}"
    models = [peel(choice)[0] for choice in choices.values()]
    strangers = [key for key in found if not any(key in list_keys(model) for model in models)]
    for key in strangers:
        if close := nearest(key, choices):
            return key, f'unknown key "{key}"; did you mean "{close}"?'
    wrong_key = strangers[0] if strangers else None
    return wrong_key, f"{where} must have one of {kinds}"


def _find_spot(model: type[BaseModel], location: Path) -> _Spot:
    """Follow pydantic's location through the types, leaving out what is not in the document."""
    path: Path = ()
    owner: type[BaseModel] | None = None
    annotation: Any = model
    for index, part in enumerate(location):
        bare, _ = peel(annotation)
        choices = _choices(annotation)
        if location[index + 1 :] == ("[key]",) and get_origin(bare) is Mapping:
            return _Spot((*path, part), get_args(bare)[0], owner, key=True)
        if choices:
            annotation = choices[str(part)]
        elif isinstance(bare, type) and issubclass(bare, BaseModel):
            owner, annotation = bare, list_keys(bare).get(str(part))
            path = (*path, part)
        elif get_origin(bare) in (None, Union, UnionType):
            # A union's choice: the value itself is the one before.
            break
        else:
            annotation = get_args(bare)[-1 if isinstance(part, str) else 0]
            path = (*path, part)
    return _Spot(path, annotation, owner)


@cache
def list_keys(model: type[BaseModel]) -> dict[str, Any]:
    """The keys of a model's mapping, as the document has them, and the type of each."""
    hints = get_type_hints(model, include_extras=True)
    # A generic model's hint still has the variable in it; pydantic's own has what stands for it.
    return {
        field.alias or name: field.annotation if _has_variable(hints[name]) else hints[name]
        for name, field in model.model_fields.items()
    }


def _has_variable(hint: Any) -> bool:
    return isinstance(hint, TypeVar) or bool(getattr(hint, "__parameters__", ()))


def peel(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside ``Annotated`` and ``| None``, and all that ``Annotated`` says of it."""
    said: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            said += tuple(more)
        elif get_origin(annotation) in (Union, UnionType):
            real = [one for one in get_args(annotation) if one is not type(None)]
            if len(real) > 1:
                return annotation, said
            annotation = real[0]
        else:
            return annotation, said


def _choices(annotation: Any) -> dict[str, Any]:
    """The choices of a tagged union by their tags; empty for any other type."""
    bare, said = peel(annotation)
    if not any(isinstance(one, Discriminator) for one in said):
        return {}
    return {
        next(one.tag for one in get_args(choice)[1:] if isinstance(one, Tag)): choice
        for choice in get_args(bare)
    }


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
