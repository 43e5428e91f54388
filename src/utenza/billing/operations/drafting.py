"""From what other stages know to a draft in the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from utenza.billing import sources
from utenza.billing.models import Bill, BillLine, BillTax
from utenza.billing.refusals import CoverageUnknown
from utenza.billing.rules import AgreementTerms, Draft, DraftLine, draft_bill
from utenza.billing.rules.charges import Horizon, uncovered
from utenza.billing.rules.words import label
from utenza.billing.sources import AccountFacts, UsageRead
from utenza.billing.states import BillKind, BillStatus, LineKind
from utenza.core.money import minor_step_micro
from utenza.core.period import DayPeriod
from utenza.infra.transactions import savepoint


def calculate_regular(*, facts: AccountFacts, period: DayPeriod, on_date: date) -> tuple[Draft, UsageRead]:
    """Return what the account owes when `period` ends; taxes at the rates of `on_date`."""
    calendar = facts.calendar
    # An agreement that begins on the cycle date or later waits for its own period's end, at whatever hour the run is.
    terms = [one for one in sources.agreement_terms(facts, before=period.end) if one.start_date < period.end]
    usage = sources.usage_of(facts, terms, periods=sources.usage_periods(calendar, period))
    return _draft(facts, terms, Horizon.regular(calendar=calendar, period=period), usage, on_date), usage


def calculate_final(*, facts: AccountFacts, end_date: date, on_date: date) -> tuple[Draft, UsageRead]:
    """Return what is left to charge or give back on the account's agreements that are over by `end_date`.

    An agreement that goes on is left to the regular bills. What the books hold as the account's deposit is given back
    as a line of the bill.
    """
    terms = [
        one
        for one in sources.agreement_terms(facts, before=max(end_date, on_date))
        if one.end_date is not None and one.end_date <= end_date
    ]
    last = facts.calendar.containing(max(end_date, on_date))
    usage = sources.usage_of(facts, terms, periods=sources.usage_periods(facts.calendar, last))
    deposit = _deposit_lines(facts, end_date)
    return _draft(facts, terms, Horizon.final(on_date=end_date), usage, on_date, adjustments=deposit), usage


def _deposit_lines(facts: AccountFacts, end_date: date) -> list[DraftLine]:
    held_micro = sources.deposit_held_micro(facts)
    if held_micro <= 0:
        return []
    return [
        DraftLine(
            kind=LineKind.DEPOSIT,
            node_id=facts.customer_id,
            agreement_id=None,
            line_id=None,
            text=label("deposit", facts.language),
            period_start=end_date,
            period_end=end_date,
            amount_micro=-held_micro,
            tax_included=True,
            # Money held as security is no consideration (DPR 633/1972 art. 2 and 15).
            tax_category="out_of_scope",
            explanation={"held_micro": held_micro},
        )
    ]


def _draft(
    facts: AccountFacts,
    terms: Sequence[AgreementTerms],
    horizon: Horizon,
    usage: UsageRead,
    on_date: date,
    *,
    adjustments: Sequence[DraftLine] = (),
) -> Draft:
    charged = sources.charged_so_far([one.agreement_id for one in terms])
    for agreement_id, _price_id, from_date in uncovered(agreements=terms, charged=charged):
        raise CoverageUnknown(agreement_id=agreement_id, from_date=from_date.isoformat())
    return draft_bill(
        agreements=terms,
        calendar=facts.calendar,
        horizon=horizon,
        charged=charged,
        usage=usage.sums,
        billed=sources.usage_billed(usage.sums),
        rate_of=lambda category: sources.tax_rate(category=category, on_date=on_date),
        step_micro=minor_step_micro(facts.currency),
        node_order=facts.node_order,
        adjustments=adjustments,
    )


def save_draft(
    *,
    facts: AccountFacts,
    draft: Draft,
    usage: UsageRead | None,
    kind: str,
    period: tuple[date, date],
    run_id: int | None = None,
    corrects_id: int | None = None,
    reason: str = "",
) -> Bill:
    """Write the draft with its lines and taxes."""
    before = (
        Bill.objects.filter(account_id=facts.account_id, status=BillStatus.ISSUED)
        .exclude(kind=BillKind.CREDIT_NOTE)
        .order_by("-issued_at", "-pk")
        .first()
    )
    with savepoint():
        bill = Bill.objects.create(
            account_id=facts.account_id,
            customer_id=facts.customer_id,
            run_id=run_id,
            kind=kind,
            period_start=period[0],
            period_end=period[1],
            net_micro=draft.net_micro,
            tax_micro=draft.tax_micro,
            total_micro=draft.total_micro,
            currency=facts.currency,
            language=facts.language,
            addressee=facts.addressee,
            usage_pin=_pin(draft, usage),
            coverage=[
                [
                    move.agreement_id,
                    move.price_id,
                    move.from_date.isoformat(),
                    move.before.isoformat() if move.before else None,
                    move.until.isoformat(),
                ]
                for move in draft.coverage
            ],
            usage_moves=_usage_moves(draft),
            previous=before,
            previous_total_micro=before.total_micro if before else None,
            corrects_id=corrects_id,
            reason=reason,
        )
        BillLine.objects.bulk_create(
            _line(bill, position, line, net, rate)
            for position, (line, net, rate) in enumerate(
                zip(draft.lines, draft.nets_micro, draft.rates_bp, strict=True), start=1
            )
        )
        BillTax.objects.bulk_create(
            BillTax(
                bill=bill,
                category=row.category,
                rate_bp=row.rate_bp,
                net_micro=row.net_micro,
                tax_micro=row.tax_micro,
                source=row.source,
            )
            for row in draft.taxes
        )
    return bill


def _line(bill: Bill, position: int, line: DraftLine, net_micro: int, rate_bp: int) -> BillLine:
    return BillLine(
        bill=bill,
        position=position,
        node_id=line.node_id,
        agreement_id=line.agreement_id,
        line_id=line.line_id,
        kind=line.kind,
        text=line.text[:240],
        detail=line.detail[:240],
        period_start=line.period_start,
        period_end=line.period_end,
        quantity=line.quantity,
        unit=line.unit,
        amount_micro=line.amount_micro,
        net_micro=net_micro,
        tax_included=line.tax_included,
        tax_category=line.tax_category,
        tax_rate_bp=rate_bp,
        explanation=line.explanation,
    )


def _usage_moves(draft: Draft) -> list[dict[str, Any]]:
    return [
        {
            "line_id": move.usage.line_id,
            "agreement_id": move.usage.agreement_id,
            "kind": move.usage.kind,
            "zone": move.usage.zone,
            "tariff_version_id": move.usage.tariff_version_id,
            "period_start": move.usage.period_start.isoformat(),
            "period_end": move.usage.period_end.isoformat(),
            "events": move.events,
            "quantity": move.quantity,
            "exact_micro": move.exact_micro,
            "amount_micro": move.amount_micro,
            "before": [move.before.events, move.before.quantity, move.before.amount_micro],
        }
        for move in draft.usage
    ]


def _pin(draft: Draft, usage: UsageRead | None) -> dict[str, Any]:
    """Keep what was billed provable when its events are gone: the version read, the totals and a sum over them."""
    if usage is None:
        return {}
    totals = [asdict(one) for one in usage.sums]
    text = json.dumps(totals, default=str, sort_keys=True)
    return {
        "version": usage.version,
        "source_checksum": usage.checksum,
        "events": sum(one.events for one in usage.sums),
        "exact_micro": sum(one.exact_micro for one in usage.sums),
        "charged_micro": sum(move.amount_micro for move in draft.usage),
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
    }
