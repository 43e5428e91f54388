"""What a bill is made from, and what it is made of: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerm:
    """One price of an offer version. A recurring price is for one month, whatever the billing cycle."""

    price_id: int
    name: str
    amount_micro: int
    recurring: bool
    in_advance: bool
    tax_included: bool
    tax_category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountTerm:
    """A reduction of the recurring prices for some months from the start of the agreement (None: for good).

    One of `basis_points` and `amount_micro` is set; an amount is for one month. Discounts apply in their order, each
    to what the ones before it have left, and never below zero.
    """

    discount_id: int
    name: str
    basis_points: int | None = None
    amount_micro: int | None = None
    duration_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The time that an agreement spends on one offer version; `to_date` is the first day not on it."""

    from_date: date
    to_date: date | None
    name: str
    prices: tuple[PriceTerm, ...]
    discounts: tuple[DiscountTerm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTerms:
    """What a customer took. `node_id` is the node of the customer's tree that uses it, `label` names its line."""

    agreement_id: int
    node_id: int
    line_id: int | None
    start_date: date
    end_date: date | None
    stays: tuple[Stay, ...]
    label: str = ""


#: (agreement, price, first day of the stay) -> the first day that was not charged for
ChargedSoFar = Mapping[tuple[int, int, date], date]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMove:
    """A bill moves the charged-through day of one price, forward (a charge) or backward (a credit)."""

    agreement_id: int
    price_id: int
    from_date: date
    before: date | None
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """Rated usage of one line, kind and zone in one billing period. `exact_micro` is not rounded to the cent yet."""

    line_id: int
    agreement_id: int | None
    node_id: int
    kind: str
    zone: str
    text: str
    period_start: date
    period_end: date
    events: int
    quantity: int
    unit: str
    exact_micro: int
    tax_included: bool
    tax_category: str = "standard"
    tariff_version_id: int | None = None
    late: bool = False

    @property
    def key(self) -> tuple[int, int | None, str, str, int | None, date, date]:
        return (
            self.line_id,
            self.agreement_id,
            self.kind,
            self.zone,
            self.tariff_version_id,
            self.period_start,
            self.period_end,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBefore:
    """What earlier bills charged of the same usage."""

    events: int
    quantity: int
    amount_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line before tax is worked out. `amount_micro` is as priced, rounded to the cent."""

    kind: str
    node_id: int
    agreement_id: int | None
    line_id: int | None
    text: str
    period_start: date
    period_end: date
    amount_micro: int
    tax_included: bool
    tax_category: str
    quantity: int = 1
    unit: str = "piece"
    detail: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)
