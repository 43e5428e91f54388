"""What payments hears."""

from __future__ import annotations

from utenza.core.events.billing import BillIssued
from utenza.core.events.ordering import OrderCancelled
from utenza.infra.outbox import hears
from utenza.ordering import queries as orders
from utenza.payments import operations
from utenza.payments.states import RefundReason


@hears(BillIssued)
def use_credit_on_bill(event: BillIssued) -> None:
    """Use up what earlier payments left over as soon as a bill is owed; after a final bill, owe back what remains."""
    operations.use_credit(account_id=event.account_id, at=event.at)
    if event.kind == "final" and not orders.account_is_needed(event.account_id):
        operations.owe_refund(
            account_id=event.account_id,
            amount=None,
            reason=RefundReason.ACCOUNT_ENDED,
            idempotency_key=f"final:{event.bill_id}",
            at=event.at,
        )


@hears(OrderCancelled)
def give_deposit_back(event: OrderCancelled) -> None:
    """Give back what was held for an order that came to nothing."""
    operations.release_deposit(order_id=event.order_id, at=event.at)
