"""What charging does by the clock, and what it hears."""

from __future__ import annotations

from datetime import datetime

from utenza.charging import operations, queries
from utenza.charging.sources import monthly_fee, one_off_fees
from utenza.core.errors import Refusal
from utenza.core.events.ordering import AgreementChanged, AgreementEnded, AgreementStarted
from utenza.infra.logs import get_logger
from utenza.infra.outbox import hears
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction

log = get_logger(__name__)


@timed(every="day", at="05:00")
def debit_fees(*, at: datetime) -> None:
    """Debit the monthly fees that are owed, one transaction for each line; one that is refused waits for tomorrow."""
    for line_id in queries.lines_that_owe(at):
        try:
            with transaction():
                outcome = operations.debit_fee(line_id=line_id, at=at)
        except Refusal as refusal:
            # It is owed still, so the next day tries again; the other lines must not wait for it.
            log.exception("fee refused", line_id=line_id, code=refusal.code)
            continue
        log.info("fees debited", line_id=line_id, months=outcome.months, paid_up=outcome.paid_up)


@hears(AgreementStarted, AgreementChanged)
def agree_fee(event: AgreementStarted | AgreementChanged) -> None:
    """Debit an agreement of a prepaid line from its first day on, by the price of the offer that holds now."""
    fee = monthly_fee(event.agreement_id)
    if fee is None:
        return
    operations.agree_fee(
        line_id=event.line_id,
        agreement_id=event.agreement_id,
        amount=fee.amount,
        tax_category=fee.tax_category,
        from_date=event.start_date if isinstance(event, AgreementStarted) else event.from_date,
        at=event.at,
    )
    if isinstance(event, AgreementStarted):
        _charge_start(event)


def _charge_start(event: AgreementStarted) -> None:
    """Debit what is paid once, and the first month, as soon as the service runs."""
    for once in one_off_fees(event.agreement_id):
        operations.agree_one_off(
            line_id=event.line_id,
            agreement_id=event.agreement_id,
            price_id=once.price_id,
            amount=once.amount,
            tax_category=once.tax_category,
            from_date=event.start_date,
            at=event.at,
        )
    operations.debit_fee(line_id=event.line_id, at=event.at)


@hears(AgreementEnded)
def stop_fee(event: AgreementEnded) -> None:
    """Debit no further month of an agreement that is over."""
    operations.end_fee(agreement_id=event.agreement_id, end_date=event.end_date)
