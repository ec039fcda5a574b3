r"""As much of kubectl's JSONPath as ``wait`` is asked with: fields, indexes, one filter.

``{.status.phase}``, ``{.status.podIPs[0].ip}``, ``{.metadata.labels.app\.kubernetes\.io/name}``,
``{.status.conditions[?(@.type=="Ready")].status}``. The braces may be left out.
Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

#: What ``wait`` takes for a path at all: one pair of braces around all of it, or none.
#: Source: RelaxedJSONPathExpression in k8s.io/kubectl/pkg/cmd/get/customcolumn.go.
_RELAXED: Final = re.compile(r"\{\.?[^{}]+\}|\.?[^{}]+")
_STEP: Final = re.compile(
    r"\.(?P<field>(?:\\.|[^.\[\\])+)"
    r"|\[(?P<index>-?\d+|\*)\]"
    r"|\[(?P<quote>['\"])(?P<key>(?:\\.|(?!(?P=quote)).)+)(?P=quote)\]"
    r"|\[\?\(@\.(?P<by>[^=!]+?)\s*==\s*(?P<mark>['\"])(?P<value>.*?)(?P=mark)\)\]"
)


def find_values(expression: str, data: Any) -> list[Any]:
    """All values that the expression leads to. ValueError, in words, for one that is none."""
    found: list[Any] = [data]
    for step in _parse(expression):
        found = list(_follow(found, step))
    return found


def check_path(expression: str) -> None:
    """Raise ValueError for what ``find_values`` cannot follow."""
    list(_parse(expression))


def _parse(expression: str) -> Iterator[Mapping[str, str | None]]:
    path = expression.strip()
    if not _RELAXED.fullmatch(path):
        raise ValueError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
            "'{name1.name2}' or '{.name1.name2}'"
        )
    path = path.removeprefix("{").removesuffix("}").strip().removeprefix("$")
    if not path.startswith((".", "[")):
        path = f".{path}"
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"unexpected path string, expected a 'name1.name2', not {expression}")
        position = match.end()
        yield match.groupdict()


def _follow(found: Iterable[Any], step: Mapping[str, str | None]) -> Iterator[Any]:
    name = step["field"] or step["key"]
    for value in found:
        if name is not None:
            key = re.sub(r"\\(.)", r"\1", name)
            if isinstance(value, Mapping) and value.get(key) is not None:
                yield value[key]
        elif not isinstance(value, list):
            continue
        elif step["by"] is not None:
            yield from (
                one
                for one in value
                if isinstance(one, Mapping) and one.get(step["by"]) == step["value"]
            )
        elif step["index"] == "*":
            yield from value
        elif step["index"] is not None and -len(value) <= int(step["index"]) < len(value):
            yield value[int(step["index"])]
