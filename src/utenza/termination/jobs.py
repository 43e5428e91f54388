"""What termination does by the clock, and what it hears."""

from __future__ import annotations

from datetime import datetime

from utenza.core.events.provisioning import ServiceCeased
from utenza.infra.operator import local_date
from utenza.infra.outbox import hears
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction
from utenza.parties import queries as parties
from utenza.parties.rules import path_ids
from utenza.termination import operations, queries


@timed(every="day", at="00:30")
def begin_due_terminations(*, at: datetime) -> None:
    """End what ends today, and complete what the network has let go; one transaction for each."""
    for termination_id in queries.due_terminations(local_date(at)):
        with transaction():
            operations.begin_termination(termination_id=termination_id, at=at)
    for termination_id in queries.ceasing_terminations():
        with transaction():
            operations.complete_termination(termination_id=termination_id, at=at)


@hears(ServiceCeased)
def complete_when_gone(event: ServiceCeased) -> None:
    """Issue the final bill as soon as the last service of the customer, or of a node below, is gone."""
    nodes = path_ids(parties.customer(event.customer_id).path)
    for termination_id in queries.ceasing_terminations(nodes):
        operations.complete_termination(termination_id=termination_id, at=event.at)
