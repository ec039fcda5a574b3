"""Mutations by scenarios: what is to be played, in which order, and by how many at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from mutation.findings import Finding, Findings, How
from mutation.mutant import TRUTH, Fate, Mutation
from mutation.play import Ground, Played, play
from mutation.rehearsal import rehearse
from mutation.table import MUTATIONS
from pausedemo.scenario.library import load_scenario
from pausedemo.signals import signals_as_errors

#: Where each scenario's file is, by the scenario's name.
Files: TypeAlias = Mapping[str, Path]
Pair: TypeAlias = tuple[Mutation, str]
Tell: TypeAlias = Callable[[Finding], None]


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
            matrix.play_truth()
            pairs = [(m, s) for m in mutations for s in _order(m, files)]
            touched = [pair for pair in pairs if matrix.could_be_told(pair)]
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
    _true: dict[str, Played] = field(default_factory=dict)

    def play_truth(self) -> None:
        """Each scenario without a lie: its pace, and what it gives an occasion to lie about."""
        for played in self._play([(TRUTH, scenario) for scenario in self.files]):
            self._true[played.finding.scenario] = played

    def could_be_told(self, pair: Pair) -> bool:
        """Whether a mutation's lie could be told in a scenario, which was played true."""
        return pair[0].name in self._true[pair[1]].could_be_told

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
        futures: list[Future[Played]] = []
        for mutation, scenario in pairs:
            if (mutation.name, scenario) not in known:
                pace = self._true[scenario].pace if scenario in self._true else ()
                file = self.files[scenario]
                futures.append(
                    self.workers.submit(_play_named, mutation.name, file, self.ground, pace)
                )
        for future in as_completed(futures):
            played = future.result()
            self.findings.append(played.finding)
            self.tell(played.finding)
            yield played


def _order(mutation: Mutation, files: Files) -> list[str]:
    """Those who should notice first."""
    return sorted(files, key=lambda name: name not in mutation.noticed_by)


def _play_named(name: str, file: Path, ground: Ground, pace: Sequence[float]) -> Played:
    """In a worker: mutations are functions, and travel by their names."""
    mutation = MUTATIONS[name] if name != TRUTH.name else rehearse(MUTATIONS.values())
    # A worker that is told to end takes down what it plays first.
    with signals_as_errors():
        return play(mutation, load_scenario(file), ground, pace)
