"""How each kind of step is done: what a person would type, and what is seen.

One small class per kind. ``command`` only says; ``perform`` does, and gives the typed facts as
plain data. Judging them is the runner's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pausedemo.scenario.kinds import Step
from pausedemo.scenario.performers import acting, objects, programs
from pausedemo.scenario.performers.base import Observation, Performer
from pausedemo.scenario.stage import Stage

__all__ = ["PERFORMERS", "Observation", "Performer", "make_performer"]

#: By kind of step: a class whose first argument is a step of just that kind.
PERFORMERS: Final[Mapping[str, Callable[[Any, Stage, str], Performer]]] = {
    "apply": acting.ApplyPerformer,
    "delete": acting.DeletePerformer,
    "run": acting.RunPerformer,
    "create": acting.CreatePerformer,
    "start": acting.StartPerformer,
    "exec": programs.ExecPerformer,
    "http": programs.HttpPerformer,
    "write": acting.WritePerformer,
    "stop": acting.StopPerformer,
    "kill": acting.KillPerformer,
    "restart": acting.RestartPerformer,
    "pause": acting.PausePerformer,
    "unpause": acting.UnpausePerformer,
    "remove": acting.RemovePerformer,
    "wait": programs.WaitPerformer,
    "pod": objects.PodPerformer,
    "events": objects.EventsPerformer,
    "inspect": objects.InspectPerformer,
    "logs": programs.LogsPerformer,
    "top": programs.TopPerformer,
    "containers": objects.ContainersPerformer,
    "namespaces": objects.NamespacesPerformer,
}


def make_performer(step: Step, stage: Stage, pod: str) -> Performer:
    """The performer of a step's kind, for a pod, or for containers outside of pods ("")."""
    return PERFORMERS[step.kind](step, stage, pod)
