"""The words, tones and icons of states: one place, so that a state looks the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from utenza.billing.queries import BillSummary


@dataclass(frozen=True, slots=True)
class Chip:
    """A state as it is shown: `tone` is good, warn, bad, info or calm."""

    word: str | Promise
    tone: str
    icon: str


CHIPS: dict[str, dict[str, Chip]] = {
    "customer": {
        "prospect": Chip(_("Prospect"), "info", "person"),
        "active": Chip(pgettext_lazy("customer", "Active"), "good", "check"),
        "ended": Chip(pgettext_lazy("customer", "Ended"), "calm", "stop"),
    },
    "account": {
        "active": Chip(pgettext_lazy("account", "Active"), "good", "check"),
        "closed": Chip(pgettext_lazy("account", "Closed"), "calm", "stop"),
    },
    "application": {
        "draft": Chip(pgettext_lazy("application", "Draft"), "calm", "edit"),
        "submitted": Chip(pgettext_lazy("application", "Submitted"), "info", "form"),
        "checking": Chip(_("Being checked"), "info", "overdue"),
        "review": Chip(_("To review"), "warn", "alert"),
        "accepted": Chip(pgettext_lazy("application", "Accepted"), "good", "check"),
        "refused": Chip(pgettext_lazy("application", "Refused"), "bad", "stop"),
        "withdrawn": Chip(pgettext_lazy("application", "Withdrawn"), "calm", "undo"),
        "ordered": Chip(pgettext_lazy("application", "Ordered"), "good", "cart"),
    },
    "order": {
        "placed": Chip(pgettext_lazy("order", "Placed"), "info", "cart"),
        "awaiting_deposit": Chip(pgettext_lazy("order", "Awaiting deposit"), "warn", "payment"),
        "in_progress": Chip(_("In progress"), "info", "run"),
        "completed": Chip(pgettext_lazy("order", "Completed"), "good", "check"),
        "cancelled": Chip(pgettext_lazy("order", "Cancelled"), "calm", "cross"),
        "fallout": Chip(_("Stuck"), "bad", "alert"),
    },
    "dispute": {
        "open": Chip(pgettext_lazy("dispute", "In dispute"), "warn", "alert"),
        "upheld": Chip(pgettext_lazy("dispute", "Upheld: credited"), "good", "check"),
        "rejected": Chip(pgettext_lazy("dispute", "Rejected: owed"), "calm", "cross"),
    },
    "agreement": {
        "pending": Chip(pgettext_lazy("agreement", "Waiting to start"), "info", "overdue"),
        "active": Chip(_("In force"), "good", "check"),
        "ended": Chip(pgettext_lazy("agreement", "Ended"), "calm", "stop"),
    },
    "line": {
        "none": Chip(_("Not in the network"), "calm", "stop"),
        "planned": Chip(pgettext_lazy("line", "Planned"), "info", "overdue"),
        "active": Chip(pgettext_lazy("line", "In service"), "good", "check"),
        "suspended": Chip(pgettext_lazy("line", "Suspended"), "warn", "pause"),
        "ceased": Chip(pgettext_lazy("line", "Ceased"), "calm", "stop"),
    },
    "bar": {
        "debt": Chip(_("Unpaid bills"), "bad", "payment"),
        "fraud": Chip(_("Suspected fraud"), "bad", "alert"),
        "lost": Chip(_("Lost phone"), "warn", "lock"),
        "customer": Chip(_("Customer's wish"), "calm", "person"),
        "spend_cap": Chip(_("Spend cap"), "warn", "usage"),
        "court": Chip(_("Court order"), "bad", "book"),
        "no_credit": Chip(_("No credit left"), "warn", "payment"),
    },
    "command": {
        "queued": Chip(pgettext_lazy("command", "Queued"), "info", "overdue"),
        "sending": Chip(pgettext_lazy("command", "Being sent"), "info", "run"),
        "sent": Chip(pgettext_lazy("command", "Waits for confirmation"), "info", "tool"),
        "superseded": Chip(_("Overtaken by a later one"), "calm", "right"),
        "confirmed": Chip(pgettext_lazy("command", "Confirmed"), "good", "check"),
        "failed": Chip(pgettext_lazy("command", "Failed, to be tried again"), "warn", "alert"),
        "parked": Chip(pgettext_lazy("command", "Needs a person"), "bad", "stop"),
    },
    "work_order": {
        "open": Chip(pgettext_lazy("work order", "To do"), "warn", "tool"),
        "done": Chip(pgettext_lazy("work order", "Done"), "good", "check"),
        "failed": Chip(pgettext_lazy("work order", "Failed"), "bad", "cross"),
    },
    "bill": {
        "draft": Chip(pgettext_lazy("bill", "Draft"), "calm", "edit"),
        "issued": Chip(pgettext_lazy("bill", "Issued"), "info", "bill"),
        "open": Chip(pgettext_lazy("bill", "To pay"), "info", "bill"),
        "part_paid": Chip(_("Partly paid"), "info", "payment"),
        "paid": Chip(pgettext_lazy("bill", "Paid"), "good", "check"),
        "overdue": Chip(pgettext_lazy("bill", "Overdue"), "bad", "overdue"),
        "credit": Chip(_("Credit note"), "calm", "undo"),
    },
    "bill_run": {
        "planned": Chip(pgettext_lazy("bill run", "Planned"), "calm", "overdue"),
        "issuing": Chip(pgettext_lazy("bill run", "Being issued"), "info", "run"),
        "calculating": Chip(pgettext_lazy("bill run", "Being calculated"), "info", "run"),
        "calculated": Chip(pgettext_lazy("bill run", "Calculated"), "info", "usage"),
        "checked": Chip(pgettext_lazy("bill run", "Checked"), "info", "check"),
        "approved": Chip(pgettext_lazy("bill run", "Approved"), "info", "audit"),
        "issued": Chip(pgettext_lazy("bill run", "Issued"), "good", "check"),
        "failed": Chip(pgettext_lazy("bill run", "Failed"), "bad", "alert"),
    },
    "payment": {
        "received": Chip(pgettext_lazy("payment", "Received"), "good", "check"),
        "allocated": Chip(pgettext_lazy("payment", "Allocated"), "good", "check"),
        "partly_allocated": Chip(_("Partly allocated"), "info", "payment"),
        "unallocated": Chip(_("On account"), "info", "payment"),
        "returned": Chip(pgettext_lazy("payment", "Returned"), "bad", "undo"),
        "refunded": Chip(pgettext_lazy("payment", "Refunded"), "calm", "undo"),
        "reversed": Chip(pgettext_lazy("payment", "Reversed"), "bad", "undo"),
    },
    "case": {
        "open": Chip(pgettext_lazy("overdue case", "Open"), "warn", "overdue"),
        "cleared": Chip(pgettext_lazy("overdue case", "Cleared"), "good", "check"),
    },
    "termination": {
        "requested": Chip(pgettext_lazy("termination", "Requested"), "info", "exit"),
        "ceasing": Chip(pgettext_lazy("termination", "Under way"), "warn", "run"),
        "completed": Chip(pgettext_lazy("termination", "Completed"), "calm", "stop"),
        "withdrawn": Chip(pgettext_lazy("termination", "Withdrawn"), "calm", "undo"),
    },
    "offer": {
        "draft": Chip(pgettext_lazy("offer", "Draft"), "calm", "edit"),
        "launched": Chip(_("On sale"), "good", "check"),
        "retired": Chip(pgettext_lazy("offer", "Retired"), "calm", "stop"),
    },
    "check": {
        "pass": Chip(pgettext_lazy("check", "Passed"), "good", "check"),
        "fail": Chip(pgettext_lazy("check", "Not passed"), "bad", "cross"),
        "review": Chip(pgettext_lazy("check", "To look at"), "warn", "alert"),
    },
    "fraud_review": {
        "open": Chip(pgettext_lazy("fraud review", "To review"), "warn", "alert"),
        "cleared": Chip(pgettext_lazy("fraud review", "Cleared"), "good", "check"),
        "confirmed": Chip(pgettext_lazy("fraud review", "Fraud confirmed"), "bad", "stop"),
    },
    "denial": {
        "fraud": Chip(_("Fraud"), "bad", "alert"),
        "identity": Chip(_("Stolen or false identity"), "bad", "person"),
        "debt": Chip(_("Unpaid debt"), "warn", "payment"),
        "court": Chip(_("Court order"), "bad", "book"),
    },
    "market": {
        "mobile": Chip(pgettext_lazy("market", "Mobile"), "calm", "phone"),
        "fixed": Chip(pgettext_lazy("market", "Fixed"), "calm", "line"),
        "prepaid": Chip(pgettext_lazy("market", "Prepaid"), "calm", "payment"),
        "postpaid": Chip(pgettext_lazy("market", "Postpaid"), "calm", "bill"),
    },
    "service": {
        "internet": Chip(_("Internet"), "calm", "network"),
        "voice": Chip(pgettext_lazy("service", "Voice"), "calm", "phone"),
        "mobile": Chip(pgettext_lazy("service", "Mobile"), "calm", "line"),
    },
    "bar_scope": {
        "all": Chip(_("everything"), "calm", "stop"),
        "outgoing": Chip(_("outgoing calls"), "calm", "phone"),
        "data": Chip(_("data"), "calm", "usage"),
        "roaming": Chip(_("roaming"), "calm", "location"),
        "premium": Chip(_("premium numbers"), "calm", "payment"),
    },
    "command_kind": {
        "activate": Chip(pgettext_lazy("command", "Activate"), "calm", "play"),
        "modify": Chip(pgettext_lazy("command", "Change the profile"), "calm", "edit"),
        "suspend": Chip(pgettext_lazy("command", "Suspend"), "calm", "pause"),
        "resume": Chip(pgettext_lazy("command", "Open again"), "calm", "play"),
        "cease": Chip(pgettext_lazy("command", "Cease"), "calm", "stop"),
    },
    "leaving": {
        "moving": Chip(_("Moving house"), "calm", "location"),
        "dissatisfied": Chip(_("Dissatisfied with the service"), "calm", "care"),
        "price": Chip(_("Price"), "calm", "payment"),
        "competitor": Chip(_("Goes to another operator"), "calm", "exit"),
        "cooling_off": Chip(_("Withdraws within 14 days"), "calm", "undo"),
        "deceased": Chip(_("Deceased"), "calm", "person"),
        "debt": Chip(_("Unpaid bills"), "calm", "payment"),
        "fraud": Chip(_("Fraud"), "calm", "alert"),
        "other": Chip(_("Other"), "calm", "more"),
    },
    "channel": {
        "desk": Chip(pgettext_lazy("channel", "Desk"), "calm", "person"),
        "phone": Chip(pgettext_lazy("channel", "Phone"), "calm", "phone"),
        "web": Chip(pgettext_lazy("channel", "Web"), "calm", "language"),
        "shop": Chip(pgettext_lazy("channel", "Shop"), "calm", "home"),
        "agent": Chip(pgettext_lazy("channel", "Agent"), "calm", "users"),
    },
    "method": {
        "transfer": Chip(_("Bank transfer"), "calm", "payment"),
        "direct_debit": Chip(_("Direct debit"), "calm", "payment"),
        "card": Chip(pgettext_lazy("payment", "Card"), "calm", "payment"),
        "cash": Chip(pgettext_lazy("payment", "Cash"), "calm", "payment"),
    },
    "bill_kind": {
        "regular": Chip(_("Bill"), "calm", "bill"),
        "final": Chip(_("Final bill"), "calm", "bill"),
        "credit_note": Chip(_("Credit note"), "calm", "undo"),
    },
    "run_account": {
        "planned": Chip(pgettext_lazy("bill run", "Waiting"), "calm", "overdue"),
        "calculated": Chip(_("Draft ready"), "info", "bill"),
        "nothing": Chip(_("Nothing to bill"), "calm", "stop"),
        "held": Chip(pgettext_lazy("bill run", "Held"), "warn", "pause"),
        "issued": Chip(pgettext_lazy("bill run", "Issued"), "good", "check"),
    },
    "remark": {
        "higher": Chip(_("Higher than the last"), "warn", "up"),
        "lower": Chip(_("Lower than the last"), "warn", "down"),
        "first": Chip(_("The first bill"), "info", "bill"),
        "negative": Chip(_("In the customer's favour"), "warn", "undo"),
        "zero": Chip(_("Comes to nothing"), "warn", "alert"),
    },
    "dunning": {
        "reminder_1": Chip(_("First reminder"), "warn", "mail"),
        "reminder_2": Chip(_("Notice of suspension"), "warn", "mail"),
        "suspend_first": Chip(_("One line suspended"), "bad", "pause"),
        "suspend_all": Chip(_("All lines suspended"), "bad", "pause"),
    },
    "usage": {
        "voice": Chip(_("Calls"), "calm", "phone"),
        "data": Chip(_("Data"), "calm", "usage"),
        "sms": Chip(_("Messages"), "calm", "mail"),
    },
    "rated": {
        "priced": Chip(pgettext_lazy("usage", "Priced"), "good", "check"),
        "charged": Chip(pgettext_lazy("usage", "Charged at once"), "good", "payment"),
        "no_tariff": Chip(_("No tariff that day"), "bad", "alert"),
        "no_rate": Chip(_("The tariff has no price for it"), "bad", "alert"),
        "reversal_unknown": Chip(_("Takes back what is not there"), "warn", "alert"),
        "out_of_bounds": Chip(_("Impossible quantity"), "warn", "alert"),
    },
    "quarantine": {
        "unknown_subscriber": Chip(_("Nobody had it then"), "warn", "person"),
        "bad_time": Chip(_("Time unreadable"), "warn", "overdue"),
        "bad_quantity": Chip(_("Impossible quantity"), "warn", "alert"),
        "bad_kind": Chip(_("Kind unknown"), "warn", "usage"),
        "no_record_id": Chip(_("Without identity"), "warn", "tag"),
    },
    "source": {
        "file": Chip(_("Folder of files"), "calm", "note"),
        "radius": Chip(_("FreeRADIUS accounting"), "calm", "network"),
        "push": Chip(_("Charging"), "calm", "payment"),
    },
    "dispatch": {
        "planned": Chip(pgettext_lazy("sending", "Waiting"), "calm", "overdue"),
        "sending": Chip(pgettext_lazy("sending", "Being sent"), "info", "run"),
        "delivered": Chip(pgettext_lazy("sending", "Delivered"), "good", "check"),
        "failed": Chip(_("Could not be delivered"), "bad", "alert"),
    },
    "sent_by": {
        "email": Chip(_("E-mail"), "calm", "mail"),
        "portal": Chip(_("Portal"), "calm", "home"),
        "paper": Chip(_("Paper"), "calm", "note"),
    },
    "letter": {
        "reminder_1": Chip(_("First reminder"), "calm", "mail"),
        "reminder_2": Chip(_("Notice of suspension"), "calm", "mail"),
        "suspended": Chip(_("Notice of suspension"), "calm", "mail"),
        "services_restored": Chip(_("Services work again"), "calm", "mail"),
        "welcome": Chip(_("Welcome letter"), "calm", "mail"),
        "payment_receipt": Chip(_("Receipt of payment"), "calm", "mail"),
        "termination_confirmed": Chip(_("End of the contract"), "calm", "mail"),
        "notice": Chip(_("Notice"), "calm", "mail"),
    },
    "role": {
        "csr": Chip(_("Customer service"), "calm", "care"),
        "sales": Chip(_("Sales"), "calm", "cart"),
        "credit_analyst": Chip(_("Credit analyst"), "calm", "form"),
        "product": Chip(_("Product manager"), "calm", "tag"),
        "network": Chip(_("Network engineer"), "calm", "network"),
        "billing": Chip(_("Billing"), "calm", "bill"),
        "collections": Chip(_("Collections"), "calm", "overdue"),
        "finance": Chip(_("Finance"), "calm", "book"),
        "auditor": Chip(_("Auditor"), "calm", "audit"),
        "administrator": Chip(_("Administrator"), "calm", "key"),
    },
}


def bill_state(bill: BillSummary, today: date) -> str:
    """Return which state of a bill a person wants to know: paid, partly paid, to pay or overdue."""
    if bill.status == "draft":
        return "draft"
    if bill.total_micro < 0 or bill.kind == "credit_note":
        return "credit"
    if bill.open_micro <= 0:
        return "paid"
    if bill.due_date < today:
        return "overdue"
    return "part_paid" if bill.open_micro < bill.total_micro else "open"


def chip_of(kind: str, state: object) -> Chip:
    """Return how `state` of a `kind` of thing is shown; an unknown state shows its own word."""
    value = str(getattr(state, "value", state))
    found = CHIPS.get(kind, {}).get(value)
    return found or Chip(value.replace("_", " ").capitalize(), "calm", "info")
