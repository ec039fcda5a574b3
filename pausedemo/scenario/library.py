"""Where scenarios come from: the ones that travel with pausedemo, by name, and files, by path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pausedemo.core.nearest import nearest
from pausedemo.core.yamltext import LARGEST_BYTES, decode
from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.parse import Scenario, parse_scenario

SUFFIXES: Final = (".yaml", ".yml")


def list_names() -> tuple[str, ...]:
    """The names of the scenarios that travel with pausedemo, sorted."""
    return tuple(sorted(path.stem for path in scenarios_dir().glob("*.yaml")))


def load_scenarios(wanted: Iterable[str]) -> tuple[Scenario, ...]:
    """Load scenarios by name or by path, in that order.

    Raises UsageError for an unknown name, and InvalidFile with the problems of all files at once.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for name in wanted:
        try:
            scenarios.append(load_scenario(_find(name)))
        except InvalidFile as error:
            problems += error.problems
    if problems:
        raise InvalidFile(problems)
    return tuple(scenarios)


def load_scenario(path: Path) -> Scenario:
    """Load one scenario file and the manifests it names, which lie relative to it."""
    text = _read(path)
    return parse_scenario(text, str(path), lambda manifest: _read(path.parent / manifest))


def _find(name: str) -> Path:
    path = Path(name)
    if path.suffix in SUFFIXES or path.is_file() or "/" in name:
        return path
    known = list_names()
    if name in known:
        return scenarios_dir() / f"{name}.yaml"
    close = nearest(name, known)
    hint = f'did you mean "{close}"?' if close else f"known: {', '.join(known)}"
    raise UsageError(f'no scenario "{name}"; {hint} (a file is named by its path)')


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        # A name with a zero byte in it.
        raise UsageError(f"cannot read {str(path)!r}: {error}") from error
    if len(data) > LARGEST_BYTES:
        raise UsageError(f"cannot use {path}: it is larger than {LARGEST_BYTES // 1024} KiB")
    return decode(data, str(path))
