from __future__ import annotations

import pytest

from pausedemo.embedded.build.plan import compute_plan
from pausedemo.embedded.errors import BadParameter


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a\nFOO x", "line 2: unknown instruction: FOO"),
        ("RUN a\nFROM b", "line 1: no build stage in current context"),
        ("FROM a b", "line 1: FROM requires either one or three arguments"),
        (
            "FROM a AS 1x",
            'line 1: invalid name for build stage: "1x", '
            "name can't start with a number or contain symbols",
        ),
        (
            "FROM --platform=linux/arm64 a",
            "line 1: FROM --platform: this engine runs this machine's programs only",
        ),
        ("FROM a\nENV", "line 2: ENV requires at least one argument"),
        ("FROM a\nENV a", "line 2: ENV must have two arguments"),
        ("FROM a\nLABEL =a", "line 2: LABEL names can not be blank"),
        ("FROM a\nCOPY", "line 2: COPY requires at least two arguments"),
        (
            "FROM a\nCOPY a",
            "line 2: COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined.",
        ),
        ("FROM a\nCOPY --chmod=1 a b", "line 2: Unknown flag: chmod"),
        ("FROM a\nADD --from=x a b", "line 2: Unknown flag: from"),
        ("FROM a\nCOPY --from a b", "line 2: Missing a value on flag: from"),
        ("FROM a\nCOPY --from=a --from=b a b", "line 2: Duplicate flag specified: from"),
        (
            "FROM a\nRUN --mount=type=cache x",
            "line 2: the --mount option requires BuildKit, which this engine does not have",
        ),
        (
            "FROM a\nRUN <<EOF\necho\nEOF",
            "line 2: here-documents require BuildKit, which this engine does not have",
        ),
        (
            "FROM a\nCOPY <<-'E' /x",
            "line 2: here-documents require BuildKit, which this engine does not have",
        ),
        ("FROM a\nRUN", "line 2: RUN requires at least one argument"),
        ("FROM a\nUSER", "line 2: USER requires exactly one argument"),
        ("FROM a\nVOLUME []", "line 2: VOLUME requires at least one argument"),
        ('FROM a\nVOLUME [""]', "line 2: VOLUME specified can not be an empty string"),
        ("FROM a\nSHELL sh -c", "line 2: SHELL requires the arguments to be in JSON form"),
        ("FROM a\nHEALTHCHECK", "line 2: HEALTHCHECK requires at least one argument"),
        ("FROM a\nHEALTHCHECK FOO", 'line 2: Unknown type "FOO" in HEALTHCHECK (try CMD)'),
        ("FROM a\nHEALTHCHECK CMD", "line 2: Missing command after HEALTHCHECK CMD"),
        ("FROM a\nHEALTHCHECK NONE x", "line 2: HEALTHCHECK NONE takes no arguments"),
        (
            "FROM a\nHEALTHCHECK --interval=x CMD a",
            'line 2: time: invalid duration "x"',
        ),
        (
            "FROM a\nHEALTHCHECK --timeout=1us CMD a",
            "line 2: Interval 'timeout' cannot be less than 1ms",
        ),
        ("FROM a\nHEALTHCHECK --retries=0 CMD a", "line 2: --retries must be at least 1 (not 0)"),
        (
            "FROM a\nONBUILD ONBUILD RUN x",
            "line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
        ),
        ("FROM a\nONBUILD FROM x", "line 2: FROM isn't allowed as an ONBUILD trigger"),
        (
            'FROM a\nCMD ["a", 1]',
            "line 2: when using JSON array syntax, arrays must be comprised of strings only",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, message):
    with pytest.raises(BadParameter) as raised:
        compute_plan(text)
    assert str(raised.value) == f"dockerfile parse error {message}"


@pytest.mark.parametrize("run", ["echo $((1<<2))", "echo $((1 << A))", "echo a<<b", "cat < a << 1"])
def test_a_shift_is_no_here_document(run):
    text = "RUN " + run
    assert compute_plan(f"FROM a\n{text}").stages[0].instructions[0].text == text


TWO = "ARG v=1\nFROM a AS One\nENV a=1\nFROM b\nENV b=1\nENV c=1"


@pytest.mark.parametrize(
    ("target", "stages", "steps"), [("", 2, 6), ("ONE", 1, 3), ("0", 1, 3), ("1", 2, 6)]
)
def test_a_target_ends_the_plan(target, stages, steps):
    plan = compute_plan(TWO, target=target)
    assert (len(plan.stages), plan.step_count) == (stages, steps)


@pytest.mark.parametrize("target", ["two", "2"])
def test_a_target_must_be_there(target):
    with pytest.raises(BadParameter) as raised:
        compute_plan(TWO, target=target)
    assert str(raised.value) == f"failed to reach build target {target} in Dockerfile"


def test_a_clients_labels_are_the_last_steps():
    last = compute_plan("FROM a", labels={"b": "$x", "a": "it's"}).stages[-1].instructions
    assert [step.text for step in last] == ["LABEL a=it's", "LABEL b=$x"]
