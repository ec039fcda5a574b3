"""Objects as ``kubectl get -o json`` and ``-o yaml`` write them: keys sorted, JSON by four spaces.

Source: k8s.io/cli-runtime/pkg/printers: JSONPrinter (encoding/json, which escapes for HTML) and
YAMLPrinter (sigs.k8s.io/yaml).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import yaml

from pausedemo.core.kubectl.objects import KubeObject

_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def make_list(objects: Iterable[KubeObject]) -> dict[str, Any]:
    """Several objects as one."""
    return {
        "apiVersion": "v1",
        "items": list(objects),
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }


def render_json(one: KubeObject) -> str:
    """One object, with its last line feed."""
    written = json.dumps(one, indent=4, sort_keys=True, ensure_ascii=False)
    # None of these stands outside of strings in JSON.
    return written.translate(_HTML) + "\n"


def render_yaml(objects: Sequence[KubeObject]) -> str:
    """One object, or several documents; with the last line feed."""
    return "---\n".join(yaml.dump(one, Dumper=_Dumper, **_FORM) for one in objects)


_FORM: Final[dict[str, Any]] = {
    "default_flow_style": False,
    "sort_keys": True,
    "allow_unicode": True,
    "width": float("inf"),
}


class _Dumper(yaml.SafeDumper):
    """As go-yaml writes: quotes are double, several lines are a block, nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _represent_text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    tag = "tag:yaml.org,2002:str"
    if "\n" in value:
        return dumper.represent_scalar(tag, value, style="|")
    found = dumper.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    plain = found == tag
    return dumper.represent_scalar(tag, value, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)
