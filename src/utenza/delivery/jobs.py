"""What delivery hears, and what it drains."""

from __future__ import annotations

from datetime import datetime

from django.db.utils import InterfaceError, OperationalError

from utenza.core.events.billing import BillIssued
from utenza.delivery import operations
from utenza.delivery.models import Dispatch
from utenza.delivery.states import DispatchStatus
from utenza.infra.logs import get_logger
from utenza.infra.messages import MessageResult, on_result
from utenza.infra.outbox import hears
from utenza.infra.transactions import transaction
from utenza.infra.work import register_drain

CHUNK = 20

log = get_logger(__name__)


@hears(BillIssued)
def send_bill(event: BillIssued) -> None:
    """Owe the customer the bill that was just issued."""
    operations.plan_bill(bill_id=event.bill_id, at=event.at)


def drain_documents(*, at: datetime) -> int:
    """Make and hand over the next documents; return how many were tried.

    Typesetting happens between transactions. Two workers may make the same document; the second finds it handed over.
    """
    waiting = Dispatch.objects.filter(status=DispatchStatus.PLANNED, next_attempt_at__lte=at).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:CHUNK])
    for dispatch_id in ids:
        _dispatch(dispatch_id, at)
    return len(ids)


def _dispatch(dispatch_id: int, at: datetime) -> None:
    try:
        file_key, content = operations.make_document(dispatch_id)
        with transaction():
            operations.hand_over(dispatch_id=dispatch_id, file_key=file_key, content=content, at=at)
    except (OperationalError, InterfaceError):
        raise  # the database went away: nothing can be written down now
    except Exception as error:
        log.exception("document_failed", dispatch=dispatch_id)
        with transaction():
            operations.count_failure(dispatch_id=dispatch_id, why=f"{type(error).__name__}: {error}", at=at)


def keep_result(result: MessageResult) -> None:
    """Write down the proof, or why there is none."""
    operations.record_result(
        dispatch_id=int(result.about.partition(":")[2]),
        message_id=result.message_id,
        sent=result.status == "sent",
        why=result.reason,
        at=result.at,
    )


register_drain("delivery", drain_documents)
on_result("dispatch:", keep_result)
