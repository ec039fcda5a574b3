"""All mutations, by group and by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from mutation.lies.execs import EXECS
from mutation.lies.harmless import HARMLESS
from mutation.lies.joins import JOINS
from mutation.lies.life import LIFE
from mutation.lies.pauses import PAUSES
from mutation.lies.refusals import REFUSALS
from mutation.lies.signals import SIGNALS
from mutation.lies.told import TOLD
from mutation.mutant import Mutation
from pausedemo.errors import UsageError

GROUPS: Final[Mapping[str, tuple[Mutation, ...]]] = {
    "Namespaces": JOINS,
    "The pause program": PAUSES,
    "Signals": SIGNALS,
    "Life": LIFE,
    "Refusals": REFUSALS,
    "What the engine tells": TOLD,
    "Commands and files": EXECS,
    "Oddities": HARMLESS,
}

MUTATIONS: Final[Mapping[str, Mutation]] = {
    mutation.name: mutation for group in GROUPS.values() for mutation in group
}


def find_mutations(names: Iterable[str]) -> tuple[Mutation, ...]:
    """Mutations by name, all of them where none is named. UsageError for an unknown one."""
    wanted = tuple(names) or tuple(MUTATIONS)
    unknown = [name for name in wanted if name not in MUTATIONS]
    if unknown:
        raise UsageError(f"no mutation {unknown[0]}; known: {', '.join(MUTATIONS)}")
    return tuple(MUTATIONS[name] for name in wanted)
