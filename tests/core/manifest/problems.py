"""What is said of a pod whose fields do not fit together."""

from __future__ import annotations

from pausedemo.core.manifest import parse_objects
from pausedemo.errors import InvalidFile


def problems_of(spec: str) -> list[str]:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    try:
        parse_objects(text, "pod.yaml")
    except InvalidFile as error:
        return [problem.message for problem in error.problems]
    return []
