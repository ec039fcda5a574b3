"""What ``kubectl wait --for`` waits for.

Source: conditionFuncFor in k8s.io/kubectl/pkg/cmd/wait/wait.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pausedemo.core.kubectl.jsonpath import check_path, find_values
from pausedemo.core.kubectl.objects import KubeObject, entries
from pausedemo.errors import Refused

#: Whether an object is as it is waited for; an object that is gone is None.
Condition: TypeAlias = Callable[[KubeObject | None], bool]

#: An equals sign that stands alone: ``==`` belongs to a filter.
_EQUALS: Final = re.compile(r"(?<!=)=(?!=)")


def parse_condition(written: str) -> Condition:
    """Read ``create``, ``delete``, ``condition=Ready[=False]`` or ``jsonpath={...}[=value]``.

    Or Refused.
    """
    if is_create(written):
        return lambda found: found is not None
    if is_delete(written):
        return lambda found: found is None
    kind, _, rest = written.partition("=")
    if kind == "condition" and rest:
        name, _, value = rest.partition("=")
        return _has_condition(name, value or "true")
    if kind == "jsonpath":
        return _has_value(rest)
    raise Refused(f'error: unrecognized condition: "{written}"')


def is_create(written: str) -> bool:
    """Whether it is waited for objects to be there at all."""
    return written.lower() == "create"


def is_delete(written: str) -> bool:
    """Whether it is an object's end that is waited for."""
    return written.lower() == "delete"


def _has_condition(name: str, value: str) -> Condition:
    def holds(found: KubeObject | None) -> bool:
        return any(
            str(one.get("type", "")).lower() == name.lower()
            and str(one.get("status", "")).lower() == value.lower()
            for one in entries(found, "status", "conditions")
        )

    return holds


def _has_value(written: str) -> Condition:
    parts = _EQUALS.split(written)
    if len(parts) > 2:
        raise Refused(
            "error: jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
            "--for=jsonpath='{.status.readyReplicas}'"
        )
    expression = parts[0].strip("'\"")
    wanted = parts[1].strip("'\"") if len(parts) == 2 else None
    if wanted == "":
        raise Refused(
            "error: jsonpath wait has to have a value after equal sign, like "
            "--for=jsonpath='{.status.readyReplicas}'=3"
        )
    if not expression:
        raise Refused("error: jsonpath expression cannot be empty")
    try:
        check_path(expression)
    except ValueError as error:
        raise Refused(f"error: {error}") from error

    def holds(found: KubeObject | None) -> bool:
        values = find_values(expression, found) if found is not None else []
        if wanted is None:
            return bool(values)
        return len(values) == 1 and _write(values[0]) == wanted

    return holds


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
