from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.files.kubenames import (
    check_dns_label,
    check_dns_subdomain,
    check_label_key,
    check_label_value,
)


@pytest.mark.parametrize(
    ("value", "label", "subdomain"),
    [
        ("a", True, True),
        ("0", True, True),
        ("my-name", True, True),
        ("123-abc", True, True),
        ("a--b", True, True),
        ("a" * 63, True, True),
        ("a" * 64, False, True),
        ("web.v2", False, True),
        ("a" * 253, False, True),
        ("a" * 254, False, False),
        ("", False, False),
        ("-a", False, False),
        ("a-", False, False),
        ("A", False, False),
        ("a_b", False, False),
        ("a\n", False, False),
        ("a..b", False, False),
        (".a", False, False),
        ("a.", False, False),
        ("a.-b", False, False),
        ("é", False, False),
        ("a b", False, False),
    ],
)
def test_dns_names(value: str, label: bool, subdomain: bool) -> None:
    assert (check_dns_label(value) is None) is label
    assert (check_dns_subdomain(value) is None) is subdomain


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("", True),
        ("MyValue", True),
        ("my_value.1-x", True),
        ("1", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("_a", False),
        ("a.", False),
        ("a/b", False),
        ("a\n", False),
    ],
)
def test_label_values(value: str, valid: bool) -> None:
    assert (check_label_value(value) is None) is valid


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("app", None),
        ("App_1.x", None),
        ("pausedemo.dev/run", None),
        ("a" * 253 + "/" + "b" * 63, None),
        ("", "must not be empty"),
        ("example.com/", "must have a name after '/'"),
        ("/run", "has a prefix before '/' that must consist of lower-case letters"),
        ("Example.com/run", "has a prefix before '/' that must consist of lower-case letters"),
        ("a" * 254 + "/b", "has a prefix before '/' that must have at most 253 characters"),
        ("a/b/c", "must have at most one '/'"),
        ("-a", "must consist of letters, digits, '-', '_' and '.'"),
        ("a" * 64, "must have at most 63 characters"),
        ("x.y/" + "a" * 64, "has a name after '/' that must have at most 63 characters"),
    ],
)
def test_label_keys(key: str, wrong: str | None) -> None:
    message = check_label_key(key)
    assert message == wrong if wrong is None else (message or "").startswith(wrong)


@given(st.text(max_size=70))
def test_every_dns_label_is_a_subdomain_and_a_label_value(text: str) -> None:
    if check_dns_label(text) is None:
        assert check_dns_subdomain(text) is None
        assert check_label_value(text) is None
        assert "_" not in text
