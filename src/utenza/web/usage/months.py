"""The month that a page of usage shows, its neighbours, and sums over what was used in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from utenza.core.money import Money
from utenza.core.period import DayPeriod
from utenza.infra.operator import profile
from utenza.rating.queries import UsageTotalRow

_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month by its first day; `today` closes it to the right."""

    first: date
    today: date

    @property
    def code(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def period(self) -> DayPeriod:
        return DayPeriod(self.first, _following(self.first))

    @property
    def last_known(self) -> date:
        """The last day of the month that has come."""
        return min(self.period.last_day, max(self.today, self.first))

    @property
    def before(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1), self.today)

    @property
    def after(self) -> Month | None:
        following = _following(self.first)
        return Month(following, self.today) if following <= self.today else None


def asked(request: HttpRequest, today: date) -> Month:
    """Return the month that the address names, or the present one."""
    found = _MONTH.fullmatch(request.GET.get("month", ""))
    return Month(date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1), today)


def sums(rows: Iterable[UsageTotalRow]) -> list[tuple[bool, Money]]:
    """Return what was used in money, net and gross apart: (whether tax is in it, the exact sum)."""
    found: dict[bool, int] = {}
    for row in rows:
        found[row.tax_included] = found.get(row.tax_included, 0) + row.amount_micro
    return [(included, Money(micro, profile().currency)) for included, micro in sorted(found.items(), reverse=True)]


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
