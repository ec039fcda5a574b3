"""A parsed YAML document against a pydantic model: all its problems at once, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from pausedemo.core.files.complaints import Path, make_problem, render_path, select_errors
from pausedemo.core.files.yamltext import MOST_PROBLEMS, Data, Document
from pausedemo.errors import InvalidFile, Problem

_Model = TypeVar("_Model", bound=BaseModel)

#: Looks at a document's data, valid or not, and yields (path, message) for what does not fit.
Check = Callable[[Data], Iterable[tuple[Path, str]]]

#: What is as good as a key that is not there.
EMPTY: Final[tuple[Data, ...]] = (None, {}, [])


class StrictModel(BaseModel):
    """A mapping whose keys are all known; field names as Python has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KubernetesModel(StrictModel):
    """A mapping with Kubernetes' camelCase keys.

    ``unsupported`` names the keys that Kubernetes knows here and pausedemo does not support;
    ``ignored`` those that may stand here and mean nothing, each with the reason.
    As in Kubernetes, a key without a value is as good as none: ``kubectl run --dry-run -o yaml``
    writes ``creationTimestamp: null`` and ``resources: {}``.
    """

    model_config = ConfigDict(alias_generator=to_camel)
    unsupported: ClassVar[frozenset[str]] = frozenset()
    ignored: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {field.alias for field in cls.model_fields.values()}
        return {
            key: value
            for key, value in data.items()
            if not (key in known and value is None)
            and not (key in cls.unsupported and value in EMPTY)
            and not (key in cls.ignored and key not in known)
        }


def validate(
    model: type[_Model],
    document: Document,
    source: str,
    *,
    checks: Iterable[Check] = (),
    rules: Iterable[Callable[[_Model], Iterable[tuple[Path, str]]]] = (),
) -> _Model:
    """Make a model of a document.

    ``checks`` look for what is wrong between fields; ``rules`` as well, once each field is right.
    Raises InvalidFile with every problem, in the order of the file, and at most 100 of them.
    """
    problems = [
        Problem(source, *document.place(path), message)
        for check in checks
        for path, message in check(document.data)
    ]
    try:
        made = model.model_validate(document.data)
        problems += [
            Problem(source, *document.place(path), f"{render_path(path)}: {message}")
            for rule in rules
            for path, message in islice(rule(made), MOST_PROBLEMS)
        ]
    except ValidationError as error:
        problems += [
            make_problem(details, model, document, source)
            for details in select_errors(error.errors(include_url=False), model)
        ]
    if problems:
        raise InvalidFile(sorted(set(problems))[:MOST_PROBLEMS])
    return made
