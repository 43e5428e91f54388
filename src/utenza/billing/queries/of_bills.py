"""Reads of bills."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, Sum

from utenza.billing.models import Bill, BillLine
from utenza.billing.refusals import BillUnknown
from utenza.billing.rules.difference import Cause, ShownLine, causes_of_difference
from utenza.billing.rules.words import amount_text, label
from utenza.billing.states import BillKind, BillStatus
from utenza.core.money import minor_step_micro
from utenza.core.rounding import divide_half_away
from utenza.infra.operator import local_date
from utenza.parties import queries as parties

BASIS_POINTS = 10_000
# What a summary reads of a bill: never what a whole bill carries besides (addressee, pins, coverage).
_SUMMED = (
    "number", "account_id", "customer_id", "kind", "status", "period_start", "period_end", "issue_date", "due_date",
    "net_micro", "tax_micro", "total_micro", "open_micro", "currency",
)  # fmt: skip

# Written out, since every page of a customer reads it.
_OPEN_BILLS = f"""
    SELECT id, {", ".join(_SUMMED)},
           coalesce((SELECT sum(amount_micro) FROM billing_hold WHERE bill_id = b.id AND lifted_at IS NULL), 0) AS held
      FROM billing_bill b
     WHERE account_id = ANY(%s) AND status = 'issued' AND open_micro > 0 ORDER BY due_date, id
"""  # noqa: S608 - the names of columns stand above


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLineView:
    bill_line_id: int
    position: int
    node_id: int
    node_name: str
    agreement_id: int | None
    line_id: int | None
    kind: str
    text: str
    detail: str
    period_start: date
    period_end: date
    quantity: int
    unit: str
    amount_micro: int
    net_micro: int
    tax_included: bool
    tax_category: str
    tax_rate_bp: int
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillTaxView:
    category: str
    rate_bp: int
    net_micro: int
    tax_micro: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSummary:
    """A bill in a list. `number` is '' while it is a draft; of what is open, `held_micro` is in dispute."""

    bill_id: int
    number: str
    account_id: int
    customer_id: int
    kind: str
    status: str
    period_start: date
    period_end: date
    issue_date: date | None
    due_date: date
    net_micro: int
    tax_micro: int
    total_micro: int
    open_micro: int
    currency: str
    held_micro: int = 0

    @property
    def undisputed_micro(self) -> int:
        """What is open and may be chased."""
        return self.open_micro - self.held_micro


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView(BillSummary):
    """A whole bill. `difference` are sentences in the bill's language that say why it differs from the last one."""

    account_number: str
    run_id: int | None
    language: str
    issued_at: datetime | None
    addressee: dict[str, Any]
    usage_pin: dict[str, Any]
    previous_bill_id: int | None
    previous_number: str
    previous_total_micro: int | None
    corrects_bill_id: int | None
    corrects_number: str
    reason: str
    lines: tuple[BillLineView, ...]
    taxes: tuple[BillTaxView, ...]
    difference: tuple[str, ...]

    @property
    def sections(self) -> list[tuple[int, str, list[BillLineView], int]]:
        """The lines by node of the customer's tree: (node, name, lines, subtotal as priced), in their order."""
        found: dict[int, list[BillLineView]] = {}
        for line in self.lines:
            found.setdefault(line.node_id, []).append(line)
        return [
            (node, lines[0].node_name, lines, sum(line.amount_micro for line in lines)) for node, lines in found.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentHistory:
    """How punctually the bills of an account were paid."""

    paid_on_time: int
    paid_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExplanation:
    """Everything behind one bill line: what, when, at which price, how it was worked out, and the tax."""

    line: BillLineView
    bill_id: int
    bill_number: str
    currency: str
    facts: dict[str, Any]
    arithmetic: str
    tax_micro: int


def bill(bill_id: int) -> BillView:
    """Return a bill, draft or issued.

    :raises BillUnknown: if there is none.
    """
    row = Bill.objects.select_related("previous", "corrects").filter(pk=bill_id).first()
    if row is None:
        raise BillUnknown(number=bill_id)
    return _bill_view(row)


def bill_by_number(number: str) -> BillView:
    """Return the issued bill with this number, however it is written.

    :raises BillUnknown: if there is none.
    """
    row = Bill.objects.select_related("previous", "corrects").filter(number=number.strip().upper()).first()
    if row is None:
        raise BillUnknown(number=number)
    return _bill_view(row)


def bills_of_account(account_id: int, *, drafts: bool = False) -> list[BillSummary]:
    """Return the bills of an account, newest first; drafts, if asked for, before all."""
    rows = Bill.objects.filter(account_id=account_id)
    if not drafts:
        rows = rows.filter(status=BillStatus.ISSUED)
    return [_summary(row) for row in _summed(rows).order_by(F("issue_date").desc(nulls_first=True), "-pk")]


def bills_of_customer(customer_id: int) -> list[BillSummary]:
    """Return the issued bills of all accounts of a customer's node, newest first."""
    rows = Bill.objects.filter(customer_id=customer_id, status=BillStatus.ISSUED)
    return [_summary(row) for row in _summed(rows).order_by("-issue_date", "-pk")]


def open_bills(account_id: int) -> list[BillSummary]:
    """Return the bills of an account with something left to pay, the oldest due first."""
    return [_summary(row) for row in _open().filter(account_id=account_id)]


def open_bills_of(account_ids: Collection[int]) -> list[BillSummary]:
    """Return the bills of several accounts with something left to pay, the oldest due first."""
    return [_summary(row) for row in Bill.objects.raw(_OPEN_BILLS, [list(account_ids)])] if account_ids else []


def overdue_bills(on_date: date) -> list[BillSummary]:
    """Return the bills with something left to pay whose due date is before `on_date`, by account and due date."""
    return [_summary(row) for row in _open().filter(due_date__lt=on_date).order_by("account_id", "due_date", "pk")]


def open_micro_of_accounts(account_ids: Iterable[int]) -> dict[int, int]:
    """Return what is left to pay by account, in one database query; accounts that owe nothing are left out."""
    rows = Bill.objects.filter(status=BillStatus.ISSUED, open_micro__gt=0, account_id__in=list(account_ids)).order_by()
    sums = rows.values("account_id").annotate(sum=Sum("open_micro"))
    return {int(row["account_id"]): int(row["sum"]) for row in sums}


def payment_history(account_id: int) -> PaymentHistory:
    """Return how many bills of an account were paid by their due date, and how many later."""
    on_time = late = 0
    rows = Bill.objects.filter(account_id=account_id, status=BillStatus.ISSUED, open_micro=0, total_micro__gt=0)
    for row in rows.prefetch_related("settlements"):
        last = max((settlement.at for settlement in row.settlements.all()), default=None)
        if last is None or row.due_date is None:
            continue
        if local_date(last) <= row.due_date:
            on_time += 1
        else:
            late += 1
    return PaymentHistory(paid_on_time=on_time, paid_late=late)


def settlements_of(bill_id: int) -> list[tuple[datetime, int, str]]:
    """Return what was set against a bill: (when, micro-units, reference), oldest first."""
    row = Bill.objects.get(pk=bill_id)
    return [(one.at, one.amount_micro, one.reference) for one in row.settlements.order_by("at", "pk")]


def line_with_tax_micro(bill_line_id: int) -> int:
    """Return what a bill line costs with its tax, in micro-units."""
    row = BillLine.objects.select_related("bill").get(pk=bill_line_id)
    return _with_tax(_line_view(row, {}), row.bill.currency)


def bill_of_line(bill_line_id: int) -> int:
    """Return the id of the bill that a line stands on.

    :raises BillUnknown: if there is no such line.
    """
    found = BillLine.objects.filter(pk=bill_line_id).values_list("bill_id", flat=True).first()
    if found is None:
        raise BillUnknown(number=bill_line_id)
    return int(found)


def explain_line(bill_line_id: int) -> LineExplanation:
    """Return everything behind one bill line."""
    row = BillLine.objects.select_related("bill").get(pk=bill_line_id)
    names = parties.customer_names([row.node_id])
    view = _line_view(row, names)
    return LineExplanation(
        line=view,
        bill_id=row.bill_id,
        bill_number=row.bill.number or "",
        currency=row.bill.currency,
        facts=dict(row.explanation),
        arithmetic=_arithmetic(view, row.bill.currency, row.bill.language),
        tax_micro=_with_tax(view, row.bill.currency) - view.net_micro,
    )


def explain_difference(bill_id: int) -> list[str]:
    """Return up to three sentences, in the bill's language, on how a bill differs from the last one and why."""
    return list(bill(bill_id).difference)


def _open() -> Any:
    return _summed(Bill.objects.filter(status=BillStatus.ISSUED, open_micro__gt=0)).order_by("due_date", "pk")


def _summed(rows: Any) -> Any:
    """Read what a list of bills shows, and what is in dispute, in one query however many there are."""
    standing = Sum("holds__amount_micro", filter=Q(holds__lifted_at__isnull=True), default=0)
    return rows.only(*_SUMMED).annotate(held=standing)


def _summary(row: Bill) -> BillSummary:
    return BillSummary(**_summary_values(row))


def _summary_values(row: Bill) -> dict[str, Any]:
    return {
        "bill_id": row.pk,
        "number": row.number or "",
        "account_id": row.account_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "status": row.status,
        "period_start": row.period_start,
        "period_end": row.period_end,
        "issue_date": row.issue_date,
        "due_date": row.due_date or row.period_end,
        "net_micro": row.net_micro,
        "tax_micro": row.tax_micro,
        "total_micro": row.total_micro,
        "open_micro": row.open_micro,
        "currency": row.currency,
        "held_micro": min(row.open_micro, _held(row)) if row.open_micro else 0,
    }


def _held(row: Bill) -> int:
    if hasattr(row, "held"):
        return int(row.held)
    return sum(row.holds.filter(lifted_at__isnull=True).values_list("amount_micro", flat=True))


def _bill_view(row: Bill) -> BillView:
    lines = list(row.lines.order_by("position"))
    names = parties.customer_names({line.node_id for line in lines})
    views = tuple(_line_view(line, names) for line in lines)
    return BillView(
        **_summary_values(row),
        account_number=parties.account(row.account_id).number,
        run_id=row.run_id,
        language=row.language,
        issued_at=row.issued_at,
        addressee=dict(row.addressee),
        usage_pin=dict(row.usage_pin),
        previous_bill_id=row.previous_id,
        previous_number=(row.previous.number or "") if row.previous else "",
        previous_total_micro=row.previous_total_micro,
        corrects_bill_id=row.corrects_id,
        corrects_number=(row.corrects.number or "") if row.corrects else "",
        reason=row.reason,
        lines=views,
        taxes=tuple(
            BillTaxView(
                category=tax.category,
                rate_bp=tax.rate_bp,
                net_micro=tax.net_micro,
                tax_micro=tax.tax_micro,
                source=tax.source,
            )
            for tax in row.taxes.order_by("-rate_bp", "category")
        ),
        difference=tuple(_difference(row, views)),
    )


def _line_view(row: BillLine, names: dict[int, str]) -> BillLineView:
    return BillLineView(
        bill_line_id=row.pk,
        position=row.position,
        node_id=row.node_id,
        node_name=names.get(row.node_id, ""),
        agreement_id=row.agreement_id,
        line_id=row.line_id,
        kind=row.kind,
        text=row.text,
        detail=row.detail,
        period_start=row.period_start,
        period_end=row.period_end,
        quantity=row.quantity,
        unit=row.unit,
        amount_micro=row.amount_micro,
        net_micro=row.net_micro,
        tax_included=row.tax_included,
        tax_category=row.tax_category,
        tax_rate_bp=row.tax_rate_bp,
        explanation=dict(row.explanation),
    )


def _with_tax(line: BillLineView, currency: str) -> int:
    """Return the line with its tax, for showing: the bill's own tax is worked out on the sum, not by line."""
    if line.tax_included:
        return line.amount_micro
    step = minor_step_micro(currency)
    return line.net_micro + divide_half_away(line.net_micro * line.tax_rate_bp, BASIS_POINTS * step) * step


def _difference(row: Bill, lines: tuple[BillLineView, ...]) -> list[str]:
    """Say how the bill compares with the last one, then its two largest causes: three sentences at the most."""
    language = row.language
    if row.kind == BillKind.CREDIT_NOTE:
        return []
    if row.previous is None:
        return [label("first", language)]
    number = row.previous.number or ""
    change = row.total_micro - row.previous.total_micro
    amount = amount_text(abs(change), row.currency, language)
    which = "same" if change == 0 else ("higher" if change > 0 else "lower")
    sentences = [label(which, language, amount=amount, number=number)]
    before = [_shown(_line_view(line, {}), row.currency) for line in row.previous.lines.order_by("position")]
    causes = causes_of_difference(current=[_shown(line, row.currency) for line in lines], previous=before, most=2)
    return [*sentences, *(_sentence(cause, row.currency, language) for cause in causes)]


def _shown(line: BillLineView, currency: str) -> ShownLine:
    return ShownLine(
        kind=line.kind,
        agreement_id=line.agreement_id,
        text=line.text,
        gross_micro=_with_tax(line, currency),
        period_start=line.period_start,
        period_end=line.period_end,
        usage_kind=str(line.explanation.get("usage_kind", "")),
    )


def _sentence(cause: Cause, currency: str, language: str) -> str:
    subject = label(f"usage.{cause.subject}", language) if cause.code.startswith("usage_") else cause.subject
    amount = amount_text(cause.change_micro, currency, language, signed=True)
    return label(cause.code, language, subject=subject, amount=amount)


def _arithmetic(line: BillLineView, currency: str, language: str) -> str:
    """Write the sum behind the line so that it can be worked out again by hand."""
    facts, result = line.explanation, amount_text(line.amount_micro, currency, language)
    if line.kind == "recurring":
        price = amount_text(int(facts["price_micro"]), currency, language)
        months = f" × {facts['months']}" if facts["months"] != 1 else ""
        sign = "− " if facts["credit"] else ""
        return f"{sign}{price}{months} × {facts['days_used']} / {facts['days_in_period']} = {result}"
    if line.kind == "usage":
        exact = amount_text(int(facts["exact_micro"]), currency, language)
        before = amount_text(int(facts["charged_before_micro"]), currency, language)
        return f"{exact} − {before} = {result}" if facts["charged_before_micro"] else f"{exact} = {result}"
    return result
