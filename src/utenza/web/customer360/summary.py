"""What the head of a customer's page says: who, what is owed, and what needs doing now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from utenza.billing import queries as billing
from utenza.core.money import Money
from utenza.core.period import billing_period_containing
from utenza.infra.operator import profile
from utenza.infra.permissions import Permission, may
from utenza.ordering import queries as orders
from utenza.parties import queries as parties
from utenza.parties.queries import AccountView, BlockView, CustomerView
from utenza.payments import queries as payments
from utenza.provisioning import queries as provisioning
from utenza.provisioning.queries import LineView
from utenza.web import chips, formats
from utenza.web.addresses import address


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that each tab of a customer's page shows above itself."""

    customer: CustomerView
    accounts: list[AccountView]
    payer: AccountView | None
    open_bills: list[billing.BillSummary]
    blocks: list[BlockView]
    lines: list[LineView]
    today: date

    @property
    def owed(self) -> Money:
        currency = self.payer.currency if self.payer else profile().currency
        return sum((Money(bill.open_micro, bill.currency) for bill in self.open_bills), Money.zero(currency))

    @property
    def overdue(self) -> list[billing.BillSummary]:
        return [bill for bill in self.open_bills if bill.due_date < self.today]


def summary(customer_id: int, *, today: date) -> Summary:
    """Read what the head of the page shows."""
    customer = parties.customer(customer_id)
    known = parties.accounts_of_customers({customer_id, customer.paid_by_id})
    accounts = [one for one in known if one.customer_id == customer_id]
    return Summary(
        customer=customer,
        accounts=accounts,
        payer=next(iter(accounts or [one for one in known if one.status == "active"]), None),
        open_bills=billing.open_bills_of([one.account_id for one in accounts]),
        blocks=parties.blocks_on_path(path=customer.path, paid_by_id=customer.paid_by_id),
        lines=provisioning.lines_of(customer_id),
        today=today,
    )


def figures(found: Summary) -> list[dict[str, Any]]:
    """Return the sums of the head: what is owed, and when the next bill comes."""
    late = found.overdue
    bills = address("customer_bills", found.customer.customer_id)
    note = gettext("nothing to pay")
    if late:
        note = gettext("overdue since %(day)s") % {"day": formats.day(late[0].due_date)}
    elif found.open_bills:
        note = gettext("due %(when)s") % {"when": formats.relative_day(found.open_bills[0].due_date)}
    rows = [
        {
            "label": gettext("To pay"),
            "value": formats.money(found.owed, credit=True),
            "note": note,
            "tone": "bad" if late else "",
            "address": bills,
        }
    ]
    account = found.accounts[0] if found.accounts else None
    if account and account.status == "active":
        period = billing_period_containing(day=found.today, anchor_day=account.bill_day, months=account.cycle_months)
        rows.append(
            {
                "label": gettext("Next bill"),
                "value": formats.day(period.end),
                "note": formats.relative_day(period.end),
                "tone": "",
                "address": "",
            }
        )
    return rows


def marks(found: Summary) -> list[dict[str, str]]:
    """Return the chips after the name: markets, credit class, blocks."""
    rows: list[dict[str, str]] = []
    markets = {(line.market, line.payment) for line in found.lines if line.status != "ceased"}
    for market, payment in sorted(markets):
        words = f"{chips.chip_of('market', market).word} · {chips.chip_of('market', payment).word}"
        rows.append({"word": words, "tone": "calm", "icon": chips.chip_of("market", market).icon})
    if found.customer.credit_class:
        tone = {"A": "good", "B": "good", "C": "info", "D": "warn", "E": "bad"}.get(found.customer.credit_class, "calm")
        word = gettext("Credit class %(letter)s") % {"letter": found.customer.credit_class}
        rows.append({"word": word, "tone": tone, "icon": "form"})
    if found.blocks:
        rows.append({"word": gettext("No new orders"), "tone": "bad", "icon": "stop"})
    return rows


def doing(found: Summary, user: Any) -> list[dict[str, Any]]:
    """Return what needs doing now, the gravest first, each with the page that does it."""
    rows: list[dict[str, Any]] = []
    if found.overdue and may(user, Permission.BILL_VIEW):
        rows.append(_late(found, user))
    for line in found.lines:
        rows.extend(_line(line))
    rows.extend(_deposits(found, user))
    for block in found.blocks:
        if block.reason != "debt" or not found.overdue:
            text = block.note or gettext("since %(day)s") % {"day": formats.day(block.placed_at)}
            title = gettext("New orders are refused: %(reason)s") % {"reason": chips.chip_of("bar", block.reason).word}
            rows.append({"tone": "warn", "icon": "stop", "title": title, "text": text, "address": "", "action": ""})
    if not found.accounts and found.payer is None:
        title = gettext("No billing account")
        text = gettext("Nothing can be billed until one is opened with the first application.")
        rows.append({"tone": "info", "icon": "info", "title": title, "text": text, "address": "", "action": ""})
    return rows


def _late(found: Summary, user: Any) -> dict[str, Any]:
    late = found.overdue
    total = sum((Money(bill.open_micro, bill.currency) for bill in late), Money.zero(found.owed.currency))
    days = (found.today - late[0].due_date).days
    title = ngettext("A bill is overdue", "%(n)s bills are overdue", len(late)) % {"n": len(late)}
    text = ngettext("%(sum)s, for %(days)s day", "%(sum)s, for %(days)s days", days)
    pays = may(user, Permission.PAYMENT_TAKE)
    return {
        "tone": "bad",
        "icon": "overdue",
        "title": title,
        "text": text % {"sum": formats.money_text(total), "days": days},
        "address": address("payment_take", late[0].account_id) if pays else address("bill", late[0].bill_id),
        "action": gettext("Take payment") if pays else gettext("Open the bill"),
    }


def _deposits(found: Summary, user: Any) -> list[dict[str, Any]]:
    """Return the orders that wait for a deposit; their lines are planned, so that most customers cost no query."""
    if all(line.status != "planned" for line in found.lines):
        return []
    waiting = orders.orders(customer_id=found.customer.customer_id, statuses=["awaiting_deposit"])
    takes = may(user, Permission.PAYMENT_TAKE)
    return [
        {
            "tone": "warn",
            "icon": "payment",
            "title": gettext("Order %(number)s waits for its deposit") % {"number": order.number},
            "text": gettext("%(sum)s is missing")
            % {"sum": formats.money_text_of(payments.deposit_missing_micro(order.order_id), found.owed.currency)},
            "address": address("deposit_take" if takes else "order", order.order_id),
            "action": gettext("Take deposit") if takes else gettext("Open the order"),
        }
        for order in waiting
    ]


def _line(line: LineView) -> list[dict[str, Any]]:
    name = ", ".join(line.identifiers) or line.number
    page = {"address": address("line", line.line_id), "action": gettext("Open the line")}
    if line.bars:
        reasons = ", ".join(str(chips.chip_of("bar", reason).word) for reason in sorted(line.bar_reasons))
        title = gettext("%(line)s is barred: %(reasons)s") % {"line": name, "reasons": reasons}
        since = min(bar.placed_at for bar in line.bars)
        text = gettext("since %(day)s") % {"day": formats.day(since)}
        return [{"tone": "warn", "icon": "pause", "title": title, "text": text, **page}]
    if not line.settled and line.status != "ceased":
        title = gettext("%(line)s waits for the network") % {"line": name}
        return [{"tone": "info", "icon": "network", "title": title, "text": "", **page}]
    return []
