from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from pausedemo.core.files.complaints import list_keys
from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest import parse_objects
from pausedemo.core.manifest.support import list_models, render_support, title
from tests.core.captures import DATA
from tests.core.manifest.examples import EVERYTHING

#: Kubernetes 1.31's fields by type, from its OpenAPI document.
FIELDS: dict[str, list[str]] = json.loads((DATA / "kubernetes" / "fields-1.31.json").read_text())
#: Of later versions: refused as what pausedemo does not support, not as what nobody knows.
LATER = {
    "Container": {"restartPolicyRules"},
    "EnvVarSource": {"fileKeyRef"},
    "Lifecycle": {"stopSignal"},
    "PodSecurityContext": {"seLinuxChangePolicy"},
    "PodSpec": {"hostnameOverride", "resources", "workloadRef"},
    "VolumeProjection": {"podCertificate"},
}


def test_the_page_is_what_the_models_say() -> None:
    page = Path(__file__).parents[3] / "docs" / "manifest-support.md"
    assert page.read_text() == render_support(), "python scripts/manifest_support.py"


@pytest.mark.parametrize("model", list_models(), ids=title)
def test_every_field_that_kubernetes_knows_is_accounted_for(model: type[KubernetesModel]) -> None:
    name = title(model)
    told = set(list_keys(model)) | model.unsupported | set(model.ignored)
    assert told == set(FIELDS[name]) | LATER.get(name, set())
    assert not model.unsupported & set(list_keys(model))


def test_every_type_that_is_known_is_met() -> None:
    assert {title(model) for model in list_models()} == set(FIELDS)


def test_every_supported_field_is_in_the_examples() -> None:
    seen: set[tuple[str, str]] = set()

    def visit(value: object) -> None:
        if isinstance(value, tuple):
            for one in value:
                visit(one)
        if isinstance(value, BaseModel):
            for name in value.model_fields_set:
                seen.add((type(value).__name__, name))
                visit(getattr(value, name))

    for one in parse_objects(EVERYTHING, "everything.yaml"):
        visit(one)
    supported = {
        (model.__name__, name)
        for model in list_models()
        for name, field in model.model_fields.items()
        if field.alias not in model.ignored
    }
    assert supported - seen == set()
