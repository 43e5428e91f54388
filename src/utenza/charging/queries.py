"""Public reads of charging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from utenza.charging.models import BalanceEntry, MonthlyFee, OneOffFee, PrepaidBalance
from utenza.core.money import Money
from utenza.infra.operator import local_date
from utenza.ledger import queries as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeView:
    """A monthly fee. `next_date` is when the next month is owed; None once the agreement is charged no more."""

    agreement_id: int
    amount: Money
    next_date: date | None
    unpaid_since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOffView:
    """A one-off fee that is owed still; `unpaid_since` is the day on which the balance did not suffice."""

    agreement_id: int
    price_id: int
    amount: Money
    from_date: date
    unpaid_since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceView:
    """A balance with its monthly fees and the one-off fees that are not paid yet."""

    line_id: int
    balance: Money
    opened_at: datetime
    fees: tuple[FeeView, ...]
    one_offs: tuple[OneOffView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One movement; `amount` is above zero for money in. `tax` is what a debit held of tax."""

    entry_id: int
    kind: str
    amount: Money
    balance_after: Money
    tax: Money
    at: datetime
    channel: str
    reference: str
    agreement_id: int | None
    period_start: date | None
    period_end: date | None
    price_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A line whose balance is not what its journal or the books say."""

    line_id: int
    balance: Money
    journal: Money
    ledger: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The balances of a currency beside the journal's sum and what the books owe to prepaid lines."""

    currency: str
    balances: Money
    journal: Money
    ledger: Money
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        return self.balances == self.journal == self.ledger and not self.differences


def balance(line_id: int) -> BalanceView | None:
    """Return the balance of a line with its fees, or None where none was opened."""
    row = PrepaidBalance.objects.filter(line_id=line_id).first()
    if row is None:
        return None
    return BalanceView(
        line_id=line_id,
        balance=Money(row.balance_micro, row.currency),
        opened_at=row.opened_at,
        fees=tuple(_fee_view(fee, row.currency) for fee in row.fees.order_by("agreement_id")),
        one_offs=tuple(
            OneOffView(
                agreement_id=fee.agreement_id,
                price_id=fee.price_id,
                amount=Money(fee.amount_micro, row.currency),
                from_date=fee.from_date,
                unpaid_since=fee.unpaid_since,
            )
            for fee in row.one_offs.filter(paid_at__isnull=True).order_by("from_date", "pk")
        ),
    )


def entries(line_id: int, *, limit: int = 200) -> list[EntryView]:
    """Return the last movements of a line's balance, the newest first."""
    rows = BalanceEntry.objects.filter(balance__line_id=line_id).select_related("balance").order_by("-pk")[:limit]
    return [_entry_view(row) for row in rows]


def lines_that_owe(at: datetime) -> list[int]:
    """Return the lines with a fee, monthly or one-off, that is owed by the day of `at`, in order of id."""
    day = local_date(at)
    monthly = MonthlyFee.objects.filter(next_date__lte=day).exclude(end_date__lte=day)
    once = OneOffFee.objects.filter(from_date__lte=day, paid_at__isnull=True)
    return sorted(
        {*monthly.values_list("balance__line_id", flat=True), *once.values_list("balance__line_id", flat=True)}
    )


def reconciliation() -> list[Reconciliation]:
    """Compare every balance with its journal and with the books, by currency. The books owe: their sign is turned."""
    owed = {
        row.currency: -row.balance_micro for row in ledger.trial_balance() if row.account_code == "prepaid_liability"
    }
    units = set(PrepaidBalance.objects.values_list("currency", flat=True).distinct())
    return [_reconcile(unit, owed.get(unit, 0)) for unit in sorted(units | owed.keys())]


def _reconcile(unit: str, owed_micro: int) -> Reconciliation:
    held = dict(
        PrepaidBalance.objects.filter(currency=unit).order_by("line_id").values_list("line_id", "balance_micro")
    )
    sums = BalanceEntry.objects.filter(balance__currency=unit).values_list("balance__line_id").order_by()
    journal = dict(sums.annotate(total=Sum("amount_micro")))
    books = ledger.balances(
        account_code="prepaid_liability", owners=[f"line:{line_id}" for line_id in held], currency=unit
    )
    differences = []
    for line_id, micro in held.items():
        in_books = -books[f"line:{line_id}"].micro
        noted = int(journal.get(line_id, 0))
        if not micro == noted == in_books:
            differences.append(
                Difference(
                    line_id=line_id,
                    balance=Money(micro, unit),
                    journal=Money(noted, unit),
                    ledger=Money(in_books, unit),
                )
            )
    return Reconciliation(
        currency=unit,
        balances=Money(sum(held.values()), unit),
        journal=Money(sum(int(total) for total in journal.values()), unit),
        ledger=Money(owed_micro, unit),
        differences=tuple(differences),
    )


def _fee_view(row: MonthlyFee, unit: str) -> FeeView:
    over = row.end_date is not None and row.next_date >= row.end_date
    return FeeView(
        agreement_id=row.agreement_id,
        amount=Money(row.amount_micro, unit),
        next_date=None if over else row.next_date,
        unpaid_since=row.unpaid_since,
    )


def _entry_view(row: BalanceEntry) -> EntryView:
    unit = row.balance.currency
    return EntryView(
        entry_id=row.pk,
        kind=row.kind,
        amount=Money(row.amount_micro, unit),
        balance_after=Money(row.balance_after_micro, unit),
        tax=Money(row.tax_micro, unit),
        at=row.at,
        channel=row.channel,
        reference=row.reference,
        agreement_id=row.agreement_id,
        period_start=row.period_start,
        period_end=row.period_end,
        price_id=row.price_id,
    )
