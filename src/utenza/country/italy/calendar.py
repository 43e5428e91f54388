"""Italian public holidays (L. 260/1949 and what changed it) and Easter."""

from __future__ import annotations

from datetime import date, timedelta

from utenza.core.errors import N_
from utenza.country.base import Holiday

# Month, day, first year, name. Years before the first are those in which the day was no public holiday.
_FIXED: tuple[tuple[int, int, int, str], ...] = (
    (1, 1, 1949, N_("New Year's Day")),
    (1, 6, 1986, N_("Epiphany")),  # taken away by L. 54/1977, given back by DPR 792/1985
    (4, 25, 1949, N_("Liberation Day")),
    (5, 1, 1949, N_("Labour Day")),
    (6, 2, 2001, N_("Republic Day")),  # given back by L. 336/2000
    (8, 15, 1949, N_("Assumption")),
    (10, 4, 2026, N_("Saint Francis")),  # L. 151/2025
    (11, 1, 1949, N_("All Saints")),
    (12, 8, 1949, N_("Immaculate Conception")),
    (12, 25, 1949, N_("Christmas Day")),
    (12, 26, 1949, N_("Saint Stephen")),
)


def easter(year: int) -> date:
    """Return Easter Sunday of a Gregorian year.

    The moon's age at the year's start gives the paschal full moon; Easter is the Sunday after it.
    """
    century = year // 100
    golden = year % 19
    # Epact: the moon's age, corrected for the leap days left out and for the moon's own drift.
    epact = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    # The last two lunations of a cycle would fall a day too late.
    epact -= (epact == 29) or (epact == 28 and golden > 10)
    full_moon = date(year, 3, 21) + timedelta(days=epact)
    return full_moon + timedelta(days=7 - (full_moon.weekday() + 1) % 7)


def holidays(year: int) -> tuple[Holiday, ...]:
    """Return the national public holidays of a year in order of date; patron saints' days are local and not here."""
    days = [Holiday(date(year, month, day), name) for month, day, first, name in _FIXED if year >= first]
    sunday = easter(year)
    days += [Holiday(sunday, N_("Easter Sunday")), Holiday(sunday + timedelta(days=1), N_("Easter Monday"))]
    return tuple(sorted(days, key=lambda each: each.day))
