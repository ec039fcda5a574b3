"""ARG and ``--build-arg``: which are known where, and what they are worth. Pure.

Source: moby 20.10 ``builder/dockerfile/buildargs.go``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pausedemo.embedded.build.plan import PREDEFINED_ARGS


class Arguments:
    """``given`` come with the request; a None there is a name without a value."""

    def __init__(self, given: Mapping[str, str | None]) -> None:
        self._given = dict(given)
        self._before_from: dict[str, str | None] = {}
        self._in_stage: dict[str, str | None] = {}
        self._named: set[str] = set()

    def add_before_from(self, name: str, default: str | None) -> None:
        """An ARG before the first FROM: for FROM itself, and default of later ones."""
        self._named.add(name)
        self._before_from[name] = default

    def add(self, name: str, default: str | None) -> None:
        """An ARG within a stage."""
        self._named.add(name)
        self._in_stage[name] = default

    def begin_stage(self) -> None:
        """Forget what the stage before declared."""
        self._in_stage.clear()

    def for_from(self) -> dict[str, str]:
        """What FROM may name."""
        return self._values(self._before_from)

    def for_step(self, env: Mapping[str, str]) -> dict[str, str]:
        """What an instruction may name, without those that ENV sets: ENV wins."""
        values = self._values(dict.fromkeys(sorted(PREDEFINED_ARGS)) | self._in_stage)
        return {name: value for name, value in values.items() if name not in env}

    def for_cache(self, values: Mapping[str, str]) -> dict[str, str]:
        """Those that make one RUN different from another: not the predefined, unless declared."""
        return {
            name: values[name]
            for name in sorted(values)
            if name in self._named or name not in PREDEFINED_ARGS
        }

    def unused(self) -> list[str]:
        """Names that were given and that no ARG declares."""
        return sorted(self._given.keys() - self._named - PREDEFINED_ARGS)

    def _values(self, declared: Mapping[str, str | None]) -> dict[str, str]:
        found = {name: self._value(name, default) for name, default in declared.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, name: str, default: str | None) -> str | None:
        given = self._given.get(name)
        if given is not None:
            return given
        return default if default is not None else self._before_from.get(name)
