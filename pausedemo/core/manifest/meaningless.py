"""What may stand in a manifest and means nothing to a pod on one engine."""

from __future__ import annotations

from collections.abc import Iterator

from pausedemo.core.files.complaints import Path, render_path
from pausedemo.core.files.validation import EMPTY, KubernetesModel
from pausedemo.core.files.yamltext import Data, Document
from pausedemo.errors import Problem


def find_meaningless(model: KubernetesModel, document: Document, source: str) -> Iterator[Problem]:
    """Warn of each field that is given and ignored, at its place, with the reason."""
    for path, reason in _walk(model, document.data, ()):
        message = f"{render_path(path)} means nothing here: {reason}"
        yield Problem(source, *document.key_place(path), message)


def _walk(value: object, data: Data, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, tuple) and isinstance(data, list):
        for index, (one, given) in enumerate(zip(value, data, strict=True)):
            yield from _walk(one, given, (*path, index))
    if not isinstance(value, KubernetesModel) or not isinstance(data, dict):
        return
    for key, reason in value.ignored.items():
        if data.get(key) not in EMPTY:
            yield (*path, key), reason
    for name, field in type(value).model_fields.items():
        key = field.alias or name
        if key in data:
            yield from _walk(getattr(value, name), data[key], (*path, key))
