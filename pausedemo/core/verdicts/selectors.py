"""Which engines a scenario's file speaks of: ``docker``, ``docker<23``, ``any/crun``.

An engine's name, then versions as in a Python requirement, then ``/`` and an OCI runtime's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from pydantic import AfterValidator, Field, StrictStr

from pausedemo.core.files.complaints import Words, describe, hint_at
from pausedemo.core.verdicts.results import EngineFacts

#: The names that ``EngineFacts.name`` may have, and the word that stands for all of them.
ANY: Final = "any"
ENGINE_NAMES: Final = ("docker", "podman", "embedded", ANY)

_SELECTOR: Final = re.compile(
    r"(?P<name>[a-z]+)(?P<versions>(?:(?:[<>]=?|[=!]=)\d+(?:\.\d+)*(?:,(?!/|$)|(?=/|$)))*)"
    r"(?:/(?P<runtime>[A-Za-z0-9][\w.-]*))?",
    re.ASCII,
)
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class EngineSelector:
    """Engines of a name, in some versions, with an OCI runtime; ``""`` for whichever."""

    name: str
    versions: str = ""
    runtime: str = ""

    def matches(self, engine: EngineFacts) -> bool:
        """Whether it speaks of this engine.

        Of the engine's version only the numbers at its start count: ``20.10.24+dfsg1`` is
        20.10.24. An engine without such numbers is of no version that can be asked for.
        """
        if self.name not in (ANY, engine.name) or self.runtime not in ("", engine.runtime):
            return False
        numbers = _NUMBERS.match(engine.version)
        if not self.versions or numbers is None:
            return not self.versions
        return SpecifierSet(self.versions).contains(Version(numbers.group()))


def parse_selector(text: str) -> EngineSelector:
    """Read ``NAME[VERSIONS][/RUNTIME]``. ValueError, in words, for anything else."""
    match = _SELECTOR.fullmatch(text)
    if match is None:
        raise ValueError(f"{describe(text)} names no engine; write it as docker, or docker<23")
    if match["name"] not in ENGINE_NAMES:
        raise ValueError(
            f"there is no engine {describe(match['name'])}; "
            f"{hint_at(match['name'], ENGINE_NAMES, 'known')}"
        )
    if match["name"] == ANY and match["versions"]:
        raise ValueError(f"{describe(text)}: versions of different engines cannot be compared")
    return EngineSelector(match["name"], match["versions"], match["runtime"] or "")


def _is_selector(text: str) -> str:
    parse_selector(text)
    return text


#: As much of a selector's form as an editor needs to know.
_FORM: Final = rf"^({'|'.join(ENGINE_NAMES)})([<>=!][<>=!.,0-9]*)?(/[\w.-]+)?$"

#: A selector's text in a file, checked.
Selector: TypeAlias = Annotated[
    StrictStr,
    AfterValidator(_is_selector),
    Field(json_schema_extra={"pattern": _FORM}),
    Words("an engine, such as podman or docker<23"),
]
