from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.verdicts.selection import (
    DEEPEST,
    LONGEST,
    UnreadableExpression,
    parse_expression,
)
from pausedemo.errors import UsageError

WORDS = ("a", "b", "c-d", "e.f", "notes", "order", "android")


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("network", {"network-share", "ports"}),
        ("NetWork", {"network-share", "ports"}),
        ("share", {"network-share", "pid-share"}),
        ("not share", {"ports"}),
        ("network and share", {"network-share"}),
        ("network or pid", {"network-share", "ports", "pid-share"}),
        ("network and not share or pid", {"ports", "pid-share"}),
        ("network and not (share or pid)", {"ports"}),
        ("not not slow", {"ports"}),
        ("(((slow)))", {"ports"}),
        # A tag is meant as a whole, a name also in part.
        ("slo", set()),
        ("port", {"ports"}),
        ("nothing-like-it", set()),
        ("\t( network )and(slow)\n", {"ports"}),
    ],
)
def test_an_expression_selects_by_tag_and_name(expression: str, selected: set[str]) -> None:
    scenarios = {
        "network-share": ("article", "network"),
        "pid-share": ("article", "pid"),
        "ports": ("Network", "slow"),
    }
    parsed = parse_expression(expression)
    assert {name for name, tags in scenarios.items() if parsed.matches(name, tags)} == selected


@pytest.mark.parametrize(
    ("expression", "column", "why"),
    [
        ("", 0, 'expected a tag or a name, "not" or "(", not the end'),
        ("   ", 3, 'expected a tag or a name, "not" or "(", not the end'),
        ("a and", 5, 'expected a tag or a name, "not" or "(", not the end'),
        ("a or or b", 5, 'expected a tag or a name, "not" or "(", not "or"'),
        ("and a", 0, 'expected a tag or a name, "not" or "(", not "and"'),
        ("a b", 2, 'expected "and" or "or", not "b"'),
        ("a (b)", 2, 'expected "and" or "or", not "("'),
        ("a)", 1, 'expected "and" or "or", not ")"'),
        ("(a", 2, 'expected "and", "or" or ")", not the end'),
        ("(a b)", 3, 'expected "and", "or" or ")", not "b"'),
        ("()", 1, 'expected a tag or a name, "not" or "(", not ")"'),
        ("a not b", 2, 'expected "and" or "or", not "not"'),
        ("a & b", 2, "'&' cannot stand here"),
        ("a and b == c", 8, "'=' cannot stand here"),
        ("a\x1b[31m", 1, r"'\x1b' cannot stand here"),
        ("(" * 99 + "a" + ")" * 99, DEEPEST, f"more than {DEEPEST} levels deep"),
    ],
)
def test_an_expression_that_cannot_be_read_is_shown_with_a_caret(
    expression: str, column: int, why: str
) -> None:
    with pytest.raises(UnreadableExpression) as caught:
        parse_expression(expression)
    assert (caught.value.column, caught.value.why) == (column, why)
    first, shown, caret = str(caught.value).split("\n")[0], *str(caught.value).split("\n")[-2:]
    assert first == f"cannot read the expression: {why}"
    assert len(shown) == len(expression) + 2
    assert caret == f"  {' ' * column}^"
    assert "\x1b" not in str(caught.value)


def test_an_endless_expression_is_refused() -> None:
    with pytest.raises(UsageError, match=f"longer than {LONGEST} characters"):
        parse_expression("a or " * LONGEST)


trees = st.recursive(
    st.sampled_from(WORDS).map(lambda word: (word, f"values[{word!r}]")),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"not ({one[0]})", f"(not {one[1]})")),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: (f"({t[0][0]}) {t[1]} ({t[2][0]})", f"({t[0][1]} {t[1]} {t[2][1]})")
        ),
    ),
    max_leaves=12,
)


@given(tree=trees, true=st.sets(st.sampled_from(WORDS)))
def test_an_expression_means_what_python_s_own_means(tree: tuple[str, str], true: set[str]) -> None:
    text, python = tree
    values = {word: word in true for word in WORDS}
    expected = eval(python, {}, {"values": values})  # noqa: S307
    assert parse_expression(text).evaluate(values.__getitem__) is expected


flat = st.lists(
    st.tuples(st.booleans(), st.sampled_from(WORDS), st.sampled_from(["and", "or"])), min_size=1
)


@given(terms=flat, true=st.sets(st.sampled_from(WORDS)))
def test_not_binds_before_and_and_and_before_or(
    terms: list[tuple[bool, str, str]], true: set[str]
) -> None:
    values = {word: word in true for word in WORDS}
    ours = " ".join(f"{'not ' if no else ''}{word} {op}" for no, word, op in terms)
    python = " ".join(f"{'not ' if no else ''}{word in true} {op}" for no, word, op in terms)
    last = re.compile(r" (and|or)$")
    text = last.sub("", ours)
    if len(text) > LONGEST:
        return
    expected = eval(last.sub("", python))  # noqa: S307
    assert parse_expression(text).evaluate(values.__getitem__) is expected


@given(st.text(alphabet="ab()& andornt\té", max_size=30) | st.text(max_size=30))
def test_any_text_is_an_expression_or_one_error_at_a_place(text: str) -> None:
    error = None
    try:
        expression = parse_expression(text)
    except UnreadableExpression as refused:
        error = refused
    if error is None:
        assert expression.words
        assert expression.evaluate(lambda _word: True) in (True, False)
    else:
        assert 0 <= error.column <= len(text)
