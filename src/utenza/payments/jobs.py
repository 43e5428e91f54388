"""What payments hears."""

from __future__ import annotations

from utenza.core.events.billing import BillIssued
from utenza.infra.outbox import hears
from utenza.payments import operations


@hears(BillIssued)
def use_credit_on_bill(event: BillIssued) -> None:
    """Use up what earlier payments left over as soon as a bill is owed."""
    operations.use_credit(account_id=event.account_id, at=event.at)
