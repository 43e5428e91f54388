"""What billing does by the clock, and what it drains."""

from __future__ import annotations

from datetime import datetime, timedelta

from utenza.billing import operations
from utenza.billing.models import Bill, BillRun
from utenza.billing.states import RunStatus
from utenza.infra.logs import get_logger
from utenza.infra.operator import local_date, setting
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction
from utenza.infra.work import register_drain
from utenza.rating import operations as rating

# The usage store keeps the log of a version for 400 days, and a version is never older than its bill's period.
PINS_KEPT = timedelta(days=390)
log = get_logger(__name__)


@timed(every="day", at="05:00")
def plan_the_run_of_the_day(*, at: datetime) -> None:
    """Plan and calculate the bills of the periods that end today; people check, approve and issue them.

    An operator who wants to do this by hand sets `billing.plan_automatically` to false.
    """
    if not setting("billing.plan_automatically", True):
        return
    with transaction():
        try:
            run_id = operations.plan_run(cycle_date=local_date(at), at=at)
        except operations.NothingToPlan:
            return
        if BillRun.objects.filter(pk=run_id, status=RunStatus.PLANNED).exists():
            operations.start_calculation(run_id=run_id, at=at)
    log.info("bill_run_planned", run=run_id)


@timed(every="day", at="03:50", catch_up=False)
def forget_usage_that_no_bill_pins(*, at: datetime) -> None:
    """Have rating delete what it rated anew since, but for the versions that bills of the last year were made from."""
    since = local_date(at) - PINS_KEPT
    pins = Bill.objects.filter(period_end__gte=since).values_list("usage_pin__version", flat=True).distinct()
    rating.forget_versions(keep=[int(version) for version in pins if version is not None])


def drain_runs(*, at: datetime) -> int:
    """Do the next chunk of each run that is being calculated or issued; return how many accounts were done."""
    done = 0
    runs = BillRun.objects.filter(status__in=[RunStatus.CALCULATING, RunStatus.ISSUING]).order_by("pk")
    for run_id, status in list(runs.values_list("pk", "status")):
        with transaction():
            if status == RunStatus.CALCULATING:
                done += operations.calculate_chunk(run_id=run_id, at=at)
            else:
                done += operations.issue_chunk(run_id=run_id, at=at)
    return done


register_drain("bill-run", drain_runs)
