"""Kubernetes' quantities: ``100m``, ``64Mi``, ``1.5Gi``, ``1e3``.

Source: k8s.io/apimachinery/pkg/api/resource (quantity.go, suffix.go).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_UP, Context, Decimal
from enum import Enum
from typing import Final

#: The pattern's words, as Kubernetes says them of what is no quantity.
FORMAT_WRONG: Final = (
    r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
SUFFIX_WRONG: Final = "unable to parse quantity's suffix"

_SHAPE: Final = re.compile(r"([+-]?)([0-9.]*)([eEinumkKMGTP]*[-+]?[0-9]*)")
_NUMBER: Final = re.compile(r"\d+\.?\d*|\.\d+")
_EXPONENT: Final = re.compile(r"[eE]([+-]?\d+)")
_BINARY: Final = {"": 0, "Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
_BINARY_NAMES: Final = {power: name for name, power in _BINARY.items()}
_DECIMAL_NAMES: Final = {power: name for name, power in _DECIMAL.items()}
_NANO: Final = Decimal("1e-9")
_LARGEST: Final = Decimal(2**63 - 1)
_LONGEST: Final = 64
_MOST_DIGITS: Final = 100
# Wide enough for every step: 64 characters, an exponent of at most three digits and 60 bits.
_EXACT: Final = Context(prec=1200, rounding=ROUND_UP)


class Format(Enum):
    """How a quantity is written."""

    DECIMAL_SI = "DecimalSI"
    BINARY_SI = "BinarySI"
    DECIMAL_EXPONENT = "DecimalExponent"


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """An amount, to a billionth exact. Quantities of the same amount are equal."""

    amount: Decimal
    format: Format = field(default=Format.DECIMAL_SI, compare=False)

    @property
    def value(self) -> int:
        """In whole units, rounded up; within 64 bits."""
        return _clamp(self.amount)

    @property
    def milli_value(self) -> int:
        """In thousandths, rounded up; within 64 bits."""
        return _clamp(_EXACT.scaleb(self.amount, 3))

    def __str__(self) -> str:
        """Kubernetes' canonical form: no fraction, and the largest suffix that allows it."""
        return render_quantity(self)


def parse_quantity(text: str) -> Quantity:
    """Read a quantity. What is finer than a billionth is rounded away from zero.

    Binary amounts are capped at 2**63 - 1 either way, exponents at 100. Raises ValueError in
    Kubernetes' words, also when there is no digit, which Kubernetes takes for 0.
    """
    shape = _SHAPE.fullmatch(text) if len(text) <= _LONGEST else None
    if shape is None or not _NUMBER.fullmatch(shape[2]):
        raise ValueError(FORMAT_WRONG)
    sign, number, suffix = shape.groups()
    amount = Decimal(f"{sign}{number}")
    if suffix in _BINARY and suffix:
        bytes_ = _EXACT.multiply(amount, Decimal(2 ** _BINARY[suffix]))
        return _rounded(max(-_LARGEST, min(_LARGEST, bytes_)), Format.BINARY_SI)
    if suffix in _DECIMAL:
        return _rounded(_EXACT.scaleb(amount, _DECIMAL[suffix]), Format.DECIMAL_SI)
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None:
        raise ValueError(SUFFIX_WRONG)
    power = max(-_MOST_DIGITS, min(_MOST_DIGITS, int(exponent[1])))
    return _rounded(_EXACT.scaleb(amount, power), Format.DECIMAL_EXPONENT)


def render_quantity(quantity: Quantity) -> str:
    """Write a quantity in Kubernetes' canonical form."""
    amount, format_ = quantity.amount, quantity.format
    if not amount:
        return "0"
    if format_ is Format.BINARY_SI:
        if abs(amount) >= 1024 and amount == amount.to_integral_value():
            return _render_binary(int(amount))
        # What is small or broken has no binary form.
        format_ = Format.DECIMAL_SI
    return _render_decimal(amount, exponent=format_ is Format.DECIMAL_EXPONENT)


def _render_binary(amount: int) -> str:
    power = 0
    while power < 60 and amount % 1024 == 0:
        amount //= 1024
        power += 10
    return f"{amount}{_BINARY_NAMES[power]}"


def _render_decimal(amount: Decimal, *, exponent: bool) -> str:
    power = -9
    digits = int(_EXACT.scaleb(amount, 9))
    while digits % 1000 == 0 and (exponent or power < 18):
        digits //= 1000
        power += 3
    if not exponent:
        return f"{digits}{_DECIMAL_NAMES[power]}"
    return f"{digits}e{power}" if power else str(digits)


def _clamp(amount: Decimal) -> int:
    whole = int(amount.to_integral_value(ROUND_CEILING, _EXACT))
    return max(-int(_LARGEST), min(int(_LARGEST), whole))


def _rounded(amount: Decimal, format_: Format) -> Quantity:
    return Quantity(amount.quantize(_NANO, ROUND_UP, _EXACT).normalize(_EXACT), format_)
