"""How a view asks the domain to do something, and reads what a person typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext

from utenza.core.errors import N_, Refusal
from utenza.core.money import AmountTooLarge, InvalidAmount, Money
from utenza.infra.transactions import savepoint
from utenza.web.refusals import sentence

T = TypeVar("T")

_DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d %m %Y", "%d%m%Y")
YEARS = range(1900, 2200)
_SPACES = re.compile(r"\s+")


class AmountUnreadable(Refusal):
    code = "amount_unreadable"
    text = N_("'%(typed)s' is not an amount: write it like 24.90 or 24,90.")


class DayUnreadable(Refusal):
    code = "day_unreadable"
    text = N_("'%(typed)s' is not a day: write it like 31/12/2026.")


class DayFarAway(Refusal):
    code = "day_far_away"
    text = N_("'%(typed)s' lies too far away: write a day from the year %(first)s to %(last)s.")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[T]):
    """What came of asking: the answer, or the sentence of the refusal by the field at fault."""

    value: T | None
    errors: dict[str, str]

    @property
    def done(self) -> bool:
        return not self.errors


def attempt(operation: Callable[[], T]) -> Attempt[T]:
    """Ask the domain; a refusal undoes what `operation` had begun and comes back as its sentence."""
    try:
        with savepoint():
            return Attempt(operation(), {})
    except Refusal as refusal:
        return Attempt(None, {refusal.field or "": sentence(refusal)})


def read_amount(typed: str, currency: str, *, field: str = "amount") -> Money:
    """Return the amount a person typed with either decimal sign and any grouping.

    :raises AmountUnreadable: if it is none.
    :raises InvalidAmount, AmountTooLarge: if it is finer than a micro-unit or does not fit 64 bits.
    """
    text = _SPACES.sub("", typed).replace("€", "").replace("'", "").replace("−", "-")
    if "," in text and "." in text:
        group = "." if text.rindex(",") > text.rindex(".") else ","
        text = text.replace(group, "")
    text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise AmountUnreadable(field=field, typed=typed) from error
    if not value.is_finite():
        raise AmountUnreadable(field=field, typed=typed)
    try:
        return Money.of(value, currency)
    except (AmountTooLarge, InvalidAmount) as refusal:
        raise type(refusal)(field=field, **refusal.data) from refusal


def read_day(typed: str, *, field: str = "day") -> date:
    """Return the day a person typed in any usual form.

    :raises DayUnreadable: if it is none.
    :raises DayFarAway: if the year is a slip of the hand, from which no time zone, month or notice could be counted.
    """
    text = _SPACES.sub(" ", typed.strip())
    for form in _DAY_FORMS:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        if day.year not in YEARS:
            raise DayFarAway(field=field, typed=typed, first=YEARS[0], last=YEARS[-1])
        return day
    raise DayUnreadable(field=field, typed=typed)


def name_of(user: Any) -> str:
    """Return how a member of staff is named on what they did."""
    return str(user.get_full_name() or user.get_username())


def needed(values: dict[str, str], *fields: str) -> dict[str, str]:
    """Return a sentence for each of `fields` that was left empty."""
    return {field: gettext("Write an answer here.") for field in fields if not values.get(field, "").strip()}
