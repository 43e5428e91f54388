"""The books: the trial balance at any instant."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.operator import local_midnight
from utenza.infra.permissions import Permission
from utenza.ledger import queries
from utenza.web import acting
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.refusals import sentence
from utenza.web.render import render

NAMES = {
    "receivable": _("Receivables"),
    "prepaid_liability": _("Prepaid balances"),
    "deposit_liability": _("Deposits"),
    "refund_liability": _("Refunds owed"),
    "revenue.recurring": _("Revenue: recurring charges"),
    "revenue.usage": _("Revenue: usage"),
    "revenue.one_off": _("Revenue: one-off charges"),
    "revenue.discount": _("Revenue: discounts"),
    "revenue.adjustment": _("Revenue: adjustments"),
    "revenue.prepaid": _("Revenue: prepaid"),
    "tax.vat": _("VAT"),
    "cash.bank": _("Cash: bank"),
    "cash.card": _("Cash: card"),
    "cash.cash": _("Cash: till"),
    "cash.transfer": _("Cash: bank transfers"),
    "cash.direct_debit": _("Cash: direct debit"),
    "write_off": _("Written off"),
}


@require_GET
@requires(Permission.LEDGER_VIEW)
def trial_balance(request: HttpRequest) -> HttpResponse:
    """Show debits and credits by account at the end of a day."""
    typed = request.GET.get("day", "")
    day, error = clock.today(), ""
    if typed:
        try:
            day = acting.read_day(typed)
        except Refusal as refusal:
            error = sentence(refusal)
    rows = queries.trial_balance(at=local_midnight(day + timedelta(days=1)) - timedelta(microseconds=1))
    columns = [
        Column("account", gettext("Account")),
        Column("debit", gettext("Debit"), number=True),
        Column("credit", gettext("Credit"), number=True),
        Column("balance", gettext("Balance"), number=True),
    ]
    totals: dict[str, tuple[Money, Money]] = {}
    for row in rows:
        debit, credit = totals.get(row.currency, (Money.zero(row.currency), Money.zero(row.currency)))
        totals[row.currency] = (
            debit + Money(row.debit_micro, row.currency),
            credit + Money(row.credit_micro, row.currency),
        )
    context = {
        "listing": Listing(request, columns, rows, size=500),
        "day": day,
        "error": error,
        "names": NAMES,
        "totals": totals,
    }
    return render(request, "ledger/trial_balance.html", context)
