"""Public writes of delivery."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from utenza.billing import queries as bills
from utenza.billing.rules.words import date_text
from utenza.core.errors import N_, Refusal
from utenza.core.events.delivery import BillDelivered, BillUndeliverable
from utenza.delivery import paper
from utenza.delivery.models import Dispatch
from utenza.delivery.rules import ATTEMPTS_MAX, bill_file_key, letter_file_key, pause_after
from utenza.delivery.states import DISPATCH_MOVES, Channel, DispatchKind, DispatchStatus
from utenza.delivery.words import LETTERS, words_of
from utenza.infra import configuration, documents, files, messages
from utenza.infra.logs import get_logger
from utenza.infra.operator import local_date, profile
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.infra.work import wake
from utenza.parties import queries as parties
from utenza.provisioning import queries as network

_log = get_logger(__name__)


class UnknownLetter(Refusal):
    code = "unknown_letter"
    text = N_("There is no letter '%(template)s': the ones there are: %(known)s.")


class NothingToResend(Refusal):
    code = "delivery_not_failed"
    text = N_("This was not refused, so there is nothing to send again: look at its state.")


@demands_transaction
def plan_bill(*, bill_id: int, at: datetime) -> int:
    """Owe the account its bill by the account's channel and return the dispatch's id. Safe to repeat."""
    bill = bills.bill(bill_id)
    account = parties.account(bill.account_id)
    dispatch, created = Dispatch.objects.get_or_create(
        key=f"bill:{bill_id}",
        defaults={
            "kind": DispatchKind.BILL,
            "customer_id": bill.customer_id,
            "account_id": bill.account_id,
            "bill_id": bill_id,
            "language": bill.language,
            "channel": account.delivery_channel,
            "recipient": account.email if account.delivery_channel == Channel.EMAIL else account.number,
            "next_attempt_at": at,
            "planned_at": at,
        },
    )
    if created:
        wake()
    return dispatch.pk


@demands_transaction
def send_letter(
    *,
    customer_id: int,
    template: str,
    data: Mapping[str, Any],
    at: datetime,
    account_id: int | None = None,
    key: str = "",
    registered: bool = False,
) -> int:
    """Owe a customer a letter in the customer's language and return the dispatch's id.

    It goes by the account's channel; without an account by e-mail where there is one, else on paper. A `registered` one
    needs proof that it came: it goes to the account's certified mailbox (D.Lgs. 82/2005 art. 48: equal to a registered
    letter), else on paper. With a `key` it is safe to repeat; without, each call sends another letter.

    :param data: what the letter's words need; amounts as `…_micro` beside `currency`, days in ISO 8601.
    :raises UnknownLetter: if there is no such letter.
    """
    if template not in LETTERS["en"]:
        raise UnknownLetter(template=template, known=", ".join(sorted(LETTERS["en"])))
    customer = parties.customer(customer_id)
    account = parties.account(account_id) if account_id is not None else None
    channel, recipient = _registered(customer, account) if registered else _letter_channel(customer, account)
    values = {
        "customer_id": customer_id,
        "account_id": account_id,
        "kind": DispatchKind.LETTER,
        "template": template,
        "data": {key: _jsonable(value) for key, value in data.items()},
        "language": account.language if account else customer.language,
        "channel": channel,
        "recipient": recipient,
        "next_attempt_at": at,
        "planned_at": at,
    }
    if key:
        dispatch, _created = Dispatch.objects.get_or_create(key=f"letter:{key}", defaults=values)
    else:
        dispatch = Dispatch.objects.create(key=_next_key(), **values)
    wake()
    return dispatch.pk


def _next_key() -> str:
    # Random, not counted: letters of two transactions must not wait for each other.
    return f"letter:{os.urandom(12).hex()}"


def _jsonable(value: Any) -> Any:
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    return str(value)


def _registered(customer: parties.CustomerView, account: parties.AccountView | None) -> tuple[str, str]:
    pec = account.pec if account else ""
    return (Channel.EMAIL, pec) if pec else (Channel.PAPER, customer.number)


def _letter_channel(customer: parties.CustomerView, account: parties.AccountView | None) -> tuple[str, str]:
    email = (account.email if account else "") or customer.email
    wanted = account.delivery_channel if account else Channel.EMAIL
    if wanted == Channel.PAPER or not email:
        return Channel.PAPER, customer.number
    # A letter that waits in the portal is no notice: it goes by e-mail, too, to those who read bills there.
    return Channel.EMAIL, email


@demands_transaction
def resend(*, dispatch_id: int, at: datetime, recipient: str = "") -> None:
    """Send again what could not be delivered, to another recipient if one is given.

    :raises NothingToResend: if it was not refused.
    """
    dispatch = Dispatch.objects.select_for_update().get(pk=dispatch_id)
    if dispatch.status != DispatchStatus.FAILED:
        raise NothingToResend()
    move(dispatch, table=DISPATCH_MOVES, to=DispatchStatus.PLANNED)
    dispatch.why, dispatch.attempts, dispatch.next_attempt_at, dispatch.message_id = "", 0, at, None
    dispatch.recipient = recipient or dispatch.recipient
    dispatch.save(update_fields=["why", "attempts", "next_attempt_at", "message_id", "recipient"])
    wake()


def make_document(dispatch_id: int) -> tuple[str, bytes]:
    """Typeset the PDF of a dispatch; return its file key and bytes. Reads only, in no transaction of its own.

    The same dispatch gives the same bytes, so that a worker that died in between does no harm.
    """
    dispatch = Dispatch.objects.get(pk=dispatch_id)
    if dispatch.file_key:
        return dispatch.file_key, files.read(dispatch.file_key)  # sent again: the very document, whatever changed since
    if dispatch.bill_id is not None:
        bill = bills.bill(dispatch.bill_id)
        issued = bill.issued_at or dispatch.planned_at
        data = paper.bill_data(bill=bill, operator=profile(), line_names=line_names(bill))
        content = documents.render(template="bill", data=data, language=bill.language, at=issued)
        return bill_file_key(number=bill.number, issue_date=local_date(issued)), content
    content = documents.render(
        template="letter", data=_letter_data(dispatch), language=dispatch.language, at=dispatch.planned_at
    )
    return letter_file_key(dispatch_id=dispatch.pk, planned_date=local_date(dispatch.planned_at)), content


def line_names(bill: bills.BillView) -> dict[int, str]:
    """Return how each line on a bill is called: its number and what the customer knows it by."""
    found = network.lines([line.line_id for line in bill.lines if line.line_id is not None])
    return {view.line_id: " · ".join([view.number, *view.identifiers[:1]]) for view in found}


def _letter_data(dispatch: Dispatch) -> dict[str, Any]:
    customer = parties.customer(dispatch.customer_id)
    words = words_of(dispatch.language)
    billed = parties.billed_party(dispatch.account_id) if dispatch.account_id else None
    home = billed.address if billed else customer.address()
    addressee = {
        "name": billed.name if billed else customer.name,
        "attention": billed.attention if billed else "",
        "lines": list(home.lines()) if home else [],
    }
    return paper.letter_data(
        template=dispatch.template,
        data={"name": addressee["name"], "customer_number": customer.number, **dispatch.data},
        language=dispatch.language,
        operator=profile(),
        addressee=addressee,
        facts=[
            [words["date"], date_text(local_date(dispatch.planned_at), dispatch.language)],
            [words["customer"], customer.number],
        ],
    )


@demands_transaction
def hand_over(*, dispatch_id: int, file_key: str, content: bytes, at: datetime) -> None:
    """Store the PDF and hand it to its channel. Safe to repeat: what is on its way or delivered stays so."""
    dispatch = Dispatch.objects.select_for_update().get(pk=dispatch_id)
    if dispatch.status != DispatchStatus.PLANNED:
        return
    files.store(key=file_key, content=content, mime="application/pdf")
    dispatch.file_key, dispatch.ready_at = file_key, at
    dispatch.save(update_fields=["file_key", "ready_at"])
    if dispatch.channel == Channel.EMAIL:
        _mail(dispatch, at)
        return
    if dispatch.channel == Channel.PAPER:
        _print(dispatch, content)
    _deliver(dispatch, at)


def _mail(dispatch: Dispatch, at: datetime) -> None:
    subject, text = _mail_words(dispatch)
    name = dispatch.file_key.rsplit("/", 1)[-1]
    try:
        dispatch.message_id = messages.queue_mail(
            to=dispatch.recipient,
            subject=subject,
            text=text,
            attachments=[messages.Attachment(name=name, mime="application/pdf", file_key=dispatch.file_key)],
            about=f"dispatch:{dispatch.pk}",
            at=at,
        )
    except messages.NoRecipient as refusal:
        _fail(dispatch, why=str(refusal), at=at)
        return
    dispatch.save(update_fields=["message_id"])
    move(dispatch, table=DISPATCH_MOVES, to=DispatchStatus.SENDING)


def _mail_words(dispatch: Dispatch) -> tuple[str, str]:
    operator = profile()
    if dispatch.bill_id is not None:
        return paper.bill_mail(bill=bills.bill(dispatch.bill_id), operator=operator)
    data = _letter_data(dispatch)
    return data["heading"], paper.letter_mail(data=data)


def _print(dispatch: Dispatch, content: bytes) -> None:
    """Put the file where the printer's software takes it, whole or not at all."""
    folder = configuration.load().home / "print"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / dispatch.file_key.replace("/", "-")
    draft = path.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(path)


@demands_transaction
def record_result(*, dispatch_id: int, message_id: int, sent: bool, why: str, at: datetime) -> None:
    """Write down how the mail of a dispatch ended. Safe to repeat; the result of an older mail is passed over."""
    dispatch = Dispatch.objects.select_for_update().filter(pk=dispatch_id).first()
    if dispatch is None or dispatch.status != DispatchStatus.SENDING or dispatch.message_id != message_id:
        return
    if sent:
        _deliver(dispatch, at)
    else:
        _fail(dispatch, why=why, at=at)


@demands_transaction
def count_failure(*, dispatch_id: int, why: str, at: datetime) -> None:
    """Write down that the document could not be made; it is tried again later, and given up at last."""
    dispatch = Dispatch.objects.select_for_update().get(pk=dispatch_id)
    if dispatch.status != DispatchStatus.PLANNED:
        return
    dispatch.attempts += 1
    dispatch.next_attempt_at = at + pause_after(dispatch.attempts)
    dispatch.why = why[:500]
    dispatch.save(update_fields=["attempts", "next_attempt_at", "why"])
    if dispatch.attempts >= ATTEMPTS_MAX:
        _fail(dispatch, why=why, at=at)


def _deliver(dispatch: Dispatch, at: datetime) -> None:
    dispatch.delivered_at = at
    dispatch.save(update_fields=["delivered_at"])
    move(dispatch, table=DISPATCH_MOVES, to=DispatchStatus.DELIVERED)
    if dispatch.bill_id is not None and dispatch.account_id is not None:
        announce(
            BillDelivered(
                at=at,
                customer_id=dispatch.customer_id,
                account_id=dispatch.account_id,
                bill_id=dispatch.bill_id,
                bill_number=bills.bill(dispatch.bill_id).number,
                channel=dispatch.channel,
                recipient=dispatch.recipient,
            )
        )


def _fail(dispatch: Dispatch, *, why: str, at: datetime) -> None:
    dispatch.failed_at, dispatch.why = at, (why or "no reason was given")[:500]
    dispatch.save(update_fields=["failed_at", "why"])
    move(dispatch, table=DISPATCH_MOVES, to=DispatchStatus.FAILED)
    _log.warning("undeliverable", dispatch=dispatch.pk, channel=dispatch.channel)
    if dispatch.bill_id is not None and dispatch.account_id is not None:
        announce(
            BillUndeliverable(
                at=at,
                customer_id=dispatch.customer_id,
                account_id=dispatch.account_id,
                bill_id=dispatch.bill_id,
                bill_number=bills.bill(dispatch.bill_id).number,
                channel=dispatch.channel,
                why=dispatch.why,
            )
        )
