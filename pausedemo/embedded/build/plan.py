"""The stages of a Dockerfile, in the order in which they are built. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.embedded.build.dockerfile import parse_dockerfile, refuse
from pausedemo.embedded.build.instructions import From, Instruction, Pairs, parse_instruction
from pausedemo.embedded.errors import BadParameter

# Arguments that need no ARG and leave no trace in the cache: buildkit's builtin allowed ones.
PREDEFINED_ARGS: Final = frozenset(
    name
    for lower in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
    for name in (lower, lower.upper())
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows it. ``index`` counts from 0."""

    index: int
    start: From
    instructions: tuple[Instruction, ...]

    @property
    def name(self) -> str:
        return self.start.name


@dataclass(frozen=True, slots=True)
class Plan:
    """``arguments``: the ARGs before the first FROM."""

    arguments: tuple[Pairs, ...]
    stages: tuple[Stage, ...]
    escape: str
    warnings: tuple[str, ...] = ()

    @property
    def step_count(self) -> int:
        stages = sum(1 + len(stage.instructions) for stage in self.stages)
        return len(self.arguments) + stages


def compute_plan(text: str, *, target: str = "", labels: Mapping[str, str] | None = None) -> Plan:
    """What building ``text`` up to the stage ``target`` (name or number) takes.

    ``labels`` become one more LABEL each, at the end. Raises BadParameter.
    """
    dockerfile = parse_dockerfile(text)
    arguments: list[Pairs] = []
    stages: list[Stage] = []
    for line in dockerfile.lines:
        instruction = parse_instruction(line, dockerfile.escape)
        if isinstance(instruction, From):
            stages.append(Stage(len(stages), instruction, ()))
        elif stages:
            last = stages[-1]
            stages[-1] = replace(last, instructions=(*last.instructions, instruction))
        elif isinstance(instruction, Pairs) and instruction.keyword == "ARG":
            arguments.append(instruction)
        else:
            raise refuse(line.number, "no build stage in current context")
    if not stages:
        raise BadParameter("no build stage in current context")
    if target:
        stages = stages[: _find_target(stages, target) + 1]
    if labels:
        last = stages[-1]
        more = [_label(key, labels[key]) for key in sorted(labels)]
        stages[-1] = replace(last, instructions=(*last.instructions, *more))
    return Plan(tuple(arguments), tuple(stages), dockerfile.escape, dockerfile.warnings)


def _find_target(stages: Sequence[Stage], target: str) -> int:
    for stage in reversed(stages):
        if stage.name and stage.name == target.lower():
            return stage.index
    if target in {str(stage.index) for stage in stages}:
        return int(target)
    raise BadParameter(f"failed to reach build target {target} in Dockerfile")


def _label(key: str, value: str) -> Pairs:
    """Quoted so that nothing is expanded: a client's label is no Dockerfile text."""
    pairs = ((_quote(key), _quote(value)),)
    return Pairs(keyword="LABEL", pairs=pairs, text=f"LABEL {key}={value}")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
