"""Runs whose every text, number and fact hypothesis chooses."""

from __future__ import annotations

from hypothesis import strategies as st

from pausedemo.core.results import (
    Difference,
    EngineFacts,
    Failure,
    ImageUse,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)

_MARKUP = st.sampled_from(
    ["\x1b[31m", "\x1b]0;title\x07", "[bold]", "[/]", "::error::", "%0A", "]]>", "<a&b>", "```"]
)
# Surrogates included: a container's bytes may have been decoded with surrogateescape.
TEXTS = st.lists(st.text(st.characters(), max_size=12) | _MARKUP, max_size=4).map("".join)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
_DURATIONS = st.floats(0, 1e6)
# Only a scenario is flaky.
_STATUSES = st.sampled_from([status for status in Status if status is not Status.FLAKY])
_STEPS = st.builds(
    StepResult,
    name=TEXTS,
    kind=TEXTS,
    command=TEXTS,
    status=_STATUSES,
    output=TEXTS,
    observed=FACTS,
    failures=st.lists(st.builds(Failure, TEXTS, FACTS, FACTS), max_size=3).map(tuple),
    duration_s=_DURATIONS,
    explain=TEXTS,
    difference=st.none() | st.builds(Difference, TEXTS, TEXTS, st.booleans()),
)
_SCENARIOS = st.builds(
    ScenarioResult,
    name=TEXTS,
    title=TEXTS,
    source=TEXTS,
    steps=st.lists(_STEPS, max_size=3).map(tuple),
    duration_s=_DURATIONS,
    explain=TEXTS,
    tags=st.lists(TEXTS, max_size=2).map(tuple),
    links=st.lists(TEXTS, max_size=2).map(tuple),
    attempts=st.lists(_STATUSES, max_size=4).map(tuple),
    not_applicable=st.just("") | TEXTS,
)
RUNS = st.builds(
    RunResult,
    engine=st.builds(EngineFacts, TEXTS, TEXTS, TEXTS, TEXTS),
    images=st.lists(st.builds(ImageUse, TEXTS, TEXTS, st.booleans()), max_size=2).map(tuple),
    scenarios=st.lists(_SCENARIOS, max_size=2).map(tuple),
)
