"""Public writes of billing."""

from utenza.billing.operations.credit import CreditLine, issue_credit_note
from utenza.billing.operations.final import issue_final_bill
from utenza.billing.operations.holds import lift_hold, place_hold
from utenza.billing.operations.issuing import settle_bill
from utenza.billing.operations.runs import (
    Progress,
    approve,
    calculate,
    calculate_chunk,
    check_run,
    issue,
    issue_chunk,
    plan_run,
    start_calculation,
    start_issuing,
)
from utenza.billing.refusals import (
    AnotherPersonApproves,
    BillNothingToCredit,
    BillNotIssued,
    BillOversettled,
    CannotBeBilled,
    CycleInTheFuture,
    HoldNotPositive,
    HoldTooLarge,
    LineNotOnBill,
    NothingToPlan,
    RunNotReady,
)

__all__ = [
    "AnotherPersonApproves",
    "BillNotIssued",
    "BillNothingToCredit",
    "BillOversettled",
    "CannotBeBilled",
    "CreditLine",
    "CycleInTheFuture",
    "HoldNotPositive",
    "HoldTooLarge",
    "LineNotOnBill",
    "NothingToPlan",
    "Progress",
    "RunNotReady",
    "approve",
    "calculate",
    "calculate_chunk",
    "check_run",
    "issue",
    "issue_chunk",
    "issue_credit_note",
    "issue_final_bill",
    "lift_hold",
    "place_hold",
    "plan_run",
    "settle_bill",
    "start_calculation",
    "start_issuing",
]
