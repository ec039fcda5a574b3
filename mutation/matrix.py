"""Mutations by scenarios: what is to be played, in which order, and by how many at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from mutation.findings import Finding, Findings, How
from mutation.messages import Ask
from mutation.mutant import TRUTH, Fate, Mutation
from mutation.play import Ground, Played, play
from mutation.routes import is_about
from mutation.table import MUTATIONS
from pausedemo.scenario.library import load_scenario

#: Where each scenario's file is, by the scenario's name.
Files: TypeAlias = Mapping[str, Path]
Pair: TypeAlias = tuple[Mutation, str]
Tell: TypeAlias = Callable[[Finding], None]

_BY_NAME: Final = {**MUTATIONS, TRUTH.name: TRUTH}


def run_matrix(
    mutations: Sequence[Mutation],
    files: Files,
    ground: Ground,
    *,
    jobs: int,
    complete: bool,
    tell: Tell,
) -> Findings:
    """Play each scenario without a lie, then under each mutation that can touch it.

    Unless ``complete``, a mutation is done with when somebody caught it at an expectation, those
    who should notice being asked first, and a scenario when it caught one; only a tolerated
    mutation is shown to everybody. ``tell`` is called with each finding as it comes.
    """
    # Spawned: a fork of a process with threads may wait for a lock that nobody holds.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as workers:
        matrix = _Matrix(workers, files, ground, tell)
        try:
            asked = matrix.play_truth()
            pairs = [(m, s) for m in mutations for s in _order(m, files)]
            touched = [pair for pair in pairs if _can_touch(pair[0], asked[pair[1]])]
            breaking = [pair for pair in touched if pair[0].fate is Fate.CAUGHT]
            matrix.play(touched if complete else [p for p in touched if p not in breaking])
            matrix.play_until_caught(breaking, "mutation")
            matrix.play_until_caught(breaking, "scenario")
        finally:
            workers.shutdown(cancel_futures=True)
    return Findings(mutations, tuple(files), matrix.findings, complete)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Plays pairs, each once and several at a time, and keeps what was found."""

    workers: Executor
    files: Files
    ground: Ground
    tell: Tell
    findings: list[Finding] = field(default_factory=list)

    def play_truth(self) -> dict[str, frozenset[str]]:
        """Without a lie; by scenario, the requests that it makes."""
        pairs = [(TRUTH, scenario) for scenario in self.files]
        return {played.finding.scenario: played.asked for played in self._play(pairs)}

    def play(self, pairs: Sequence[Pair]) -> None:
        """All of them."""
        for _ in self._play(pairs):
            pass

    def play_until_caught(
        self, pairs: Sequence[Pair], subject: Literal["mutation", "scenario"]
    ) -> None:
        """In rounds, one pair of each mutation, or scenario, until it had its catch, or no more."""
        left: dict[str, list[Pair]] = {}
        for mutation, scenario in pairs:
            name = mutation.name if subject == "mutation" else scenario
            left.setdefault(name, []).append((mutation, scenario))
        while True:
            done = {getattr(f, subject) for f in self.findings if f.caught and f.how is How.FAILED}
            left = {name: rest for name, rest in left.items() if rest and name not in done}
            if not left:
                return
            self.play([rest.pop(0) for rest in left.values()])

    def _play(self, pairs: Sequence[Pair]) -> Iterator[Played]:
        known = {(finding.mutation, finding.scenario) for finding in self.findings}
        futures: list[Future[Played]] = [
            self.workers.submit(_play_named, mutation.name, self.files[scenario], self.ground)
            for mutation, scenario in pairs
            if (mutation.name, scenario) not in known
        ]
        for future in as_completed(futures):
            played = future.result()
            self.findings.append(played.finding)
            self.tell(played.finding)
            yield played


def _order(mutation: Mutation, files: Files) -> list[str]:
    """Those who should notice first."""
    return sorted(files, key=lambda name: name not in mutation.noticed_by)


def _can_touch(mutation: Mutation, asked: frozenset[str]) -> bool:
    """Whether a scenario makes any request that a mutation is about."""
    routes = (*mutation.asks, *mutation.answers, *mutation.streams)
    pairs = (line.split(" ", 1) for line in asked)
    asks = [Ask.parse(method, path, []) for method, path in pairs]
    return any(is_about(route, ask) for route in routes for ask in asks)


def _play_named(mutation: str, file: Path, ground: Ground) -> Played:
    """In a worker: mutations are functions, and travel by their names."""
    return play(_BY_NAME[mutation], load_scenario(file), ground)
