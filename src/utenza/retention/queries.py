"""Public reads of retention: the base of customers, and how it moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from utenza.core.period import DayPeriod
from utenza.infra.operator import local_midnight
from utenza.parties import queries as parties
from utenza.provisioning import queries as network
from utenza.provisioning.queries import LineCount


@dataclass(frozen=True, slots=True)
class Base:
    """The base at the end of a day; `lines` by market and way of paying, each with the nodes that have them."""

    on_date: date
    customers: int
    lines: tuple[LineCount, ...]

    @property
    def line_total(self) -> int:
        return sum(count.lines for count in self.lines)


@dataclass(frozen=True, slots=True)
class Churn:
    """How the base moved in a period; rates in basis points of the base before it, None if that was empty."""

    period: DayPeriod
    before: Base
    customers_added: int
    customers_ended: int
    lines_added: tuple[LineCount, ...]
    lines_ended: tuple[LineCount, ...]

    @property
    def customer_rate_bp(self) -> int | None:
        return _rate_bp(self.customers_ended, self.before.customers)

    @property
    def line_rate_bp(self) -> int | None:
        return _rate_bp(sum(count.lines for count in self.lines_ended), self.before.line_total)


def customer_base(on_date: date) -> Base:
    """Return how many customers and lines in service there were at the end of a day."""
    end = local_midnight(on_date + timedelta(days=1)) - timedelta(microseconds=1)
    return Base(
        on_date=on_date,
        customers=parties.customer_count(on_date=on_date),
        lines=tuple(network.lines_in_service(at=end)),
    )


def churn(period: DayPeriod) -> Churn:
    """Return what came and what went in a period, against the base at the end of the day before it."""
    since, until = local_midnight(period.start), local_midnight(period.end)
    added, ended = parties.customer_moves(start=period.start, end=period.end)
    return Churn(
        period=period,
        before=customer_base(period.start - timedelta(days=1)),
        customers_added=added,
        customers_ended=ended,
        lines_added=tuple(network.lines_activated(since=since, until=until)),
        lines_ended=tuple(network.lines_ceased(since=since, until=until)),
    )


def _rate_bp(part: int, whole: int) -> int | None:
    """Return `part` of `whole` in basis points, the half rounded up, or None of nothing."""
    return (part * 20_000 + whole) // (whole * 2) if whole else None
