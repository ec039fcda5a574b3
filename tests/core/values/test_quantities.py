from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.values.quantities import (
    FORMAT_WRONG,
    SUFFIX_WRONG,
    Format,
    Quantity,
    parse_quantity,
)

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "canonical"),
    # Rows of TestQuantityParseEmit and of quantity.go's own documentation, apimachinery.
    [
        *(("1Ki", "1Ki"), ("1Mi", "1Mi"), ("1Gi", "1Gi"), ("1024Mi", "1Gi"), ("1000M", "1G")),
        *((".001Ki", "1024m"), (".000001Ki", "1024u"), (".000000001Ki", "1024n")),
        *((".000000000001Ki", "2n"), ("1.5", "1500m"), ("1.5Gi", "1536Mi"), ("0", "0")),
        *(("0.0", "0"), ("0Ki", "0"), ("-1", "-1"), ("-1024Mi", "-1Gi")),
        *(("100m", "100m"), ("1000m", "1"), ("0.1k", "100"), ("1e3", "1e3")),
        *(("12345e-3", "12345e-3"), ("1E", "1E"), ("1000P", "1E")),
        *(("1023Ki", "1023Ki"), ("1023", "1023"), ("1025", "1025"), ("0.5Ki", "512")),
        *(("1u", "1u"), ("1n", "1n"), ("0.1n", "1n"), ("-0.1n", "-1n"), ("64Mi", "64Mi")),
        *(("99999999Ei", str(LARGEST)), ("-99999999Ei", f"-{LARGEST}"), ("1e21", "1e21")),
        ("123456789012345678901234567891", "123456789012345678901234567891"),
    ],
)
def test_quantities_are_printed_as_kubernetes_prints_them(text: str, canonical: str) -> None:
    assert str(parse_quantity(text)) == canonical


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        *(("", FORMAT_WRONG), (" 1", FORMAT_WRONG), ("1 ", FORMAT_WRONG), ("1x", FORMAT_WRONG)),
        *(("aoeu", FORMAT_WRONG), ("1+1.0M", FORMAT_WRONG), ("--1", FORMAT_WRONG)),
        *(
            ("1.1.M", FORMAT_WRONG),
            (".", FORMAT_WRONG),
            ("1..5", FORMAT_WRONG),
            ("m", FORMAT_WRONG),
        ),
        *(("0.1mi", SUFFIX_WRONG), (".5i", SUFFIX_WRONG), ("1i", SUFFIX_WRONG)),
        *(("-3.01i", SUFFIX_WRONG), ("-3.01e-", SUFFIX_WRONG), ("1K", SUFFIX_WRONG)),
        *(("1mm", SUFFIX_WRONG), ("٣", FORMAT_WRONG), ("1" * 65, FORMAT_WRONG)),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="quantit") as caught:
        parse_quantity(text)
    assert str(caught.value) == wrong


@pytest.mark.parametrize(
    ("text", "whole", "milli"),
    [
        *(("1", 1, 1000), ("100m", 1, 100), ("1500m", 2, 1500), ("0", 0, 0)),
        *(("1u", 1, 1), ("-1500m", -1, -1500), ("64Mi", 67108864, 67108864000)),
        *(("1.5Gi", 1610612736, 1610612736000), ("1e3", 1000, 1000000)),
        *(("1P", 10**15, 10**18), ("1E", 10**18, LARGEST), ("-1e30", -LARGEST, -LARGEST)),
    ],
)
def test_values_are_rounded_up(text: str, whole: int, milli: int) -> None:
    quantity = parse_quantity(text)
    assert (quantity.value, quantity.milli_value) == (whole, milli)


def test_quantities_compare_by_their_amounts() -> None:
    assert parse_quantity("1Gi") == parse_quantity("1024Mi") != parse_quantity("1G")
    assert parse_quantity("1000m") == parse_quantity("1") < parse_quantity("1001m")
    assert hash(parse_quantity("1k")) == hash(parse_quantity("1e3"))


@given(
    nanos=st.integers(-(10**18), 10**18),
    format_=st.sampled_from(Format),
    exponent=st.integers(0, 9),
)
def test_what_is_printed_is_read_as_the_same(nanos: int, format_: Format, exponent: int) -> None:
    quantity = Quantity(Decimal(nanos).scaleb(exponent - 9), format_)
    assert parse_quantity(str(quantity)) == quantity
    # "15625000" was 15625000 bytes, and is 15625k when it is read again, as on Kubernetes.
    if format_ is not Format.BINARY_SI:
        assert str(parse_quantity(str(quantity))) == str(quantity)


@given(st.text(alphabet="0123456789.eEinumkKMGTP+-x ", max_size=12))
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except ValueError as error:
        refused = str(error)
    else:
        refused = ""
        assert abs(quantity.value) <= LARGEST
        assert parse_quantity(str(quantity)) == quantity
    assert refused in ("", FORMAT_WRONG, SUFFIX_WRONG)
