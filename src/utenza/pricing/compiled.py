"""A tariff ready to be priced with: tables of integers, nothing to interpret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from utenza.pricing.columns import Int8, Int32, Int64, Kind

Bools = NDArray[np.bool_]
UNLIMITED = 2**62
MINUTES_A_WEEK = 7 * 1440
HOLIDAY_ROW = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledTariff:
    """Prices, prefixes, windows and allowances as arrays. Made by `compile_tariff` alone, which proves the bounds.

    Index of a zone: 0 is 'any' (no prefix matched), then the document's zones in order. Index of a window: 0 is
    'otherwise', then the document's windows. Prices are fractions of a micro-unit for one base unit of quantity:
    `rate_numerator[kind, zone, window] / denominator[kind, zone]`; the connection fee has the same denominator.
    """

    code: str
    currency: str
    tax_included: bool
    tax_category: str
    time_zone: str
    fee_when_covered: bool
    fingerprint: str
    zone_names: tuple[str, ...]
    window_names: tuple[str, ...]
    allowance_names: tuple[str, ...]
    # prefixes as a trie: trie_child[node, digit] is a node or 0 (the root is never a child), trie_zone[node] or -1
    trie_child: Int32
    trie_zone: Int32
    has_rate: Bools
    rate_numerator: Int64
    fee_numerator: Int64
    denominator: Int64
    increment_first: Int64
    increment_next: Int64
    # allowances in the order in which they are used
    allowance_kind: Int8
    allowance_amount: Int64
    allowance_zone: Bools
    allowance_window: Bools
    allowance_first: Int64
    allowance_next: Int64
    # window of each minute of the week (Monday 00:00 first, rows 0 to 6) and of a holiday (row 7), local time
    week: Int32
    cell_minutes: int
    holiday_dates: frozenset[date]
    holiday_days: frozenset[tuple[int, int]]

    @property
    def one_window(self) -> bool:
        """Whether the clock never matters."""
        return len(self.window_names) == 1

    @property
    def allowance_count(self) -> int:
        return len(self.allowance_names)

    def rates(self, kind: Kind) -> bool:
        """Return whether the tariff prices this kind of usage at all."""
        return bool(self.has_rate[int(kind)].any())

    def is_holiday(self, day: date) -> bool:
        return day in self.holiday_dates or (day.month, day.day) in self.holiday_days
