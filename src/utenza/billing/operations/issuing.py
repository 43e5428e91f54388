"""From draft to issued: the number, the books, the news; and what settles a bill afterwards."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db.models import Sum

from utenza.billing.models import Bill, BillSettlement, ChargedThrough, UsageBilled
from utenza.billing.refusals import BillNotIssued, BillOversettled, DraftStale
from utenza.billing.sources import tax_rate
from utenza.billing.states import BILL_MOVES, BillKind, BillStatus, LineKind
from utenza.core.events.billing import BillIssued
from utenza.core.money import Money
from utenza.infra.numbering import next_number
from utenza.infra.operator import profile
from utenza.infra.outbox import announce
from utenza.infra.search import index_entry
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.parties import queries as parties


@demands_transaction
def settle_bill(*, bill_id: int, amount_micro: int, reference: str, at: datetime) -> int:
    """Set money or credit against an issued bill and return what is still open of it, in micro-units.

    A negative amount opens the bill again, as when a payment is returned. `at` is when it counts as paid. Posts
    nothing: what is settled was booked against the account's receivable by whoever brings it. Not safe to repeat: the
    caller brings its own idempotency.

    :raises BillNotIssued: if the bill is a draft.
    :raises BillOversettled: if more would be settled than is open, or more opened than was settled.
    """
    bill = Bill.objects.select_for_update().get(pk=bill_id)
    if bill.status != BillStatus.ISSUED:
        raise BillNotIssued()
    rest = bill.open_micro - amount_micro
    if amount_micro == 0 or not 0 <= rest <= max(bill.total_micro, 0):
        raise BillOversettled(
            number=bill.number,
            open=str(Money(bill.open_micro, bill.currency)),
            amount=str(Money(amount_micro, bill.currency)),
        )
    BillSettlement.objects.create(bill=bill, amount_micro=amount_micro, reference=reference, at=at)
    bill.open_micro = rest
    bill.save(update_fields=["open_micro"])
    return rest


def issue_draft(*, bill: Bill, issue_date: date, at: datetime) -> None:
    """Give a locked draft its number, post it and announce it.

    :raises DraftStale: if what it charges was charged otherwise meanwhile, or a tax rate has changed.
    """
    _check_rates(bill, issue_date)
    record_moves(bill=bill, billed_on=bill)
    # The series is locked until the commit, so the number is asked for after everything that may refuse.
    year = issue_date.year
    number = f"{profile().bill_series}-{year}-{next_number(series=profile().bill_series, fiscal_year=year):06d}"
    due_date = issue_date + timedelta(days=parties.account(bill.account_id).payment_terms_days)
    bill.number, bill.issue_date, bill.due_date, bill.issued_at = number, issue_date, due_date, at
    bill.open_micro = max(bill.total_micro, 0)
    bill.save(update_fields=["number", "issue_date", "due_date", "issued_at", "open_micro"])
    move(bill, table=BILL_MOVES, to=BillStatus.ISSUED)
    post_bill(bill=bill, at=at)
    index_entry(
        kind="bill",
        key=str(bill.pk),
        customer_id=bill.customer_id,
        title=number,
        subtitle=f"{bill.addressee.get('name', '')} · {Money(bill.total_micro, bill.currency)}",
        words=[number, *number.split("-")],
    )
    announce(
        BillIssued(
            at=at,
            customer_id=bill.customer_id,
            account_id=bill.account_id,
            bill_id=bill.pk,
            bill_number=number,
            kind=bill.kind,
            total_micro=bill.total_micro,
            currency=bill.currency,
            issue_date=issue_date,
            due_date=due_date,
        )
    )


def _check_rates(bill: Bill, issue_date: date) -> None:
    if bill.kind == BillKind.CREDIT_NOTE:
        return  # a correction bears the rate of what it corrects (DPR 633/1972, art. 26)
    for row in bill.taxes.all():
        if tax_rate(category=row.category, on_date=issue_date).basis_points != row.rate_bp:
            raise DraftStale()


def record_moves(*, bill: Bill, billed_on: Bill | None) -> None:
    """Move the charged-through days and the usage billed to where `bill` takes them.

    `billed_on` is the bill that stays as the proof: None for a bill of zero that is not issued.

    :raises DraftStale: if they do not stand where the draft found them.
    """
    for agreement_id, price_id, from_text, before_text, until_text in bill.coverage:
        from_date, until = date.fromisoformat(from_text), date.fromisoformat(until_text)
        if before_text is None:
            _, created = ChargedThrough.objects.get_or_create(
                agreement_id=agreement_id,
                price_id=price_id,
                from_date=from_date,
                defaults={"charged_until": until},
            )
            if not created:
                raise DraftStale()
            continue
        changed = ChargedThrough.objects.filter(
            agreement_id=agreement_id,
            price_id=price_id,
            from_date=from_date,
            charged_until=date.fromisoformat(before_text),
        ).update(charged_until=until)
        if changed != 1:
            raise DraftStale()
    _record_usage(bill, billed_on)


def _record_usage(bill: Bill, billed_on: Bill | None) -> None:
    rows = []
    for one in bill.usage_moves:
        key = {
            **{name: one[name] for name in ("line_id", "agreement_id", "kind", "zone", "tariff_version_id")},
            "period_start": date.fromisoformat(one["period_start"]),
            "period_end": date.fromisoformat(one["period_end"]),
        }
        known = UsageBilled.objects.filter(**key).aggregate(
            events=Sum("events", default=0), quantity=Sum("quantity", default=0), amount=Sum("amount_micro", default=0)
        )
        if [known["events"], known["quantity"], known["amount"]] != one["before"]:
            raise DraftStale()
        rows.append(
            UsageBilled(
                **key,
                bill=billed_on,
                events=one["events"],
                quantity=one["quantity"],
                exact_micro=one["exact_micro"],
                amount_micro=one["amount_micro"],
            )
        )
    UsageBilled.objects.bulk_create(rows)


def post_bill(*, bill: Bill, at: datetime) -> None:
    """Book an issued bill: what is owed against revenue by kind and tax. Safe to repeat: keyed by the bill."""
    by_kind: dict[str, int] = defaultdict(int)
    for kind, net_micro in bill.lines.values_list("kind", "net_micro"):
        by_kind[kind] += net_micro
    owner = f"account:{bill.account_id}"
    sums = [
        ("receivable", owner, bill.total_micro),
        *((*_counterpart(kind, owner), -net) for kind, net in sorted(by_kind.items())),
        ("tax.vat", "operator", -bill.tax_micro),
    ]
    postings = [
        Posting(account_code=code, owner=who, amount=Money(micro, bill.currency)) for code, who, micro in sums if micro
    ]
    if postings:
        post(key=f"bill:{bill.pk}", at=at, description=f"Bill {bill.number}", postings=postings)


def _counterpart(kind: str, owner: str) -> tuple[str, str]:
    """Return the account of the books that a kind of line goes to: a deposit given back is no lack of revenue."""
    return ("deposit_liability", owner) if kind == LineKind.DEPOSIT else (f"revenue.{kind}", "operator")
