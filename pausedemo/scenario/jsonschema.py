"""The JSON Schema of a scenario file, for editors: made from the models that read the file.

pydantic's own schema says what is allowed. Here it is made to fit an editor: constraints that it
leaves in pydantic's words, closed mappings, no defaults that mean nothing, one definition where
it repeats itself, and a sentence at every key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pausedemo.scenario.keywords import describe_key
from pausedemo.scenario.kinds import STEP_KINDS
from pausedemo.scenario.schema import ScenarioFile

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_Schema = dict[str, Any]

#: What pydantic leaves as it is at a union of numbers.
_BOUNDS: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
}


def make_json_schema() -> _Schema:
    """The schema, draft 2020-12. What it refuses is wrong; some that it accepts is wrong too.

    What holds between parts of a file, such as that a step's pod is one of the file's, no schema
    can say: ``pausedemo validate`` does.
    """
    schema = ScenarioFile.model_json_schema()
    for node in _walk(schema):
        _tidy(node)
    definitions = schema.pop("$defs")
    for name, definition in {**definitions, ScenarioFile.__name__: schema}.items():
        _describe_keys(name, definition)
    choices = schema["properties"]["steps"]["items"]["oneOf"]
    for kind, choice in zip(STEP_KINDS, choices, strict=True):
        _describe_step(_find(choice, definitions), kind, definitions)
    for operator in definitions["Operators"]["properties"].values():
        # An operator that is not given is no condition: its default is only the model's.
        operator.pop("default", None)
    # One of the two, the parser says; which of them is not pydantic's to know.
    schema["anyOf"] = [{"required": ["pods"]}, {"required": ["containers"]}]
    definitions["Match"] = _share_match(schema, definitions)
    return {"$schema": DIALECT, **schema, "title": "A scenario of pausedemo", "$defs": definitions}


def _walk(node: Any) -> Iterator[_Schema]:
    """Every mapping that is a schema, innermost first."""
    if isinstance(node, list):
        for one in node:
            yield from _walk(one)
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("properties", "patternProperties", "$defs"):
                yield from _walk(list(value.values()))
            elif key != "default":
                yield from _walk(value)
        yield node


def _tidy(node: _Schema) -> None:
    # A title of pydantic's is the key in capitals; an editor would show it instead of the key.
    node.pop("title", None)
    for ours, theirs in _BOUNDS.items():
        if ours in node:
            node[theirs] = node.pop(ours)
    # Said of what may be left out: a null, an empty text or list, or all of a mapping's defaults.
    if node.get("default", None) in (None, "", []) or isinstance(node.get("default"), dict):
        node.pop("default", None)
    if "patternProperties" in node:
        node["additionalProperties"] = False
    if "description" in node:
        node["description"] = node["description"].replace("``", "`")
    _merge_types(node)


def _merge_types(node: _Schema) -> None:
    """Write a choice between types as one list of types: an editor's message is then one, too."""
    choices = node.get("anyOf", [])
    constrained = [choice for choice in choices if choice.keys() - {"type"}]
    # A constraint holds for its own type only, so one choice may have some beside bare types.
    if not choices or any("type" not in one for one in choices) or len(constrained) > 1:
        return
    types: list[str] = []
    for choice in choices:
        types += choice["type"] if isinstance(choice["type"], list) else [choice["type"]]
    if "number" in types:
        types = [one for one in types if one != "integer"]
    del node["anyOf"]
    merged = {**(constrained[0] if constrained else {}), **node}
    node |= {**merged, "type": types[0] if len(types) == 1 else types}


def _describe_step(step: _Schema, kind: str, definitions: _Schema) -> None:
    """A step is what its action is; its key says so while it is typed."""
    action = _find(step["properties"][kind], definitions)
    step["description"] = action["description"]
    step["properties"][kind]["description"] = action["description"]


def _find(node: _Schema, definitions: _Schema) -> _Schema:
    """The definition that a reference names."""
    found: _Schema = definitions[node["$ref"].removeprefix("#/$defs/")]
    return found


def _describe_keys(model: str, definition: _Schema) -> None:
    for key, node in definition.get("properties", {}).items():
        said = describe_key(model, key)
        must_be = node.get("description", "")
        if said:
            words = f" Must be {must_be}." if must_be and "$ref" not in node else ""
            node["description"] = said + words


def _share_match(schema: _Schema, definitions: _Schema) -> _Schema:
    """Take the schema of a value or operators out of each of its many places."""
    shared: _Schema = {}
    for node in _walk([schema, *definitions.values()]):
        choices = node.get("oneOf", [])
        if {"$ref": "#/$defs/Operators"} in choices:
            shared = {"oneOf": node.pop("oneOf"), "description": "A value, or conditions on it."}
            node["$ref"] = "#/$defs/Match"
    return shared
