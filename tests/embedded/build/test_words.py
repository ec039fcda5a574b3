from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.build.words import expand
from pausedemo.embedded.errors import BadParameter

ENV = {"a": "A", "empty": "", "b_1": "B", "1": "one"}


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$a", "A"),
        ("x$a.y", "xA.y"),
        ("$b_1", "B"),
        ("$none|", "|"),
        ("${a}b", "Ab"),
        ("${none}", ""),
        ("${a:-d}", "A"),
        ("${empty:-d}", "d"),
        ("${none:-d e}", "d e"),
        ("${none:-$a${b_1}}", "AB"),
        ("${none:-'$a'}", "$a"),
        ("${a:+yes}", "yes"),
        ("${none:+yes}", ""),
        ("${a:?m}", "A"),
        ("$", "$"),
        ("$.", "$."),
        ("$1", "one"),
        ("\\$a", "$a"),
        ("\\\\$a", "\\A"),
        ("a\\b", "ab"),
        ("a\\", "a"),
        ("'$a'", "$a"),
        ("'\\'", "\\"),
        ('"$a"', "A"),
        ('"\\$a \\" \\\\ \\n"', '$a " \\ \\n'),
        ("\"'$a'\"", "'A'"),
        ("a' 'b\" \"c", "a b c"),
    ],
)
def test_variables_quotes_and_escapes(word, result):
    assert expand(word, ENV) == result


def test_too_deep_a_word_is_refused():
    with pytest.raises(BadParameter, match="too many substitutions"):
        expand("${x:-" * 3000 + "}" * 3000, ENV)


def test_another_escape():
    assert expand("C:\\x`$a", ENV, "`") == "C:\\x$a"


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("'a", "unexpected end of statement while looking for matching single-quote"),
        ('"a', "unexpected end of statement while looking for matching double-quote"),
        ("${a", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${a:-b", "unexpected end of statement while looking for matching }"),
        ("${a/b}", "missing ':' in substitution"),
        ("${a:=b}", "unsupported modifier (=) in substitution"),
        ("${none:?want it}", "none: want it"),
        ("${none:?}", "none: is not allowed to be unset"),
    ],
)
def test_broken_words(word, problem):
    with pytest.raises(BadParameter) as raised:
        expand(word, ENV)
    assert str(raised.value).endswith(f": {problem}")
    assert str(raised.value).startswith("failed to process ")


@given(st.text(alphabet="a$ {}:-+?\\'\"1", max_size=40))
def test_any_word_is_expanded_or_refused(word):
    try:
        expand(word, ENV)
    except BadParameter:
        return
