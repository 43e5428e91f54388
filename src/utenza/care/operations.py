"""Public writes of care; each demands an open transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.care.models import Dispute, TimelineEntry
from utenza.care.rules import part_as_priced
from utenza.care.states import DISPUTE_MOVES, CallDirection, DisputeStatus, EntryKind
from utenza.core.errors import N_, Refusal
from utenza.core.events.care import DisputeOpened, DisputeRejected, DisputeUpheld
from utenza.core.money import Money, minor_step_micro
from utenza.infra import idempotency
from utenza.infra.numbering import next_code
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction


class NothingWritten(Refusal):
    code = "nothing_written"
    text = N_("There is nothing to save yet: write what was said or done.")


class NoteTooLong(Refusal):
    code = "note_too_long"
    text = N_("The text has %(length)s characters and at most %(most)s fit: shorten it or attach a document.")


class CallDirectionUnknown(Refusal):
    code = "call_direction_unknown"
    text = N_("'%(direction)s' is not a direction of a call: choose inbound or outbound.")


class ReasonMissing(Refusal):
    code = "dispute_reason_missing"
    text = N_("A dispute needs its reason: write what the customer does not accept.")


class AnswerMissing(Refusal):
    code = "dispute_answer_missing"
    text = N_("A dispute is closed with an answer to the customer: write it.")


class DisputeIsClosed(Refusal):
    code = "dispute_is_closed"
    text = N_("Dispute %(dispute)s is closed already: open a new one if there is a new doubt.")


class UnknownDispute(Refusal):
    code = "unknown_dispute"
    text = N_("There is no dispute %(dispute)s: look it up on the bill.")


class CreditTooLarge(Refusal):
    code = "dispute_credit_too_large"
    text = N_("%(amount)s is not within the sum in dispute, %(disputed)s: credit more by a credit note of its own.")


MOST_CHARACTERS = 10_000


@demands_transaction
def add_note(*, customer_id: int, text: str, by: str, key: str, at: datetime) -> int:
    """Write a representative's note on the customer's time line and return its id.

    Safe to repeat with the same `key` (the form's own, made when it was opened).

    :raises NothingWritten: if the text is blank.
    :raises NoteTooLong: if it has more than 10,000 characters.
    """
    return _write(
        customer_id=customer_id, kind=EntryKind.NOTE, text=_checked(text), data={}, by=by, key=f"note:{key}", at=at
    )


@demands_transaction
def log_call(*, customer_id: int, direction: str, text: str, by: str, key: str, at: datetime) -> int:
    """Write down a call with the customer and return the entry's id. Safe to repeat with the same `key`.

    :raises CallDirectionUnknown: if `direction` is neither inbound nor outbound.
    :raises NothingWritten: if the text is blank.
    :raises NoteTooLong: if it has more than 10,000 characters.
    """
    if direction not in set(CallDirection):
        raise CallDirectionUnknown(field="direction", direction=direction)
    return _write(
        customer_id=customer_id,
        kind=EntryKind.CALL,
        text=_checked(text),
        data={"direction": direction},
        by=by,
        key=f"call:{key}",
        at=at,
    )


@demands_transaction
def record_fact(
    *,
    customer_id: int,
    kind: str,
    fact: str,
    data: dict[str, Any],
    about_kind: str,
    about_key: str,
    key: str,
    at: datetime,
) -> None:
    """Write what another stage announced on the time line. Safe to repeat with the same `key`."""
    TimelineEntry.objects.bulk_create(
        [
            TimelineEntry(
                customer_id=customer_id,
                kind=kind,
                at=at,
                recorded_at=at,
                fact=fact,
                data=data,
                about_kind=about_kind,
                about_key=about_key,
                key=key,
            )
        ],
        ignore_conflicts=True,
    )


@demands_transaction
def open_dispute(*, bill_line_id: int, amount: Money, reason: str, by: str, idempotency_key: str, at: datetime) -> int:
    """Take down that the customer does not accept a sum (tax included) of a bill line; return the dispute's id.

    Until it is closed nobody is chased for the sum. Safe to repeat with the same key and input.

    :raises ReasonMissing: if the reason is blank.
    :raises: what `billing.place_hold` raises.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise ReasonMissing(field="reason")

    def take_down() -> dict[str, int]:
        bill = bills.bill(bills.bill_of_line(bill_line_id))
        hold_id = billing.place_hold(bill_line_id=bill_line_id, amount=amount, reason=reason, at=at)
        dispute = Dispute.objects.create(
            number=next_code(series="dispute", prefix="D", width=8),
            customer_id=bill.customer_id,
            bill_id=bill.bill_id,
            bill_line_id=bill_line_id,
            hold_id=hold_id,
            amount_micro=amount.micro,
            currency=amount.currency,
            reason=reason,
            opened_at=at,
            opened_by=by,
        )
        announce(
            DisputeOpened(
                at=at,
                customer_id=bill.customer_id,
                dispute_id=dispute.pk,
                dispute_number=dispute.number,
                bill_id=bill.bill_id,
                bill_number=bill.number,
                amount_micro=amount.micro,
                currency=amount.currency,
                reason=reason,
            )
        )
        return {"dispute_id": dispute.pk}

    payload = {
        "bill_line_id": bill_line_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "reason": reason,
    }
    done = idempotency.once(key=idempotency_key, scope="care.open_dispute", payload=payload, operation=take_down)
    return int(done["dispute_id"])


@demands_transaction
def uphold_dispute(*, dispute_id: int, answer: str, by: str, at: datetime, amount: Money | None = None) -> None:
    """Close a dispute for the customer: a credit note over the sum, or over `amount` of it (tax included).

    What is left of it is chased again.

    :raises AnswerMissing: if the answer is blank.
    :raises UnknownDispute, DisputeIsClosed: if there is none that is open.
    :raises CreditTooLarge: if the amount is not within the sum in dispute.
    :raises BillNothingToCredit: if the line was credited meanwhile.
    """
    dispute = _open(dispute_id, answer)
    disputed = Money(dispute.amount_micro, dispute.currency)
    credited = disputed if amount is None else amount
    if not Money.zero(dispute.currency) < credited <= disputed:
        raise CreditTooLarge(field="amount", amount=str(credited), disputed=str(disputed))
    [line] = [one for one in bills.bill(dispute.bill_id).lines if one.bill_line_id == dispute.bill_line_id]
    part = part_as_priced(
        gross_micro=credited.micro,
        whole_gross_micro=bills.line_with_tax_micro(dispute.bill_line_id),
        whole_priced_micro=line.amount_micro,
        step_micro=minor_step_micro(dispute.currency),
    )
    note_id = billing.issue_credit_note(
        bill_id=dispute.bill_id,
        lines=[billing.CreditLine(bill_line_id=dispute.bill_line_id, amount_micro=part)],
        reason=answer.strip(),
        at=at,
    )
    dispute.credit_note_id = note_id
    dispute.save(update_fields=["credit_note"])
    _close(dispute, to=DisputeStatus.UPHELD, answer=answer, by=by, at=at)
    announce(
        DisputeUpheld(
            at=at,
            customer_id=dispute.customer_id,
            dispute_id=dispute.pk,
            dispute_number=dispute.number,
            bill_id=dispute.bill_id,
            amount_micro=-bills.bill(note_id).total_micro,
            currency=dispute.currency,
            answer=dispute.answer,
        )
    )


@demands_transaction
def reject_dispute(*, dispute_id: int, answer: str, by: str, at: datetime) -> None:
    """Close a dispute against the customer: the sum is owed as billed, and chased again.

    :raises AnswerMissing: if the answer is blank.
    :raises UnknownDispute, DisputeIsClosed: if there is none that is open.
    """
    dispute = _open(dispute_id, answer)
    _close(dispute, to=DisputeStatus.REJECTED, answer=answer, by=by, at=at)
    announce(
        DisputeRejected(
            at=at,
            customer_id=dispute.customer_id,
            dispute_id=dispute.pk,
            dispute_number=dispute.number,
            bill_id=dispute.bill_id,
            amount_micro=dispute.amount_micro,
            currency=dispute.currency,
            answer=dispute.answer,
        )
    )


def _open(dispute_id: int, answer: str) -> Dispute:
    """Lock a dispute that is to be closed with `answer`."""
    dispute = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
    if dispute is None:
        raise UnknownDispute(dispute=dispute_id)
    if dispute.status != DisputeStatus.OPEN:
        raise DisputeIsClosed(dispute=dispute.number)
    if not answer.strip():
        raise AnswerMissing(field="answer")
    return dispute


def _close(dispute: Dispute, *, to: DisputeStatus, answer: str, by: str, at: datetime) -> None:
    billing.lift_hold(hold_id=dispute.hold_id, at=at)
    dispute.closed_at, dispute.closed_by, dispute.answer = at, by, answer.strip()[:500]
    dispute.save(update_fields=["closed_at", "closed_by", "answer"])
    move(dispute, table=DISPUTE_MOVES, to=to)


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise NothingWritten(field="text")
    if len(text) > MOST_CHARACTERS:
        raise NoteTooLong(field="text", length=len(text), most=MOST_CHARACTERS)
    return text


def _write(*, customer_id: int, kind: str, text: str, data: dict[str, Any], by: str, key: str, at: datetime) -> int:
    entry, _ = TimelineEntry.objects.get_or_create(
        key=key,
        defaults={
            "customer_id": customer_id,
            "kind": kind,
            "text": text,
            "data": data,
            "by": by,
            "at": at,
            "recorded_at": at,
        },
    )
    return entry.pk
