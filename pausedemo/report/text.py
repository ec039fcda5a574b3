"""Text from containers made fit to print: control characters, length, durations, words.

Every report shows text that a container chose. Here it loses what could act on a terminal,
a log viewer or an XML parser, and keeps everything a person reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pausedemo.core.verdicts.results import RunResult, ScenarioResult, Status, StepResult

STATUS_WORDS: Final = {
    Status.PASSED: "PASS",
    Status.KNOWN_DIFFERENCE: "DIFF",
    Status.FAILED: "FAIL",
    Status.ERROR: "ERROR",
    Status.FLAKY: "FLAKY",
    Status.SKIPPED: "SKIP",
}

#: Beside the word, so that a verdict is found at a glance, without colour.
STATUS_SYMBOLS: Final = {
    Status.PASSED: "✓",
    Status.KNOWN_DIFFERENCE: "≠",
    Status.FAILED: "✗",
    Status.ERROR: "!",
    Status.FLAKY: "~",
    Status.SKIPPED: "-",
}

#: A status in a sentence.
STATUS_NAMES: Final = {status: status.value.replace("_", " ") for status in Status}

# ECMA-48 "select graphic rendition": colour only, so dropping it loses nothing that is read.
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")

# C0 and C1 (ECMA-48) but for tab and line feed; line separators and the marks that turn the
# direction of text (a line can then read differently from what it is: CVE-2021-42574);
# lone surrogates, U+FFFE and U+FFFF, which neither UTF-8 nor XML 1.0 (section 2.2) can hold.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)

_LINE_LENGTH_MAX: Final = 500


def make_visible(text: str) -> str:
    r"""``text`` without colour codes, and every other unsafe character written as ``\x1b``.

    The result holds printable characters, tabs and line feeds only; CR LF becomes LF.
    """
    text = _COLOURS.sub("", text).replace("\r\n", "\n")
    return _UNSAFE.sub(lambda match: _name_character(match.group()), text)


def _name_character(character: str) -> str:
    code = ord(character)
    if character == "\r":
        return r"\r"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def join_lines(text: str) -> str:
    """``text`` made visible and on one line, runs of white space as one space."""
    return " ".join(make_visible(text).split())


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A long output's first and last lines. ``left_out`` lines stood between them."""

    head: tuple[str, ...]
    left_out: int
    tail: tuple[str, ...]

    @property
    def note(self) -> str:
        """Says what is not shown; empty when all is."""
        if not self.left_out:
            return ""
        total = len(self.head) + self.left_out + len(self.tail)
        return f"... {self.left_out} of {total} lines left out ..."


def excerpt_output(text: str, head: int = 16, tail: int = 4) -> Excerpt:
    """The lines of ``text``, made visible: all of them, or the first ``head`` and last ``tail``.

    The end stays because programs say last why they stopped. Trailing empty lines go. A line
    of more than 500 characters ends in a note that says how many more there were.
    """
    lines = [_clip_line(line) for line in make_visible(text).expandtabs(8).split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    left_out = len(lines) - head - tail
    # A note that stands for one line would take that line's place.
    if left_out <= 1:
        return Excerpt(tuple(lines), 0, ())
    return Excerpt(tuple(lines[:head]), left_out, tuple(lines[head + left_out :]))


def _clip_line(line: str) -> str:
    more = len(line) - _LINE_LENGTH_MAX
    return line if more <= 0 else f"{line[:_LINE_LENGTH_MAX]} (and {more} more characters)"


def format_duration(duration_s: float) -> str:
    """``0.3 s``, ``12.0 s``, ``2 min 5 s``."""
    if duration_s < 59.95:
        return f"{duration_s:.1f} s"
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes} min {seconds} s"


def count_of(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_totals(run: RunResult) -> str:
    """``3 scenarios: 2 passed, 1 failed``; what did not occur is not named."""
    parts = [f"{count} {STATUS_NAMES[status]}" for status, count in run.totals.items() if count]
    return f"{count_of(len(run.scenarios), 'scenario')}: {', '.join(parts) or 'nothing ran'}"


def list_substitutes(run: RunResult) -> Sequence[str]:
    """One ``wanted: used stands in for it`` line per substitute image."""
    return [
        f"{join_lines(image.used)} stands in for {join_lines(image.wanted)}"
        for image in run.images
        if image.substitute
    ]


def name_difference(step: StepResult) -> str:
    """What became of the difference that is listed for this engine; empty where none is."""
    if step.difference is None:
        return ""
    if step.status is Status.PASSED:
        return "listed difference not seen"
    if step.status is Status.KNOWN_DIFFERENCE:
        return "known difference"
    return "not the difference that is listed"


def describe_difference(step: StepResult) -> str:
    """``known difference (podman): why``, on one line; empty where none is listed."""
    if step.difference is None:
        return ""
    engine, why = join_lines(step.difference.engine), join_lines(step.difference.why)
    return f"{name_difference(step)} ({engine}): {why}"


def describe_attempts(scenario: ScenarioResult) -> str:
    """``3 of 20 attempts went wrong``; empty when there was only one."""
    wrong = sum(not attempt.is_good for attempt in scenario.attempts)
    total = len(scenario.attempts)
    return f"{wrong} of {count_of(total, 'attempt')} went wrong" if total > 1 else ""


def describe_steps(scenario: ScenarioResult) -> str:
    """``3 of 5 steps passed, 1 known difference``, or why there are none."""
    if scenario.not_applicable:
        return f"not applicable: {join_lines(scenario.not_applicable)}"
    statuses = [step.status for step in scenario.steps]
    passed, known = statuses.count(Status.PASSED), statuses.count(Status.KNOWN_DIFFERENCE)
    text = count_of(len(statuses), "step")
    if passed < len(statuses):
        text = f"{passed} of {text} passed"
    return f"{text}, {count_of(known, 'known difference')}" if known else text


def list_known(run: RunResult) -> Sequence[str]:
    """One line for each known difference that showed."""
    return [
        f"{join_lines(scenario.name)}, {join_lines(step.name)}: {describe_difference(step)}"
        for scenario in run.scenarios
        for step in scenario.steps
        if step.status is Status.KNOWN_DIFFERENCE and step.difference is not None
    ]


def list_stale(run: RunResult) -> Sequence[str]:
    """One line for each difference that a scenario's file lists and this engine did not show."""
    return [
        f"{join_lines(scenario.name)}, {join_lines(step.name)}: {describe_difference(step)}"
        for scenario in run.scenarios
        for step, _ in scenario.stale
    ]
