"""Makers of machine-readable lines of invented documents, with right check digits."""

from __future__ import annotations

from datetime import date

from utenza.country.mrz import check_digit


def passport_lines(
    *, names: str, number: str, birth: date, sex: str, expiry: date = date(2030, 6, 30), issuer: str = "ITA"
) -> str:
    """Return the two lines of a passport; `names` are written as `ROSSI<<MARIO`."""
    days = [day.strftime("%y%m%d") for day in (birth, expiry)]
    birth_field, expiry_field = (day + check_digit(day) for day in days)
    number_field = number.ljust(9, "<")
    number_field += check_digit(number_field)
    optional = "<" * 14 + "0"
    whole = check_digit(number_field + birth_field + expiry_field + optional)
    first = f"P<{issuer}{names}".ljust(44, "<")
    return f"{first}\n{number_field}{issuer}{birth_field}{sex}{expiry_field}{optional}{whole}"


def card_lines(
    *, names: str, number: str, birth: date, sex: str, expiry: date = date(2030, 6, 30), issuer: str = "ITA"
) -> str:
    """Return the three lines of an identity card."""
    days = [day.strftime("%y%m%d") for day in (birth, expiry)]
    birth_field, expiry_field = (day + check_digit(day) for day in days)
    number_field = number.ljust(9, "<")
    first = f"C<{issuer}{number_field}{check_digit(number_field)}".ljust(30, "<")
    second = f"{birth_field}{sex}{expiry_field}{issuer}" + "<" * 11
    whole = check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    return f"{first}\n{second}{whole}\n{names.ljust(30, '<')[:30]}"
