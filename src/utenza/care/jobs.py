"""What care hears: everything that happens with a customer goes on the customer's time line."""

from __future__ import annotations

import hashlib
import json

from utenza.care import operations
from utenza.care.states import EntryKind
from utenza.core.events import Event
from utenza.core.events.application import (
    ApplicationAccepted,
    ApplicationReferred,
    ApplicationRefused,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from utenza.core.events.billing import BillIssued
from utenza.core.events.care import DisputeOpened, DisputeRejected, DisputeUpheld
from utenza.core.events.charging import BalanceExhausted, BalanceRecharged, RechargeTakenBack
from utenza.core.events.delivery import BillDelivered, BillUndeliverable
from utenza.core.events.ordering import (
    AgreementChanged,
    AgreementEnded,
    AgreementStarted,
    DepositConfirmed,
    OrderCancelled,
    OrderCompleted,
    OrderPlaced,
)
from utenza.core.events.overdue import DebtCleared, ReminderSent, ServicesWithdrawn
from utenza.core.events.parties import (
    AccountClosed,
    AccountOpened,
    BlockLifted,
    BlockPlaced,
    BranchAdded,
    ConsentGiven,
    ConsentWithdrawn,
    CreditClassAssigned,
    CustomerAdmitted,
    CustomerEnded,
)
from utenza.core.events.payments import (
    CreditAllocated,
    DepositReleased,
    DepositTaken,
    PaymentReceived,
    PaymentReturned,
    RefundOwed,
    RefundPaid,
)
from utenza.core.events.provisioning import (
    CommandFailed,
    ServiceActivated,
    ServiceCeased,
    ServiceResumed,
    ServiceSuspended,
    WorkOrderOpened,
)
from utenza.core.events.termination import TerminationCompleted, TerminationRequested
from utenza.infra.outbox import hears

# What each event is on the time line, and which of its fields names the thing it speaks of.
HEARD: dict[type[Event], tuple[EntryKind, str, str]] = {
    CustomerAdmitted: (EntryKind.CUSTOMER, "customer", "customer_id"),
    CustomerEnded: (EntryKind.CUSTOMER, "customer", "customer_id"),
    BranchAdded: (EntryKind.CUSTOMER, "customer", "customer_id"),
    AccountOpened: (EntryKind.CUSTOMER, "account", "account_id"),
    AccountClosed: (EntryKind.CUSTOMER, "account", "account_id"),
    CreditClassAssigned: (EntryKind.CUSTOMER, "customer", "customer_id"),
    ConsentGiven: (EntryKind.CUSTOMER, "customer", "customer_id"),
    ConsentWithdrawn: (EntryKind.CUSTOMER, "customer", "customer_id"),
    BlockPlaced: (EntryKind.CUSTOMER, "customer", "customer_id"),
    BlockLifted: (EntryKind.CUSTOMER, "customer", "customer_id"),
    ApplicationSubmitted: (EntryKind.APPLICATION, "application", "application_id"),
    ApplicationReferred: (EntryKind.APPLICATION, "application", "application_id"),
    ApplicationAccepted: (EntryKind.APPLICATION, "application", "application_id"),
    ApplicationRefused: (EntryKind.APPLICATION, "application", "application_id"),
    ApplicationWithdrawn: (EntryKind.APPLICATION, "application", "application_id"),
    OrderPlaced: (EntryKind.ORDER, "order", "order_id"),
    DepositConfirmed: (EntryKind.ORDER, "order", "order_id"),
    OrderCompleted: (EntryKind.ORDER, "order", "order_id"),
    OrderCancelled: (EntryKind.ORDER, "order", "order_id"),
    AgreementStarted: (EntryKind.ORDER, "line", "line_id"),
    AgreementChanged: (EntryKind.ORDER, "line", "line_id"),
    AgreementEnded: (EntryKind.ORDER, "line", "line_id"),
    ServiceActivated: (EntryKind.SERVICE, "line", "line_id"),
    ServiceSuspended: (EntryKind.SERVICE, "line", "line_id"),
    ServiceResumed: (EntryKind.SERVICE, "line", "line_id"),
    ServiceCeased: (EntryKind.SERVICE, "line", "line_id"),
    CommandFailed: (EntryKind.SERVICE, "line", "line_id"),
    WorkOrderOpened: (EntryKind.SERVICE, "line", "line_id"),
    BalanceRecharged: (EntryKind.RECHARGE, "line", "line_id"),
    RechargeTakenBack: (EntryKind.RECHARGE, "line", "line_id"),
    BalanceExhausted: (EntryKind.RECHARGE, "line", "line_id"),
    BillIssued: (EntryKind.BILL, "bill", "bill_id"),
    BillDelivered: (EntryKind.EMAIL, "bill", "bill_id"),
    BillUndeliverable: (EntryKind.EMAIL, "bill", "bill_id"),
    PaymentReceived: (EntryKind.PAYMENT, "payment", "payment_id"),
    PaymentReturned: (EntryKind.PAYMENT, "payment", "payment_id"),
    CreditAllocated: (EntryKind.PAYMENT, "bill", "bill_id"),
    DepositTaken: (EntryKind.PAYMENT, "order", "order_id"),
    DepositReleased: (EntryKind.PAYMENT, "order", "order_id"),
    RefundOwed: (EntryKind.PAYMENT, "refund", "refund_id"),
    RefundPaid: (EntryKind.PAYMENT, "refund", "refund_id"),
    ReminderSent: (EntryKind.REMINDER, "case", "case_id"),
    ServicesWithdrawn: (EntryKind.REMINDER, "case", "case_id"),
    DebtCleared: (EntryKind.REMINDER, "case", "case_id"),
    DisputeOpened: (EntryKind.BILL, "bill", "bill_id"),
    DisputeUpheld: (EntryKind.BILL, "bill", "bill_id"),
    DisputeRejected: (EntryKind.BILL, "bill", "bill_id"),
    TerminationRequested: (EntryKind.TERMINATION, "termination", "termination_id"),
    TerminationCompleted: (EntryKind.TERMINATION, "termination", "termination_id"),
}


@hears(*HEARD)
def write_on_timeline(event: Event) -> None:
    """Write the event on its customer's time line; an applicant who is no customer yet has none."""
    customer_id: int | None = getattr(event, "customer_id", None)
    if customer_id is None:
        return
    kind, about_kind, about_field = HEARD[type(event)]
    payload = event.to_payload()
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:32]
    hidden = {"at", "customer_id", "account_id"}
    operations.record_fact(
        customer_id=customer_id,
        kind=kind,
        fact=event.name,
        data={name: value for name, value in payload.items() if name not in hidden},
        about_kind=about_kind,
        about_key=str(payload[about_field]),
        key=f"{event.name}:{digest}",
        at=event.at,
    )
