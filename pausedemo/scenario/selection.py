"""Which scenarios a command is about: where they are, and which of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pausedemo.core.files.nearest import nearest
from pausedemo.core.verdicts.selection import Expression, parse_expression
from pausedemo.errors import UsageError
from pausedemo.scenario.files import shipped_files
from pausedemo.scenario.library import load_scenarios
from pausedemo.scenario.parse import Scenario


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line says of scenarios.

    ``wanted`` are names, files and folders; with ``everything`` also all that come along. Of
    these, those that bear one of ``tags``, if there are any, and for which ``expression`` holds,
    if it is not empty.
    """

    wanted: tuple[str, ...] = ()
    everything: bool = False
    tags: tuple[str, ...] = ()
    expression: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was said."""
        return self == Selection()

    @property
    def places(self) -> tuple[str, ...]:
        """Names, files and folders to look at: those that come along where none are named."""
        shipped = shipped_files() if self.everything or not self.wanted else ()
        return (*shipped, *self.wanted)

    def load(self) -> tuple[Scenario, ...]:
        """The selected scenarios.

        Raises UsageError for an expression that cannot be read, and when none is selected; for
        the rest see ``load_scenarios``.
        """
        # Before any file: it is the shorter thing to get right.
        expression = self.parse()
        return self.choose(load_scenarios(self.places), expression)

    def parse(self) -> Expression | None:
        """The expression, read; None where there is none. Raises UsageError."""
        return parse_expression(self.expression) if self.expression else None

    def choose(
        self, scenarios: Sequence[Scenario], expression: Expression | None
    ) -> tuple[Scenario, ...]:
        """Those of the scenarios that are selected. Raises UsageError when none is."""
        chosen = tuple(one for one in scenarios if self.includes(one, expression))
        if not chosen:
            raise UsageError(_word_nothing(self, scenarios, expression))
        return chosen

    def includes(self, scenario: Scenario, expression: Expression | None) -> bool:
        """Whether a scenario that was loaded is selected by tag and expression."""
        tags = {tag.casefold() for tag in scenario.file.tags}
        tagged = not self.tags or any(tag.casefold() in tags for tag in self.tags)
        return tagged and (
            expression is None or expression.matches(scenario.name, scenario.file.tags)
        )


def _word_nothing(
    selection: Selection, scenarios: Sequence[Scenario], expression: Expression | None
) -> str:
    """Say that nothing is selected, and what there is instead."""
    asked = [f"--tag {tag}" for tag in selection.tags]
    asked += [f"--select '{expression.text}'"] if expression else []
    known = sorted({tag for scenario in scenarios for tag in scenario.file.tags})
    names = [scenario.name for scenario in scenarios]
    words = (*selection.tags, *(expression.words if expression else ()))
    message = f"no scenario is selected by {' '.join(asked)} among {len(scenarios)}"
    if hints := list(_hint_at(words, known, names)):
        return f"{message}; {'; '.join(hints)}"
    return f"{message}; tags there: {', '.join(known) or 'none'}"


def _hint_at(words: Iterable[str], tags: Sequence[str], names: Sequence[str]) -> Iterable[str]:
    for word in dict.fromkeys(words):
        folded = word.casefold()
        if folded in tags or any(folded in name for name in names):
            continue
        close = nearest(word, tags) or nearest(word, names)
        if close:
            yield f'"{word}": did you mean "{close}"?'
