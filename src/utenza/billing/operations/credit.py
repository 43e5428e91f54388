"""Credit notes: an issued bill is never changed, it is corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from utenza.billing import sources
from utenza.billing.models import Bill, BillLine
from utenza.billing.operations.drafting import save_draft
from utenza.billing.operations.issuing import issue_draft, settle_bill
from utenza.billing.refusals import BillNothingToCredit, BillNotIssued, LineNotOnBill
from utenza.billing.rules import Draft, DraftLine, Rate
from utenza.billing.rules.taxes import taxes_after
from utenza.billing.rules.words import label
from utenza.billing.states import BillKind, BillStatus, LineKind
from utenza.core.money import Money, minor_step_micro
from utenza.infra.operator import local_date
from utenza.infra.transactions import demands_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """What to give back of one bill line: `amount_micro` as that line is priced (with tax or without), positive."""

    bill_line_id: int
    amount_micro: int
    text: str = ""


@demands_transaction
def issue_credit_note(*, bill_id: int, lines: Sequence[CreditLine], reason: str, at: datetime) -> int:
    """Correct an issued bill downwards and return the credit note's id.

    Without `lines` all that is left of the bill is credited. The credit settles what is open of the bill first; the
    rest lowers what the account owes. Not safe to repeat: each call credits once more, up to what was billed.

    :raises BillNotIssued: if the bill is a draft or itself a credit note.
    :raises LineNotOnBill: if a line named is none of the bill's.
    :raises BillNothingToCredit: if more would be given back than was billed, of the bill or of one of its lines.
    """
    bill = Bill.objects.select_for_update().get(pk=bill_id)
    if bill.status != BillStatus.ISSUED or bill.kind == BillKind.CREDIT_NOTE:
        raise BillNotIssued()
    given = _given_back(bill)
    wanted = list(lines) or _all_of(bill, given)
    _check_lines(bill, wanted, given)
    draft = _draft(bill, wanted)
    credited = bill.credit_notes.aggregate(sum=Sum("total_micro"))["sum"] or 0
    left = bill.total_micro + credited
    if draft.total_micro >= 0 or -draft.total_micro > left:
        raise BillNothingToCredit(
            number=bill.number,
            left=str(Money(max(left, 0), bill.currency)),
            amount=str(Money(-draft.total_micro, bill.currency)),
        )
    note = save_draft(
        facts=sources.account_facts(bill.account_id),
        draft=draft,
        usage=None,
        kind=BillKind.CREDIT_NOTE,
        period=(bill.period_start, bill.period_end),
        corrects_id=bill.pk,
        reason=reason[:200],
    )
    issue_draft(bill=note, issue_date=local_date(at), at=at)
    settled = min(bill.open_micro, -note.total_micro)
    if settled:
        settle_bill(bill_id=bill.pk, amount_micro=settled, reference=note.number or "", at=at)
    return note.pk


def _given_back(bill: Bill) -> dict[int, int]:
    """Return what earlier credit notes gave back of each line, zero or less for a charge."""
    given: dict[int, int] = {}
    for explanation, amount in BillLine.objects.filter(bill__corrects=bill).values_list("explanation", "amount_micro"):
        source = int(explanation["bill_line_id"])
        given[source] = given.get(source, 0) + amount
    return given


def _check_lines(bill: Bill, wanted: Sequence[CreditLine], given: dict[int, int]) -> None:
    known = {line.pk: line.amount_micro for line in bill.lines.all()}
    asked: dict[int, int] = {}
    for credit in wanted:
        if credit.bill_line_id not in known:
            raise LineNotOnBill(field="lines", number=bill.number)
        asked[credit.bill_line_id] = asked.get(credit.bill_line_id, 0) + credit.amount_micro
    for line_id, amount_micro in asked.items():
        left = known[line_id] + given.get(line_id, 0)
        # A line that lowers the bill (a discount) can be taken back, too: between nothing and all of it.
        if not min(left, 0) <= amount_micro <= max(left, 0):
            raise BillNothingToCredit(
                field="lines",
                number=bill.number,
                left=str(Money(left, bill.currency)),
                amount=str(Money(amount_micro, bill.currency)),
            )


def _all_of(bill: Bill, given: dict[int, int]) -> list[CreditLine]:
    """Return every line of the bill less what earlier credit notes gave back of it."""
    return [
        CreditLine(bill_line_id=line.pk, amount_micro=line.amount_micro + given.get(line.pk, 0))
        for line in bill.lines.all()
        if line.amount_micro + given.get(line.pk, 0)
    ]


def _draft(bill: Bill, wanted: Sequence[CreditLine]) -> Draft:
    known = {line.pk: line for line in bill.lines.all()}
    text = label("credit_note", bill.language, number=bill.number or "")
    lines = []
    for credit in wanted:
        source = known[credit.bill_line_id]
        lines.append(
            DraftLine(
                kind=LineKind.ADJUSTMENT if credit.text else source.kind,
                node_id=source.node_id,
                agreement_id=source.agreement_id,
                line_id=source.line_id,
                text=credit.text or source.text,
                detail=text,
                period_start=source.period_start,
                period_end=source.period_end,
                amount_micro=-credit.amount_micro,
                tax_included=source.tax_included,
                tax_category=source.tax_category,
                explanation={"bill_line_id": source.pk},
            )
        )
    # A correction bears the rates of what it corrects, whatever they are today (DPR 633/1972, art. 26).
    rates = {row.category: Rate(basis_points=row.rate_bp, source=row.source) for row in bill.taxes.all()}
    taxed = taxes_after(
        before=[_as_drafted(line) for line in BillLine.objects.filter(bill__corrects=bill).order_by("pk")],
        lines=lines,
        rate_of=lambda category: rates[category],
        step_micro=minor_step_micro(bill.currency),
    )
    return Draft(
        lines=tuple(lines),
        nets_micro=taxed.nets_micro,
        rates_bp=taxed.rates_bp,
        taxes=taxed.rows,
        coverage=(),
        usage=(),
    )


def _as_drafted(line: BillLine) -> DraftLine:
    return DraftLine(
        kind=line.kind,
        node_id=line.node_id,
        agreement_id=line.agreement_id,
        line_id=line.line_id,
        text=line.text,
        period_start=line.period_start,
        period_end=line.period_end,
        amount_micro=line.amount_micro,
        tax_included=line.tax_included,
        tax_category=line.tax_category,
        explanation={},
    )
