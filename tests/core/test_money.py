"""Money is exact, knows its currency, and is rounded by one rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.money import (
    INT64_MAX,
    MINOR_DIGITS,
    AmountTooLarge,
    CurrencyMismatch,
    InvalidAmount,
    Money,
    minor_step_micro,
)
from utenza.core.rounding import divide_half_away, round_to_step

currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLP", "CHF"])
micros = st.integers(-(10**15), 10**15)
monies = st.builds(Money, micros, st.just("EUR"))


class TestMoney:
    @given(monies, monies, monies)
    def test_adds_like_whole_numbers(self, one: Money, two: Money, three: Money) -> None:
        assert (one + two) + three == one + (two + three)
        assert one + two == two + one
        assert one - one == Money.zero("EUR")
        assert one + (-two) == one - two

    @given(micros, currencies)
    def test_survives_being_written_and_read(self, micro: int, currency: str) -> None:
        amount = Money(micro, currency)
        assert Money.of(amount.decimal, currency) == amount
        number, unit = str(amount).split()
        assert Money.of(number, unit) == amount

    @given(monies, st.integers(-1000, 1000))
    def test_times_a_whole_number_is_repeated_addition(self, amount: Money, count: int) -> None:
        assert (amount * count).micro == amount.micro * count

    @given(micros, currencies)
    def test_rounds_to_the_minor_unit_half_away_from_zero(self, micro: int, currency: str) -> None:
        rounded = Money(micro, currency).rounded()
        digits = MINOR_DIGITS.get(currency, 2)
        # ROUND_HALF_UP of the decimal module rounds the magnitude, that is away from zero.
        expected = Decimal(micro).scaleb(-6).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        assert rounded.decimal == expected
        assert rounded.is_minor
        assert rounded.rounded() == rounded

    @given(monies)
    def test_rounds_a_debit_as_it_rounds_its_credit(self, amount: Money) -> None:
        assert (-amount).rounded() == -amount.rounded()

    @given(monies, monies)
    def test_is_ordered_by_its_amount(self, one: Money, two: Money) -> None:
        assert (one < two, one <= two, one > two, one >= two) == (
            one.micro < two.micro,
            one.micro <= two.micro,
            one.micro > two.micro,
            one.micro >= two.micro,
        )

    def test_of_two_currencies_is_neither_added_nor_compared(self) -> None:
        euro, yen = Money.of(1, "EUR"), Money.of(1, "JPY")
        for wrong in (
            lambda: euro + yen, lambda: euro - yen, lambda: euro < yen,
            lambda: euro <= yen, lambda: euro > yen, lambda: euro >= yen,
        ):  # fmt: skip
            with pytest.raises(CurrencyMismatch):
                wrong()
        assert euro != yen

    @pytest.mark.parametrize("text", ["", "12,50", "1e", "NaN", "Infinity", "-Infinity", "0.0000001", "1 000"])
    def test_is_not_made_from_what_is_no_amount(self, text: str) -> None:
        with pytest.raises(InvalidAmount):
            Money.of(text, "EUR")

    def test_is_never_made_from_a_float(self) -> None:
        with pytest.raises(TypeError):
            Money.of(0.1, "EUR")  # type: ignore[arg-type] - the point of the test
        with pytest.raises(TypeError):
            Money(0.5, "EUR")  # type: ignore[arg-type] - the point of the test
        with pytest.raises(TypeError):
            Money(1, "EUR") * 0.5  # type: ignore[operator] - the point of the test

    @pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "E1", "€€€", "E R", ""])
    def test_has_a_currency_of_three_capitals(self, currency: str) -> None:
        with pytest.raises(ValueError, match="ISO 4217"):
            Money(1, currency)

    def test_beyond_64_bits_is_refused(self) -> None:
        with pytest.raises(OverflowError):
            Money(INT64_MAX, "EUR") + Money(1, "EUR")
        with pytest.raises(OverflowError):
            Money(-INT64_MAX, "EUR") - Money(1, "EUR")

    @pytest.mark.parametrize("value", ["9" * 40, "1e400", "-1e999999999", "9223372036855"])
    def test_written_beyond_64_bits_is_refused_at_once(self, value: str) -> None:
        with pytest.raises(AmountTooLarge):
            Money.of(value, "EUR")

    @pytest.mark.parametrize(
        ("micro", "currency", "text"),
        [
            (12_500_000, "EUR", "12.50 EUR"),
            (-5_000, "EUR", "-0.005 EUR"),
            (1, "EUR", "0.000001 EUR"),
            (3_000_000, "JPY", "3 JPY"),
            (3_500_000, "JPY", "3.5 JPY"),
            (1_234_000, "KWD", "1.234 KWD"),
        ],
    )
    def test_is_written_with_the_digits_of_its_currency(self, micro: int, currency: str, text: str) -> None:
        assert str(Money(micro, currency)) == text

    def test_keeps_every_digit_of_the_largest_amount(self) -> None:
        assert str(Money(INT64_MAX, "EUR")) == "9223372036854.775807 EUR"

    def test_of_no_currency_unit_has_a_minor_step_that_divides_it(self) -> None:
        assert all(1_000_000 % minor_step_micro(currency) == 0 for currency in [*MINOR_DIGITS, "EUR"])


class TestRounding:
    @given(st.integers(-(10**30), 10**30), st.integers(-(10**15), 10**15).filter(bool))
    def test_is_never_further_off_than_half(self, numerator: int, denominator: int) -> None:
        exact, result = Fraction(numerator, denominator), divide_half_away(numerator, denominator)
        assert abs(exact - result) <= Fraction(1, 2)
        if abs(exact - result) == Fraction(1, 2):
            assert abs(result) > abs(exact)

    @given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
    def test_to_a_step_gives_a_multiple_of_it(self, value: int, step: int) -> None:
        result = round_to_step(value, step)
        assert result % step == 0
        assert 2 * abs(result - value) <= step
        assert round_to_step(-value, step) == -result

    @pytest.mark.parametrize(
        ("numerator", "denominator", "result"),
        [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (7, 3, 2), (0, 9, 0), (1, 3, 0), (-1, 2, -1)],
    )
    def test_goes_half_away_from_zero(self, numerator: int, denominator: int, result: int) -> None:
        assert divide_half_away(numerator, denominator) == result

    def test_by_zero_is_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError):
            divide_half_away(1, 0)
