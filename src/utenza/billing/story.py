"""Bills of a story file: prices, agreements, usage and dates in, bills as text out; no database.

An accountant can read and check both. The file is YAML:

    account: {bill_day: 1, cycle_months: 1, currency: EUR, language: en, node: Rossi}
    accounts:                    # instead of `account`, when there are several: name -> the same facts
    agreements:
      - id: 1
        node: Rossi              # the node of the customer's tree that uses it
        account: main            # when there are several
        line: 1                  # for usage; the agreement's id when left out
        start: 2026-01-15
        end: 2026-06-10          # first day not charged; left out while it runs
        known: 2026-03-01        # from when the bills know of `end` and of later plans; left out: always
        plans:
          - offer: Fibra 100
            from: 2026-01-15     # left out: the start
            prices: [{name: Monthly fee, amount: "29.90", charged: in_advance, tax: included}]
            discounts: [{name: Welcome, percent: 50, months: 3}]
    usage:
      - {line: 1, period: 2026-01-01, kind: voice, zone: national, events: 12, quantity: 3600, unit: second,
         amount: "1.234567", tax: included, landed: 2026-01-31}
    bills: [{cycle: 2026-02-01}, {final: 2026-06-10, account: main}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from utenza.billing.rules import BillingCalendar, Draft, DraftLine, Rate, draft_bill
from utenza.billing.rules.charges import Horizon
from utenza.billing.rules.terms import AgreementTerms, DiscountTerm, PriceTerm, Stay, UsageBefore, UsageSum
from utenza.billing.rules.words import MINUS, label, quantity_text, rate_text
from utenza.core.money import Money, minor_step_micro
from utenza.core.period import DayPeriod
from utenza.country import rules as country_rules

LATE_PERIODS = 2
WIDTH = 46


@dataclass(slots=True)
class _Account:
    name: str
    calendar: BillingCalendar
    currency: str
    language: str
    country: str
    charged: dict[tuple[int, int, date], date] = field(default_factory=dict)
    billed: dict[tuple[object, ...], UsageBefore] = field(default_factory=dict)


def bills_of_story(story: Mapping[str, Any]) -> str:
    """Return the bills of a story as text, in the order in which the story asks for them."""
    return "\n".join(_text(*one) for one in _bills(story))


def _bills(story: Mapping[str, Any]) -> list[tuple[_Account, Mapping[str, Any], DayPeriod | None, Draft, list[str]]]:
    accounts = _accounts(story)
    nodes = list(dict.fromkeys(str(row.get("node", "")) for row in story["agreements"]))
    made = []
    for wish in story["bills"]:
        chosen = [accounts[str(wish["account"])]] if "account" in wish else list(accounts.values())
        for account in chosen:
            day = wish.get("cycle") or wish["final"]
            period = account.calendar.ending_on(day) if "cycle" in wish else None
            if "cycle" in wish and period is None:
                continue
            draft = _draft(story, account, nodes, wish, period)
            for move in draft.coverage:
                account.charged[move.agreement_id, move.price_id, move.from_date] = move.until
            for one in draft.usage:
                before = one.before
                account.billed[one.usage.key] = UsageBefore(
                    events=before.events + one.events,
                    quantity=before.quantity + one.quantity,
                    amount_micro=before.amount_micro + one.amount_micro,
                )
            made.append((account, wish, period, draft, nodes))
    return made


def _accounts(story: Mapping[str, Any]) -> dict[str, _Account]:
    rows = story.get("accounts") or {"main": story["account"]}
    return {
        str(name): _Account(
            name=str(name),
            calendar=BillingCalendar(bill_day=row.get("bill_day", 1), cycle_months=row.get("cycle_months", 1)),
            currency=row.get("currency", "EUR"),
            language=row.get("language", "en"),
            country=row.get("country", "IT"),
        )
        for name, row in rows.items()
    }


def _draft(
    story: Mapping[str, Any],
    account: _Account,
    nodes: Sequence[str],
    wish: Mapping[str, Any],
    period: DayPeriod | None,
) -> Draft:
    day: date = wish.get("cycle") or wish["final"]
    rows = [row for row in story["agreements"] if str(row.get("account", "main")) == account.name]
    terms = [_terms(row, nodes, day) for row in rows if row["start"] < day]
    if period is None:
        terms = [one for one in terms if one.end_date is not None and one.end_date <= day]
        horizon, last = Horizon.final(on_date=day), account.calendar.containing(day)
    else:
        horizon, last = Horizon.regular(calendar=account.calendar, period=period), period
    periods = [last]
    for _ in range(LATE_PERIODS):
        periods.insert(0, account.calendar.before(periods[0]))
    country = country_rules(account.country)
    return draft_bill(
        agreements=terms,
        calendar=account.calendar,
        horizon=horizon,
        charged=account.charged,
        usage=_usage(story, account, terms, periods, day),
        billed=account.billed,
        rate_of=lambda category: Rate(basis_points=country.vat_rate(category, day)),
        step_micro=minor_step_micro(account.currency),
        node_order=range(len(nodes)),
    )


def _terms(row: Mapping[str, Any], nodes: Sequence[str], day: date) -> AgreementTerms:
    known = row.get("known", date.min) <= day
    plans = [plan for plan in row["plans"] if known or plan.get("from", row["start"]) == row["start"]]
    starts = [plan.get("from", row["start"]) for plan in plans]
    agreement_id = int(row["id"])
    stays = []
    for index, plan in enumerate(plans):
        number = agreement_id * 1000 + int(plan.get("id", index)) * 100
        stays.append(
            Stay(
                from_date=starts[index],
                to_date=starts[index + 1] if index + 1 < len(plans) else None,
                name=plan["offer"],
                prices=tuple(
                    _price(price, plan["offer"], number + place) for place, price in enumerate(plan["prices"])
                ),
                discounts=tuple(
                    _discount(discount, number + place) for place, discount in enumerate(plan.get("discounts", []))
                ),
            )
        )
    return AgreementTerms(
        agreement_id=agreement_id,
        node_id=nodes.index(str(row.get("node", ""))),
        line_id=int(row.get("line", agreement_id)),
        start_date=row["start"],
        end_date=row.get("end") if known else None,
        stays=tuple(stays),
    )


def _price(row: Mapping[str, Any], offer: str, price_id: int) -> PriceTerm:
    return PriceTerm(
        price_id=price_id,
        name=f"{offer} · {row['name']}",
        amount_micro=Money.of(str(row["amount"]), "EUR").micro,
        recurring=row.get("charged", "in_advance") != "once",
        in_advance=row.get("charged", "in_advance") == "in_advance",
        tax_included=row.get("tax", "included") == "included",
        tax_category=row.get("category", "standard"),
    )


def _discount(row: Mapping[str, Any], discount_id: int) -> DiscountTerm:
    return DiscountTerm(
        discount_id=discount_id,
        name=row["name"],
        basis_points=int(row["percent"]) * 100 if "percent" in row else None,
        amount_micro=Money.of(str(row["amount"]), "EUR").micro if "amount" in row else None,
        duration_months=row.get("months"),
    )


def _usage(
    story: Mapping[str, Any],
    account: _Account,
    terms: Sequence[AgreementTerms],
    periods: Sequence[DayPeriod],
    day: date,
) -> list[UsageSum]:
    holder = {one.line_id: one for one in reversed(terms)}
    sums: dict[tuple[object, ...], UsageSum] = {}
    for row in story.get("usage", []):
        period = account.calendar.containing(row["period"])
        if row["line"] not in holder or period not in periods or row.get("landed", date.min) > day:
            continue
        terms_of_line = holder[row["line"]]
        words = label(f"usage.{row['kind']}", account.language)
        one = UsageSum(
            line_id=row["line"],
            agreement_id=terms_of_line.agreement_id,
            node_id=terms_of_line.node_id,
            kind=row["kind"],
            zone=row.get("zone", ""),
            text=f"{words} · {row['zone']}" if row.get("zone") else words,
            period_start=period.start,
            period_end=period.end,
            events=row.get("events", 1),
            quantity=row.get("quantity", 0),
            unit=row.get("unit", "second"),
            exact_micro=Money.of(str(row.get("amount", 0)), "EUR").micro,
            tax_included=row.get("tax", "included") == "included",
            late=period != periods[-1],
        )
        known = sums.get(one.key)
        sums[one.key] = one if known is None else _added(known, one)
    return list(sums.values())


def _added(left: UsageSum, right: UsageSum) -> UsageSum:
    return UsageSum(
        line_id=left.line_id,
        agreement_id=left.agreement_id,
        node_id=left.node_id,
        kind=left.kind,
        zone=left.zone,
        text=left.text,
        period_start=left.period_start,
        period_end=left.period_end,
        events=left.events + right.events,
        quantity=left.quantity + right.quantity,
        unit=left.unit,
        exact_micro=left.exact_micro + right.exact_micro,
        tax_included=left.tax_included,
        late=left.late,
    )


def _text(
    account: _Account, wish: Mapping[str, Any], period: DayPeriod | None, draft: Draft, nodes: Sequence[str]
) -> str:
    day = wish.get("cycle") or wish["final"]
    title = f"Final bill {day}" if period is None else f"Bill {day} for {period.start} to {period.last_day}"
    if account.name != "main":
        title += f", account {account.name}"
    if not (draft.lines or draft.coverage):
        return f"{title}\n  nothing to bill\n"
    rows = [title]
    shown = list(dict.fromkeys(line.node_id for line in draft.lines))
    for node in shown:
        lines = [line for line in draft.lines if line.node_id == node]
        if len(shown) > 1:
            rows.append(f"  {nodes[node]}")
        rows.extend(_row(line, account) for line in lines)
        if len(shown) > 1:
            rows.append(_sum(f"Subtotal {nodes[node]}", sum(line.amount_micro for line in lines)))
    for tax in draft.taxes:
        rows.append(_sum("Net", tax.net_micro))
        rows.append(_sum(f"VAT {rate_text(tax.rate_bp, 'en')}", tax.tax_micro))
    rows.append(_sum("Total", draft.total_micro))
    return "\n".join(rows) + "\n"


def _row(line: DraftLine, account: _Account) -> str:
    facts = line.explanation
    if line.kind == "usage":
        span = f"{line.period_start:%m-%d}/{line.period_end:%m-%d}"
        share = quantity_text(line.quantity, line.unit, account.language) + (" late" if facts["late"] else "")
    elif line.kind == "one_off":
        span, share = f"{line.period_start:%m-%d}", "once"
    else:
        span = f"{line.period_start:%m-%d}/{line.period_end:%m-%d}"
        share = f"{facts['days_used']}/{facts['days_in_period']}"
    return f"    {line.text:<{WIDTH - 4}} {span:<12} {share:<16} {_amount(line.amount_micro):>10}"


def _sum(text: str, micro: int) -> str:
    return f"  {text:<{WIDTH - 2}} {'':<12} {'':<16} {_amount(micro):>10}"


def _amount(micro: int) -> str:
    cents = abs(micro) // 10_000
    return f"{MINUS if micro < 0 else ''}{cents // 100}.{cents % 100:02d}"
