"""Files looked at for their problems alone: all problems of all files, and no scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.scenario.files import find_files
from pausedemo.scenario.library import find_doubles, load_scenario

if TYPE_CHECKING:
    from pausedemo.scenario.parse import Scenario
    from pausedemo.scenario.selection import Selection


@dataclass(frozen=True, slots=True)
class Checked:
    """The files that were checked, as they were named, and what is wrong, in order."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_selected(selection: Selection) -> Checked:
    """Check the selected files; one that cannot be read is a problem like any other.

    Raises UsageError for a name or folder that leads to no file, and when nothing is selected.
    """
    expression = selection.parse()
    files: list[str] = []
    right: list[Scenario] = []
    problems: list[Problem] = []
    for path in find_files(selection.places):
        try:
            right.append(load_scenario(path))
        except InvalidFile as error:
            files.append(str(path))
            problems += error.problems
        except UsageError as error:
            files.append(str(path))
            problems.append(Problem(str(path), 0, 0, str(error)))
    if problems:
        chosen = tuple(one for one in right if selection.includes(one, expression))
    else:
        chosen = selection.choose(right, expression)
    files += [scenario.source for scenario in chosen]
    # Two scenarios may share a manifest, whose problems are told once.
    return Checked(tuple(files), (*sorted(set(problems)), *find_doubles(chosen)))
