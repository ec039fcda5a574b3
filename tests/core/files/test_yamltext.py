from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.files import yamltext
from pausedemo.core.files.yamltext import Data, DataPath, decode, load_documents
from pausedemo.errors import InvalidFile
from tests.core.captures import DATA

MANIFESTS = sorted(path.read_text() for path in (DATA / "manifests").glob("*.yaml"))


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True, scope="module")
def _loader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test runs on libyaml and on PyYAML's own parser: a machine may have either."""
    loader = getattr(yaml, request.param, None)
    if loader is None:
        pytest.skip("this PyYAML was built without libyaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamltext, "_LOADER", loader)
        yield


def data_of(text: str) -> list[Data]:
    return [document.data for document in load_documents(text, "file")]


def problems_of(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidFile) as caught:
        load_documents(text, "file")
    assert {problem.source for problem in caught.value.problems} == {"file"}
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize("text", MANIFESTS)
def test_real_manifests_read_as_pyyaml_reads_them(text: str) -> None:
    assert data_of(text) == list(yaml.safe_load_all(text))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", []),
        ("\ufeff", []),
        ("# only a comment\n", []),
        ("---\n---\n# nothing\n", []),
        ("--- a\n--- b\n...\n---\n", ["a", "b"]),
        ("~", [None]),
        ("''", [""]),
        ("[]", [[]]),
        ("\ufeffa: 1", [{"a": 1}]),
        ("a:", [{"a": None}]),
        ("{a: [1, {b: c}], d: {}}", [{"a": [1, {"b": "c"}], "d": {}}]),
        ("'<<': a", [{"<<": "a"}]),
        ("- <<\n- =", [["<<", "="]]),
        ('"1": a\n"true": b', [{"1": "a", "true": "b"}]),
    ],
)
def test_documents(text: str, data: list[Data]) -> None:
    assert data_of(text) == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", 80),
        ("-1", -1),
        ("0", 0),
        ("0777", 511),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("-.inf", -math.inf),
        ("yes", True),
        ("Off", False),
        ("null", None),
        ("~", None),
        ("'80'", "80"),
        ('"yes"', "yes"),
        ("! 80", "80"),
        ("!!str 80", "80"),
        ("!!int '80'", 80),
        ("!!float 80", 80.0),
        ("!!bool yes", True),
        ("!!null ''", None),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T04:01:31Z", "2026-11-24T04:01:31Z"),
        ("22:22", "22:22"),
        ("1:30.5", "1:30.5"),
        ("0x_", "0x_"),
        ("0b_", "0b_"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars(text: str, value: Data) -> None:
    (data,) = data_of(f"key: {text}")
    assert isinstance(data, dict)
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


def test_not_a_number_is_a_number() -> None:
    (data,) = data_of(".nan")
    assert isinstance(data, float)
    assert math.isnan(data)


POD = """\
# a pod
apiVersion: v1
spec:
  containers:
  - name: web
    command: [sleep,
      "3600"]
  - name: "b"
    image:
"""


@pytest.mark.parametrize(
    ("path", "place", "key_place"),
    [
        ((), (2, 1), (2, 1)),
        (("apiVersion",), (2, 13), (2, 1)),
        (("spec",), (4, 3), (3, 1)),
        (("spec", "containers"), (5, 3), (4, 3)),
        (("spec", "containers", 0), (5, 5), (5, 5)),
        (("spec", "containers", 0, "command"), (6, 14), (6, 5)),
        (("spec", "containers", 0, "command", 1), (7, 7), (7, 7)),
        (("spec", "containers", 1, "name"), (8, 11), (8, 5)),
        (("spec", "containers", 1, "image"), (9, 11), (9, 5)),
        (("spec", "containers", 1, "ports", 0, "hostPort"), (8, 5), (8, 5)),
        (("spec", "containers", 7), (5, 3), (5, 3)),
        (("metadata", "name"), (2, 1), (2, 1)),
    ],
)
def test_places(path: DataPath, place: tuple[int, int], key_place: tuple[int, int]) -> None:
    (document,) = load_documents(POD, "pod.yaml")
    assert document.place(path) == place
    assert document.key_place(path) == key_place


def test_columns_count_characters_not_bytes() -> None:
    (document,) = load_documents("é: [ü, x]\n", "file")
    assert document.place(("é", 1)) == (1, 8)


def test_each_document_has_its_own_places() -> None:
    first, second = load_documents("a: 1\n---\nb:\n  a: 2\n", "file")
    assert (first.place(("a",)), second.place(("b", "a"))) == ((1, 4), (4, 6))
    assert second.place(("a",)) == (3, 1)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
HUGE = "1" + "0" * 5000


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "a: &x 1\nb: *x\n",
            [
                (1, 4, "anchor '&x' is not accepted: remove it"),
                (2, 4, "alias '*x' is not accepted: write the value out"),
            ],
        ),
        ("? *x\n: 1\n", [(1, 3, "alias '*x' is not accepted: write the value out")]),
        (
            "b: &b {}\na:\n  <<: *b\n",
            [
                (1, 4, "anchor '&b' is not accepted: remove it"),
                (3, 3, "merge key << is not accepted: write the values out"),
                (3, 7, "alias '*b' is not accepted: write the value out"),
            ],
        ),
        (
            "a: 1\nb: 2\na: {x: 1}\nb: {x: 2}\n",
            [
                (3, 1, "key 'a' is here twice: first on line 1, column 1"),
                (4, 1, "key 'b' is here twice: first on line 2, column 1"),
            ],
        ),
        (
            '- {a: 1, "a": 2}\n- {a: 1}\n',
            [(1, 10, "key 'a' is here twice: first on line 1, column 4")],
        ),
        (
            "1: a\nyes: b\n~: c\n2026-11-24: d\n",
            [
                (1, 1, "key '1' is not text: write it in quotes"),
                (2, 1, "key 'yes' is not text: write it in quotes"),
                (3, 1, "key '~' is not text: write it in quotes"),
            ],
        ),
        ("? [a, b]\n: c\n", [(1, 3, "key is a list or mapping: only text is accepted")]),
        ("? {a: 1}\n: {a: 2}\n", [(1, 3, "key is a list or mapping: only text is accepted")]),
        ("a: 1\n? \n: b\n", [(2, 2, "key is missing")]),
        (
            "a: !!binary eA==\nb: !x y\nc: !!python/object/apply:os.system [ls]\nd: !!set {}\n",
            [
                (1, 4, "tag 'tag:yaml.org,2002:binary' is not accepted: leave it out"),
                (2, 4, "tag '!x' is not accepted: leave it out"),
                (
                    3,
                    4,
                    "tag 'tag:yaml.org,2002:python/object/apply:os.system' is not accepted: "
                    "leave it out",
                ),
                (4, 4, "tag 'tag:yaml.org,2002:set' is not accepted: leave it out"),
            ],
        ),
        (
            "- !!int x\n- !!int ''\n- !!bool 1\n- !!null x\n- !!float yes\n- !!int 0x_\n",
            [
                (1, 3, "'x' is not of the type int that its tag says"),
                (2, 3, "'' is not of the type int that its tag says"),
                (3, 3, "'1' is not of the type bool that its tag says"),
                (4, 3, "'x' is not of the type null that its tag says"),
                (5, 3, "'yes' is not of the type float that its tag says"),
                (6, 3, "'0x_' is not of the type int that its tag says"),
            ],
        ),
        (
            f"- {HUGE}\n- 0x{'f' * 5000}\n- 18446744073709551616\n{HUGE}: 1",
            [
                (
                    1,
                    3,
                    f"'{HUGE[:57]}...' does not fit in 64 bits: write it in quotes if it is text",
                ),
                (
                    2,
                    3,
                    f"'0x{'f' * 55}...' does not fit in 64 bits: write it in quotes if it is text",
                ),
                (
                    3,
                    3,
                    "'18446744073709551616' does not fit in 64 bits: "
                    "write it in quotes if it is text",
                ),
            ],
        ),
        ("a: b\x00c\n", [(1, 5, "character U+0000 may not stand in YAML")]),
        ("é: 1\nx: \x1b[0m\n", [(2, 4, "character U+001B may not stand in YAML")]),
        ("\ud800", [(1, 1, "character U+D800 may not stand in YAML")]),
        ("a\ufeff", [(1, 2, "character U+FEFF may not stand in YAML")]),
        ("[" * 65, [(1, 65, "nested more than 64 levels deep")]),
        ("- " * 65, [(1, 129, "nested more than 64 levels deep")]),
        ("{a: " * 100_000, [(1, 257, "nested more than 64 levels deep")]),
    ],
)
def test_what_is_refused(text: str, problems: list[tuple[int, int, str]]) -> None:
    found = problems_of(text)
    assert found[: len(problems)] == problems
    # What follows can only be a syntax error, and a text in the table has at most one.
    assert all(message.startswith("not YAML: ") for _, _, message in found[len(problems) :])
    assert len(found) <= len(problems) + 1


def test_keys_nested_in_keys_end_like_other_depths() -> None:
    *keys, last = problems_of("? " * 100_000)
    assert {message for _, _, message in keys} == {
        "key is a list or mapping: only text is accepted"
    }
    assert last == (1, 129, "nested more than 64 levels deep")


def test_a_bomb_is_only_its_anchors_and_aliases() -> None:
    messages = [message.split(" ")[0] for _, _, message in problems_of(BOMB)]
    assert messages == ["anchor", *["anchor", "alias", "alias"] * 7]


def test_64_levels_are_not_too_deep() -> None:
    (data,) = data_of("[" * 64 + "]" * 64)
    for _ in range(63):
        assert isinstance(data, list)
        (data,) = data
    assert data == []


def test_a_file_larger_than_a_mebibyte_is_refused_whole() -> None:
    assert data_of("#" * 2**20) == []
    expected = [(0, 0, "larger than 1024 KiB, which no manifest or scenario needs")]
    assert problems_of("#" * (2**20 + 1)) == expected
    assert problems_of("é" * (2**19 + 1)) == expected


def test_problems_end_at_a_hundred() -> None:
    assert len(problems_of("- *a\n" * 1000)) == 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\nb: 3\n", 2),
        ("a: b: c\n", 1),
        ("a:\n\tb: 1\n", 2),
        ("a: 'x\n", 2),
        ("a: @x\n", 1),
        ("ok: 1\n]\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("- a\nb: c\n", 2),
        ("%YAML 3.0\n--- a\n", 1),
        ("a: |x\n", 1),
        ('a: "\\q"\n', 1),
        ("a: !y!x z\n", 1),
    ],
)
def test_a_syntax_error_has_its_line_and_the_parsers_reason(text: str, line: int) -> None:
    ((found, column, message),) = problems_of(text)
    # libyaml and PyYAML differ by a line on where a text ends.
    assert found in (line, line - 1) if text.count("\n") == line - 1 else found == line
    assert column >= 1
    assert message.startswith("not YAML: ")
    assert len(message) > len("not YAML: ")


def test_problems_before_a_syntax_error_are_told_too() -> None:
    problems = problems_of("a: 1\na: 2\nb: &x y\nc: ]\n")
    assert [line for line, _, _ in problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"a: \xc3\xa9\n", "a: é\n"), (b"\xef\xbb\xbfa: 1", "a: 1"), (b"", "")],
)
def test_files_are_utf8(data: bytes, text: str) -> None:
    assert decode(data, "file") == text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff\xfea\x00", "file:1:1: byte 0xff is not UTF-8: save the file as UTF-8"),
        (b"a: 1\n\xc3\xa9\xe9\n", "file:2:2: byte 0xe9 is not UTF-8: save the file as UTF-8"),
        (b"a: 1\n\xc3", "file:2:1: byte 0xc3 is not UTF-8: save the file as UTF-8"),
        (b"\xed\xa0\x80", "file:1:1: byte 0xed is not UTF-8: save the file as UTF-8"),
    ],
)
def test_a_byte_that_is_not_utf8_has_a_place(data: bytes, problem: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        decode(data, "file")
    assert str(caught.value) == problem


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc1 :-#&*!", max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


class NoAliasDumper(yaml.SafeDumper):
    """Writes equal values out in full, as our reader wants them."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's signature
        return True


@given(PLAIN.filter(lambda data: data is not None))
def test_what_pyyaml_writes_reads_back(data: Data) -> None:
    (document,) = load_documents(yaml.dump(data, Dumper=NoAliasDumper), "file")
    assert document.data == data


def check_read_or_refused(text: str) -> None:
    lines = text.count("\n") + text.count("\r") + 1
    lines += sum(text.count(mark) for mark in "\x85\u2028\u2029")  # YAML's own line breaks
    try:
        documents = load_documents(text, "file")
    except InvalidFile as error:
        places = [(problem.line, problem.column) for problem in error.problems]
    else:
        places = [document.place(("x", 0)) for document in documents]
    assert all(1 <= line <= lines + 1 and column >= 1 for line, column in places)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    check_read_or_refused(text)


@given(st.text("ab1:-?,[]{}#&*!|>'\"%@`~<. \n\t\\", max_size=60))
def test_any_text_of_yamls_own_signs_is_read_or_refused(text: str) -> None:
    check_read_or_refused(text)


FRAGMENTS = [
    *("\n", " ", "\t", "  ", ":", "- ", "? ", ",", "[", "]", "{", "}", "#", "&a", "*a", "!!str "),
    *("!x ", "|", ">", "'", '"', "%", "@", "`", "~", "<<: ", "---\n", "...\n", "\x00", "\ufeff"),
    *("\x85", "\u2028", "é", "\U0001f600", "9" * 30, "0x_", "null", "2026-11-24", "\r"),
]


@given(
    st.sampled_from(MANIFESTS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.sampled_from(FRAGMENTS))),
)
def test_any_mutation_of_a_real_manifest_is_read_or_refused(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    for at, dropped, fragment in edits:
        text = text[:at] + fragment + text[at + dropped :]
    check_read_or_refused(text)


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        encoded = decode(data, "file").encode()
    except InvalidFile:
        encoded = None
    valid = data.decode(errors="ignore").encode() == data
    assert encoded == (data.removeprefix(b"\xef\xbb\xbf") if valid else None)
