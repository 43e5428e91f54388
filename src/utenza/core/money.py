"""Money: a whole number of micro-units (10^-6 of the currency unit) and its ISO 4217 currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from utenza.core.errors import N_, Refusal
from utenza.core.rounding import round_to_step

MICRO = 1_000_000
INT64_MAX = 2**63 - 1

# Digits after the decimal sign, from ISO 4217 (list one, 2024). Currencies not listed have two.
MINOR_DIGITS: dict[str, int] = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0,
    "XOF": 0, "XPF": 0,
}  # fmt: skip


class CurrencyMismatch(Refusal):
    code = "currency_mismatch"
    text = N_("Amounts in %(left)s and %(right)s cannot be added: convert one of them first.")


class InvalidAmount(Refusal):
    code = "invalid_amount"
    text = N_("'%(value)s' is not an amount: write digits with at most %(digits)s decimals, for example 12.50.")


class AmountTooLarge(Refusal):
    code = "amount_too_large"
    text = N_("'%(value)s' is more than can be kept: write an amount below %(limit)s.")


def minor_step_micro(currency: str) -> int:
    """Return how many micro-units one minor unit (a cent) of `currency` is."""
    return int(10 ** (6 - MINOR_DIGITS.get(currency, 2)))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount. `micro` fits a signed 64-bit integer; `currency` is three capital letters."""

    micro: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.micro) is not int:
            raise TypeError("Money takes whole micro-units")
        if (
            len(self.currency) != 3
            or not self.currency.isascii()
            or not self.currency.isalpha()
            or not self.currency.isupper()
        ):
            raise ValueError(f"'{self.currency}' is not an ISO 4217 code")
        if not -INT64_MAX <= self.micro <= INT64_MAX:
            raise OverflowError("the amount does not fit 64 bits")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def of(cls, value: str | int | Decimal, currency: str) -> Self:
        """Return the amount written in `value` (currency units, at most six decimals; never a float).

        :raises InvalidAmount: if `value` is no number or is finer than a micro-unit.
        :raises AmountTooLarge: if it does not fit 64 bits.
        """
        if isinstance(value, float):
            raise TypeError("Money is never made from a float")
        try:
            units = Decimal(value)
            if units.is_finite() and units.copy_abs() > INT64_MAX // MICRO:
                # Told before any arithmetic: 1e999999 would be multiplied out to a million digits.
                raise AmountTooLarge(value=str(value)[:40], limit=f"{INT64_MAX // MICRO}")
            micro = units * MICRO
        except InvalidOperation as error:
            raise InvalidAmount(value=str(value), digits=6) from error
        if not micro.is_finite() or micro != micro.to_integral_value():
            raise InvalidAmount(value=str(value), digits=6)
        return cls(int(micro), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in currency units, exact."""
        return Decimal(self.micro).scaleb(-6)

    def rounded(self) -> Self:
        """Round half away from zero to the currency's minor unit."""
        return type(self)(round_to_step(self.micro, minor_step_micro(self.currency)), self.currency)

    @property
    def is_minor(self) -> bool:
        """Whether the amount is a whole number of minor units."""
        return self.micro % minor_step_micro(self.currency) == 0

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)

    def __add__(self, other: Money) -> Self:
        self._same(other)
        return type(self)(self.micro + other.micro, self.currency)

    def __sub__(self, other: Money) -> Self:
        self._same(other)
        return type(self)(self.micro - other.micro, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.micro, self.currency)

    def __mul__(self, count: int) -> Self:
        if type(count) is not int:
            raise TypeError("Money is multiplied by whole numbers only")
        return type(self)(self.micro * count, self.currency)

    def __abs__(self) -> Self:
        return type(self)(abs(self.micro), self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.micro < other.micro

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.micro <= other.micro

    def __gt__(self, other: Money) -> bool:
        self._same(other)
        return self.micro > other.micro

    def __ge__(self, other: Money) -> bool:
        self._same(other)
        return self.micro >= other.micro

    def __bool__(self) -> bool:
        return self.micro != 0

    def __str__(self) -> str:
        digits = MINOR_DIGITS.get(self.currency, 2)
        text = f"{self.decimal:.6f}"
        whole, fraction = text.split(".")
        fraction = fraction[:digits] + fraction[digits:].rstrip("0")
        return f"{whole}.{fraction} {self.currency}" if fraction else f"{whole} {self.currency}"
