"""`utenza ledger`: a look at the books."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal
from utenza.core.money import Money


class InstantWrong(Refusal):
    """An instant on the command line cannot be read."""

    code = "instant-wrong"
    text = N_("'%(value)s' is no day and no instant: write 2026-03-31, or 2026-03-31T12:00:00+02:00.")


@click.group()
def ledger() -> None:
    """Look at the books."""


@ledger.command("trial-balance")
@click.option("--at", "at_text", default=None, help="A day, which counts whole, or an instant; by default now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trial_balance(*, at_text: str | None, as_json: bool) -> None:
    """Show the debits and credits of every account code. The two columns add up to the same."""
    house.ready()
    from utenza.infra import clock
    from utenza.ledger import queries

    at = clock.now() if at_text is None else _instant(at_text)
    rows = queries.trial_balance(at=at)
    totals = {
        currency: (
            sum(row.debit_micro for row in rows if row.currency == currency),
            sum(row.credit_micro for row in rows if row.currency == currency),
        )
        for currency in sorted({row.currency for row in rows})
    }
    if as_json:
        house.print_json(
            {
                "at": at,
                "rows": [
                    {
                        "account_code": row.account_code,
                        "currency": row.currency,
                        "debit_micro": row.debit_micro,
                        "credit_micro": row.credit_micro,
                        "balance_micro": row.balance_micro,
                    }
                    for row in rows
                ],
                "totals": [
                    {"currency": currency, "debit_micro": debit, "credit_micro": credit}
                    for currency, (debit, credit) in totals.items()
                ],
            }
        )
        return
    table = [
        (row.account_code, *(_amount(micro, row.currency) for micro in _sides(row.debit_micro, row.credit_micro)))
        for row in rows
    ]
    table += [("Total", _amount(debit, unit), _amount(credit, unit), "") for unit, (debit, credit) in totals.items()]
    house.print_table(columns=["Account", "Debit", "Credit", "Balance"], rows=table, title="Trial balance")


def _sides(debit_micro: int, credit_micro: int) -> tuple[int, int, int]:
    return debit_micro, credit_micro, debit_micro - credit_micro


def _amount(micro: int, currency: str) -> str:
    return str(Money(micro, currency))


def _demand_near(day: date, text: str) -> None:
    """Refuse a year that is a slip of the hand, from which no time zone could be counted."""
    if not 1900 <= day.year < 2200:
        raise InstantWrong(value=text)


def _instant(text: str) -> datetime:
    """Return the instant that `text` names; of a day, the last microsecond by the operator's clock."""
    from utenza.infra import operator

    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        _demand_near(day, text)
        return operator.local_midnight(day + timedelta(days=1)) - timedelta(microseconds=1)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InstantWrong(value=text) from error
    _demand_near(instant, text)
    if instant.tzinfo is None:
        return operator.local_instant(instant.date(), time(instant.hour, instant.minute, instant.second))
    return instant.astimezone(UTC)
