"""What rating hears, and the drain that rates what waits."""

from __future__ import annotations

from utenza.core.events.ordering import AgreementChanged, AgreementEnded, AgreementStarted
from utenza.core.events.usage import UsageLanded
from utenza.infra.outbox import hears
from utenza.infra.work import register_drain
from utenza.rating import operations


@hears(UsageLanded)
def call_for_rating(event: UsageLanded) -> None:
    """Have the partitions rated that have new usage."""
    places = [place.partition("/") for place in event.partitions.split()]
    operations.call_for([(month, int(bucket)) for month, _, bucket in places])


@hears(AgreementStarted, AgreementChanged, AgreementEnded)
def rate_again(event: AgreementStarted | AgreementChanged | AgreementEnded) -> None:
    """Rate again what came in before the agreement was known to change."""
    if isinstance(event, AgreementStarted):
        day = event.start_date
    else:
        day = event.from_date if isinstance(event, AgreementChanged) else event.end_date
    operations.call_for_line(line_id=event.line_id, from_date=day)


register_drain("rating.rate_next", operations.rate_next)
