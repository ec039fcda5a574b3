"""Requests made from the engine's own OpenAPI description: right ones, and nearly right ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from hypothesis import strategies as st

METHODS = ("get", "head", "post", "put", "delete")
MARKS = (
    *("", "a", "x" * 300, "0", "-1", "1", "65536", "99999999999999999999", "1e9", "NaN"),
    *(
        "/",
        "/tmp",
        "../..",
        "a/../b",
        "/proc/1",
        "//",
        "\0",
        "a\0b",
        "\n",
        "\r\n\r\n",
        "🦊",
        "\udcff",
    ),
    *("TERM", "SIGKILL", "64", "host", "none", "bridge", "private", "container:", "container:a"),
    *("always", "on-failure", "json-file", "local", "a=b", "=b", "a:b", "a:/b", "a:/b:ro,z", "%s"),
    *("80/tcp", "80", "1-3/udp", "10.9.0.0/24", "10.9.0.1", "::1", "02:42:00:00:00:01", "nofile"),
    *("2020-01-01T00:00:00Z", "10m", "bind", "volume", "tmpfs", "size=1m", "ALL", "NET_ADMIN"),
    *("<script>", "{}", "[]", "null", "true", "no-new-privileges", "seccomp=unconfined", "root"),
)
#: Where a number is a time or a size: none that lets the engine wait or the disk fill.
NUMBERS = st.sampled_from((0, 1, -1, 2, 3, 80, 6291456, 65536, 2**31, 2**63, -(2**63), 10**30))

TEXTS = st.one_of(st.sampled_from(MARKS), st.text(max_size=12))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. ``is_stream``: its answer may last."""

    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    is_raw: bool
    is_stream: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def read_description() -> dict[str, Any]:
    text = files("pausedemo.embedded.api").joinpath("openapi.yaml").read_text()
    described: dict[str, Any] = yaml.safe_load(text)
    return described


def list_endpoints(described: Mapping[str, Any]) -> Iterator[Endpoint]:
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert method in METHODS, (path, method)
            content = about.get("requestBody", {}).get("content", {})
            yield Endpoint(
                method.upper(),
                path,
                tuple(resolve(described, one) for one in about.get("parameters", ())),
                content.get("application/json", {}).get("schema"),
                "application/x-tar" in content,
                about.get("x-stream", False),
            )


def resolve(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a ``$ref`` within the description points to."""
    if "$ref" not in schema:
        return schema
    found: Any = described
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolve(described, found)


def make_values(described: Mapping[str, Any], schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema, and now and then one of a wrong kind."""
    schema = resolve(described, schema)
    if "oneOf" in schema:
        right = st.one_of([make_values(described, one) for one in schema["oneOf"]])
    elif "enum" in schema:
        right = st.sampled_from(schema["enum"])
    elif schema.get("type") == "object":
        right = _make_objects(described, schema)
    elif schema.get("type") == "array":
        right = st.lists(make_values(described, schema["items"]), max_size=3)
    else:
        kinds = {"boolean": st.booleans(), "integer": NUMBERS, "string": TEXTS}
        right = kinds[schema["type"]]
    # Nine right ones for one that is wrong: a body must get past its first check.
    return st.integers(0, 9).flatmap(lambda dice: ANYTHING if dice == 0 else right)


def _make_objects(
    described: Mapping[str, Any], schema: Mapping[str, Any]
) -> st.SearchStrategy[dict[str, Any]]:
    known = {key: make_values(described, one) for key, one in schema.get("properties", {}).items()}
    if known:
        # A few of them: with all at once nearly every body would be refused.
        return st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True).flatmap(
            lambda keys: st.fixed_dictionaries({key: known[key] for key in keys})
        )
    names = make_values(described, schema.get("propertyNames", {"type": "string"}))
    values = make_values(described, schema.get("additionalProperties", {"type": "string"}))
    return st.dictionaries(names.filter(lambda name: isinstance(name, str)), values, max_size=3)


def make_queries(described: Mapping[str, Any], endpoint: Endpoint) -> st.SearchStrategy[str]:
    """Query strings of an endpoint's parameters, each there or not."""
    values = {}
    for one in endpoint.parameters:
        if "content" in one:
            inner = make_values(described, one["content"]["application/json"]["schema"])
            values[one["name"]] = inner.map(json.dumps)
        else:
            values[one["name"]] = make_values(described, one["schema"]).map(render_value)
    chosen = st.fixed_dictionaries({}, optional=values)
    return chosen.map(lambda query: urlencode(query, errors="surrogateescape"))


def render_value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def fill_path(path: str, name: str) -> str:
    """The path with its one placeholder filled; slashes within the name stay."""
    before, brace, after = path.partition("{")
    if not brace:
        return path
    return before + quote(name, safe="/:", errors="surrogateescape") + after.partition("}")[2]
