"""Runs whose every text, number and fact hypothesis chooses."""

from __future__ import annotations

from hypothesis import strategies as st

from pausedemo.core.verdicts.results import (
    Difference,
    EngineFacts,
    Failure,
    ImageUse,
    Portrait,
    Resident,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)

_MARKUP = st.sampled_from(
    [
        "\x1b[31m",
        "\x1b]0;title\x07",
        "[bold]",
        "[/]",
        "::error::",
        "%0A",
        "]]>",
        "<a&b>",
        "```",
        "</script>",
    ]
)
# Surrogates included: a container's bytes may have been decoded with surrogateescape.
TEXTS = st.lists(st.text(st.characters(), max_size=12) | _MARKUP, max_size=4).map("".join)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
_DURATIONS = st.floats(0, 1e6)
_KINDS = st.sampled_from(["net", "ipc", "uts", "pid", "mnt", "cgroup", "user", "time", "new"])
#: Few inodes for many containers, so that much is shared, in every pattern.
PORTRAITS = st.builds(
    Portrait,
    st.lists(
        st.builds(
            Resident,
            st.sampled_from(["POD", "a", "web-server-with-a-long-name", "日本"]) | TEXTS,
            st.sampled_from(["", "p", "q"]) | TEXTS,
            st.dictionaries(_KINDS, st.integers(4026531835, 4026531839), max_size=9),
        ),
        max_size=9,
    ).map(tuple),
    st.dictionaries(_KINDS, st.integers(4026531835, 4026531839), max_size=9),
)
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
    portrait=st.none() | PORTRAITS,
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
    links=st.lists(TEXTS | TEXTS.map("https://{}".format), max_size=2).map(tuple),
    attempts=st.lists(_STATUSES, max_size=4).map(tuple),
    not_applicable=st.just("") | TEXTS,
)
RUNS = st.builds(
    RunResult,
    engine=st.builds(EngineFacts, TEXTS, TEXTS, TEXTS, TEXTS),
    images=st.lists(st.builds(ImageUse, TEXTS, TEXTS, st.booleans()), max_size=2).map(tuple),
    scenarios=st.lists(_SCENARIOS, max_size=2).map(tuple),
    ended_by=st.just("") | TEXTS,
)
