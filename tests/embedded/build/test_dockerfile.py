from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.build.dockerfile import (
    Line,
    parse_dockerfile,
    parse_json_words,
    split_pairs,
    split_words,
)
from pausedemo.embedded.errors import BadParameter


def lines(text):
    return [(line.number, line.text) for line in parse_dockerfile(text).lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a", [(1, "FROM a")]),
        ("\ufeffFROM a\r\nRUN b\r\n", [(1, "FROM a"), (2, "RUN b")]),
        ("# comment\n\n  FROM a\n\t# another\nRUN b", [(3, "FROM a"), (5, "RUN b")]),
        ("RUN a \\\n  b\nRUN c", [(1, "RUN a   b"), (3, "RUN c")]),
        ("RUN a \\  \n# between\n b", [(1, "RUN a  b")]),
        ("RUN a \\\n\n b", [(1, "RUN a  b")]),
        ("RUN a \\\\", [(1, "RUN a \\")]),
        ("RUN a \\", [(1, "RUN a")]),
        (
            "# escape=`\nRUN a `\n b\nRUN c \\\nRUN d",
            [(2, "RUN a  b"), (4, "RUN c \\"), (5, "RUN d")],
        ),
        ("# syntax=x\n# escape = `\nRUN a `\nb", [(3, "RUN a b")]),
        ("# no directive\n# escape=`\nRUN a `\nRUN b", [(3, "RUN a `"), (4, "RUN b")]),
    ],
)
def test_lines_are_joined_and_numbered_by_their_first(text, expected):
    assert lines(text) == expected


def test_an_empty_continuation_is_warned_of():
    assert parse_dockerfile("RUN a \\\n\n b").warnings == (
        "[WARNING]: Empty continuation line found in:\n    RUN a  b",
        "[WARNING]: Empty continuation lines will become errors in a future release.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file with no instructions"),
        ("# only a comment\n", "file with no instructions"),
        (
            "# escape=x\nFROM a",
            "dockerfile parse error line 1: invalid ESCAPE 'x'. Must be ` or \\",
        ),
        (
            "# escape=`\n# escape=`\nFROM a",
            "dockerfile parse error line 2: only one escape parser directive can be used",
        ),
    ],
)
def test_text_that_is_no_dockerfile_is_refused(text, message):
    with pytest.raises(BadParameter) as raised:
        parse_dockerfile(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "keyword", "flags", "rest"),
    [
        ("copy --from=a --chown=b  c d", "COPY", ("--from=a", "--chown=b"), "c d"),
        ("COPY\t--from=a\tc d", "COPY", ("--from=a",), "c d"),
        ("RUN -- --x", "RUN", (), "--x"),
        ("CMD", "CMD", (), ""),
        ("COPY --from=a", "COPY", ("--from=a",), ""),
    ],
)
def test_flags_come_before_the_rest(text, keyword, flags, rest):
    assert parse_dockerfile(text).lines == (Line(1, keyword, flags, rest, text),)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ('["a", "b c"]', ("a", "b c")),
        ("[]", ()),
        ("['a']", None),
        ('["a"', None),
        ('["a"] b', None),
        ("a", None),
        ("", None),
    ],
)
def test_the_json_form(rest, words):
    assert parse_json_words(rest) == words


def test_the_json_form_has_strings_only():
    with pytest.raises(BadParameter, match="arrays must be comprised of strings only"):
        parse_json_words('["a", 1]')


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("a  b", ("a", "b")),
        ('a="b c" d', ('a="b c"', "d")),
        ("a='b \\' d", ("a='b \\'", "d")),
        ("a=b\\ c d", ("a=b\\ c", "d")),
        ('a="b \\" c" d', ('a="b \\" c"', "d")),
        ("", ()),
    ],
)
def test_words_keep_their_quotes(rest, words):
    assert split_words(rest, "\\") == words


@pytest.mark.parametrize(
    ("rest", "pairs"),
    [
        ("a=b c=d", (("a", "b"), ("c", "d"))),
        ("a b c=d", (("a", "b c=d"),)),
        ("a= b=", (("a", ""), ("b", ""))),
        ("", ()),
    ],
)
def test_pairs_in_both_forms(rest, pairs):
    assert split_pairs("ENV", rest, "\\") == pairs


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("a", "ENV must have two arguments"),
        (
            "a=b c",
            'Syntax error - can\'t find = in "c". Must be of the form: name=value',
        ),
    ],
)
def test_pairs_that_are_none(rest, message):
    with pytest.raises(BadParameter) as raised:
        split_pairs("ENV", rest, "\\")
    assert str(raised.value) == message


@given(st.text(alphabet="aR #=\\`\n\t\r\"'[]-"))
def test_any_text_is_parsed_or_refused(text):
    try:
        parse_dockerfile(text)
    except BadParameter:
        return
