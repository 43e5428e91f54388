"""What application does in the background: it asks providers, and knows customers again under another spelling."""

from __future__ import annotations

from datetime import datetime

from utenza.application.operations import decide, deny_customer
from utenza.application.operations.asking import ask_due
from utenza.application.operations.describing import describe_customer
from utenza.core.events.parties import CustomerChanged
from utenza.core.events.termination import TerminationCompleted
from utenza.infra.outbox import hears
from utenza.infra.work import register_drain

# What of a customer's changes is of the person: admitted into the books, or known under other facts since.
_OF_THE_PERSON = ("admitted", "party")


def ask_providers(*, at: datetime) -> int:
    """Ask a chunk of what is due, and return how many tries were made."""
    return ask_due(at=at, then=decide)


register_drain("identity_providers", ask_providers)


@hears(CustomerChanged)
def keep_customers_known(event: CustomerChanged) -> None:
    """Have a customer found by who applies under nearly the same name."""
    if event.what in _OF_THE_PERSON:
        describe_customer(customer_id=event.customer_id, at=event.at, changed=event.what == "party")


@hears(TerminationCompleted)
def deny_who_was_ended_for_fraud(event: TerminationCompleted) -> None:
    """Put a customer whose contract ended for fraud on the denied list."""
    if event.reason == "fraud":
        deny_customer(customer_id=event.customer_id, reason="fraud", by="termination", at=event.at)
