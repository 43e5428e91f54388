"""Public reads of delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.billing import queries as bills
from utenza.core.errors import N_, Refusal
from utenza.delivery import paper
from utenza.delivery.models import Dispatch
from utenza.delivery.operations import line_names
from utenza.delivery.states import DispatchStatus
from utenza.infra import documents, files
from utenza.infra.operator import profile


class UnknownDispatch(Refusal):
    code = "unknown_dispatch"
    text = N_("There is no document %(dispatch)s: look it up on the customer's page.")


class NoDocument(Refusal):
    code = "no_document"
    text = N_("The PDF is not made yet: try again in a moment.")
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """One bill or letter on its way. `title` is the bill's number or the letter's template."""

    dispatch_id: int
    kind: str
    title: str
    customer_id: int
    account_id: int | None
    bill_id: int | None
    channel: str
    recipient: str
    status: str
    why: str
    file_key: str
    planned_at: datetime
    ready_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None


def dispatch(dispatch_id: int) -> DispatchView:
    """Return one bill or letter on its way.

    :raises UnknownDispatch: if there is none with this id.
    """
    row = Dispatch.objects.select_related("bill").filter(pk=dispatch_id).first()
    if row is None:
        raise UnknownDispatch(dispatch=dispatch_id)
    return _view(row)


def dispatches_of_bill(bill_id: int) -> list[DispatchView]:
    """Return the sendings of a bill, newest first."""
    return [_view(row) for row in Dispatch.objects.filter(bill_id=bill_id).select_related("bill").order_by("-pk")]


def dispatches_of_customer(customer_id: int, *, limit: int = 100) -> list[DispatchView]:
    """Return the bills and letters sent to a customer's node, newest first."""
    rows = Dispatch.objects.filter(customer_id=customer_id).select_related("bill").order_by("-planned_at", "-pk")
    return [_view(row) for row in rows[:limit]]


def undeliverable(*, limit: int = 200) -> list[DispatchView]:
    """Return what could not be delivered and waits for a person, oldest first."""
    rows = Dispatch.objects.filter(status=DispatchStatus.FAILED).select_related("bill").order_by("failed_at", "pk")
    return [_view(row) for row in rows[:limit]]


def bill_pdf(bill_id: int) -> tuple[str, bytes]:
    """Return (file name, bytes) of a bill's PDF: the one that was sent, or a preview of a draft."""
    row = Dispatch.objects.filter(bill_id=bill_id).exclude(file_key="").order_by("pk").first()
    bill = bills.bill(bill_id)
    if row is not None:
        return f"{bill.number}.pdf", files.read(row.file_key)
    data = paper.bill_data(bill=bill, operator=profile(), line_names=line_names(bill))
    content = documents.render(template="bill", data=data, language=bill.language, at=bill.issued_at)
    return f"{bill.number or 'draft'}.pdf", content


def letter_pdf(dispatch_id: int) -> tuple[str, bytes]:
    """Return (file name, bytes) of a letter that was sent.

    :raises UnknownDispatch: if there is none with this id.
    :raises NoDocument: if it is not made yet.
    """
    row = dispatch(dispatch_id)
    if not row.file_key:
        raise NoDocument()
    return row.file_key.rsplit("/", 1)[-1], files.read(row.file_key)


def _view(row: Dispatch) -> DispatchView:
    return DispatchView(
        dispatch_id=row.pk,
        kind=row.kind,
        title=(row.bill.number or "") if row.bill else row.template,
        customer_id=row.customer_id,
        account_id=row.account_id,
        bill_id=row.bill_id,
        channel=row.channel,
        recipient=row.recipient,
        status=row.status,
        why=row.why,
        file_key=row.file_key,
        planned_at=row.planned_at,
        ready_at=row.ready_at,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
    )
