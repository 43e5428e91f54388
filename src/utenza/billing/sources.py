"""What billing reads of other stages, brought into the values that its rules know."""

from __future__ import annotations

import calendar as months_of
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from utenza.billing.models import ChargedThrough, UsageBilled
from utenza.billing.refusals import NoAddress, NoTaxData, PriceCurrencyDiffers, TaxRateUnknown
from utenza.billing.rules.charges import BillingCalendar
from utenza.billing.rules.taxes import Rate
from utenza.billing.rules.terms import AgreementTerms, DiscountTerm, PriceTerm, Stay, UsageBefore, UsageSum
from utenza.billing.rules.words import label
from utenza.catalog import queries as catalog
from utenza.core.period import DayPeriod
from utenza.country import rules as country_rules
from utenza.country.base import RuleNotInForce
from utenza.infra.operator import profile, setting
from utenza.ledger import queries as ledger
from utenza.ordering import queries as ordering
from utenza.parties import queries as parties
from utenza.rating import queries as rating

# One lock for each account, held until the commit: a run and a final bill never work on one account at a time.
_ACCOUNT_LOCK = 0x42494C4C
LATE_PERIODS_DEFAULT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What billing must know of an account. `node_order` lists the customer's nodes depth-first."""

    account_id: int
    customer_id: int
    number: str
    currency: str
    language: str
    payment_terms_days: int
    calendar: BillingCalendar
    addressee: dict[str, Any]
    node_order: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRead:
    """Rated usage as it stood at one version, with the checksum of its source."""

    sums: tuple[UsageSum, ...]
    version: int | None
    checksum: str


def account_facts(account_id: int, *, lock: bool = False) -> AccountFacts:
    """Return what billing must know of an account; with `lock`, others who ask so wait until the commit."""
    if lock:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ACCOUNT_LOCK, account_id % (2**31)])
    account = parties.account(account_id)
    billed = parties.billed_party(account_id)
    return AccountFacts(
        account_id=account_id,
        customer_id=account.customer_id,
        number=account.number,
        currency=account.currency,
        language=account.language,
        payment_terms_days=account.payment_terms_days,
        calendar=BillingCalendar(bill_day=account.bill_day, cycle_months=account.cycle_months),
        addressee={
            "name": billed.name,
            "attention": billed.attention,
            "lines": list(billed.address.lines()) if billed.address else [],
            "country": billed.country,
            "tax_code": billed.tax_code,
            "vat_number": billed.vat_number,
            "customer_number": account.customer_number,
            "account_number": account.number,
            "payment_method": account.payment_method,
            "iban": account.iban_masked,
        },
        node_order=tuple(node.customer_id for node in parties.tree(account.customer_id)),
    )


def deposit_held_micro(facts: AccountFacts) -> int:
    """Return what the books hold as the account's deposit, in micro-units."""
    owner = f"account:{facts.account_id}"
    return -ledger.balance(account_code="deposit_liability", owner=owner, currency=facts.currency).micro


def demand_billable(facts: AccountFacts) -> None:
    """Let an account pass that has what the law wants on a bill (DPR 633/1972, art. 21 paragraph 2).

    :raises NoAddress: if there is none.
    :raises NoTaxData: if there is neither a tax code nor a VAT number.
    """
    if not facts.addressee["lines"]:
        raise NoAddress()
    if not (facts.addressee["tax_code"] or facts.addressee["vat_number"]):
        raise NoTaxData()


def accounts_that_may_be_due(cycle_date: date) -> list[parties.AccountView]:
    """Return the open accounts whose bill day falls on the cycle date, in order of id.

    The last day of a month stands for the bill days that the month does not have.
    """
    last = months_of.monthrange(cycle_date.year, cycle_date.month)[1]
    days = range(cycle_date.day, 32) if cycle_date.day == last else [cycle_date.day]
    return parties.accounts_with_bill_day(bill_days=list(days))


def agreement_terms(facts: AccountFacts, *, before: date) -> list[AgreementTerms]:
    """Return the postpaid agreements that the account pays for and that have started by `before`."""
    found = []
    for row in ordering.agreements_of_account(facts.account_id):
        if row.start_date is None or row.start_date > before:
            continue
        stays = []
        for version in ordering.agreement_versions(row.agreement_id):
            offer = catalog.offer_version(version.offer_version_id)
            if offer.payment == "prepaid":
                continue  # charging takes a prepaid line's fees from its balance
            stays.append(_stay(offer, version.from_date, version.to_date, facts))
        if stays:
            found.append(
                AgreementTerms(
                    agreement_id=row.agreement_id,
                    node_id=row.customer_id,
                    line_id=row.line_id,
                    start_date=row.start_date,
                    end_date=row.end_date,
                    stays=tuple(stays),
                )
            )
    return found


def _stay(offer: Any, from_date: date, to_date: date | None, facts: AccountFacts) -> Stay:
    name = _by_language(offer, "name", facts.language)
    for price in offer.prices:
        if price.currency != facts.currency:
            raise PriceCurrencyDiffers(offer=name, price_currency=price.currency, currency=facts.currency)
    return Stay(
        from_date=from_date,
        to_date=to_date,
        name=name,
        prices=tuple(
            PriceTerm(
                price_id=price.price_id,
                name=f"{name} · {_by_language(price, 'name', facts.language)}",
                amount_micro=price.amount_micro,
                recurring=price.kind == "recurring",
                in_advance=price.in_advance,
                tax_included=price.tax_included,
                tax_category=price.tax_category,
            )
            for price in offer.prices
        ),
        discounts=tuple(
            DiscountTerm(
                discount_id=discount.discount_id,
                name=_by_language(discount, "name", facts.language),
                basis_points=discount.basis_points,
                amount_micro=discount.amount_micro,
                duration_months=discount.duration_months,
            )
            for discount in offer.discounts
        ),
    )


def _by_language(thing: Any, field: str, language: str) -> str:
    return str(getattr(thing, f"{field}_{language}", "") or getattr(thing, f"{field}_en"))


def charged_so_far(agreement_ids: Sequence[int]) -> dict[tuple[int, int, date], date]:
    rows = ChargedThrough.objects.filter(agreement_id__in=agreement_ids)
    return {(row.agreement_id, row.price_id, row.from_date): row.charged_until for row in rows}


def usage_periods(calendar: BillingCalendar, last: DayPeriod) -> list[DayPeriod]:
    """Return the periods whose usage a bill looks at: the last one, and before it those in which late usage counts.

    The number of the latter is the setting `billing.late_usage_periods`.
    """
    periods = [last]
    for _ in range(int(setting("billing.late_usage_periods", LATE_PERIODS_DEFAULT))):
        periods.insert(0, calendar.before(periods[0]))
    return periods


def usage_of(facts: AccountFacts, terms: Sequence[AgreementTerms], *, periods: Sequence[DayPeriod]) -> UsageRead:
    """Return the rated usage of the agreements' lines by period, kind and zone."""
    node_of = {one.line_id: one.node_id for one in terms if one.line_id is not None}
    agreement_of = {one.line_id: one.agreement_id for one in reversed(terms) if one.line_id is not None}
    if not node_of:
        return UsageRead(sums=(), version=None, checksum="")
    sums: list[UsageSum] = []
    version: int | None = None
    checksums = []
    for period in periods:
        read = rating.usage_totals(sorted(node_of), period, version)
        version = read.version
        checksums.append(read.checksum)
        sums.extend(
            UsageSum(
                line_id=row.line_id,
                agreement_id=row.agreement_id or agreement_of.get(row.line_id),
                node_id=node_of[row.line_id],
                kind=row.kind,
                zone=row.zone,
                text=_usage_text(row.kind, row.zone, facts.language),
                period_start=period.start,
                period_end=period.end,
                events=row.events,
                quantity=row.quantity,
                unit=row.unit,
                exact_micro=row.amount_micro,
                tax_included=row.tax_included,
                tariff_version_id=row.tariff_version_id,
                late=period != periods[-1],
            )
            for row in read.rows
        )
    return UsageRead(sums=tuple(sums), version=version, checksum=" ".join(checksums))


def _usage_text(kind: str, zone: str, language: str) -> str:
    words = label(f"usage.{kind}", language)
    return f"{words} · {zone}" if zone else words


def usage_billed(sums: Sequence[UsageSum]) -> dict[tuple[object, ...], UsageBefore]:
    """Return what was billed before of the same usage."""
    if not sums:
        return {}
    rows = UsageBilled.objects.filter(
        line_id__in={one.line_id for one in sums}, period_start__gte=min(one.period_start for one in sums)
    )
    found: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        key = (
            row.line_id,
            row.agreement_id,
            row.kind,
            row.zone,
            row.tariff_version_id,
            row.period_start,
            row.period_end,
        )
        for index, value in enumerate((row.events, row.quantity, row.amount_micro)):
            found[key][index] += value
    return {key: UsageBefore(events=e, quantity=q, amount_micro=a) for key, (e, q, a) in found.items()}


def tax_rate(*, category: str, on_date: date) -> Rate:
    """Return the tax rate of a category on a day, by the operator's country.

    :raises TaxRateUnknown: if the country's rules have none.
    """
    try:
        return _rate(profile().country, category, on_date)
    except (RuleNotInForce, KeyError) as error:
        raise TaxRateUnknown(category=category, on_date=on_date.isoformat()) from error


@lru_cache(maxsize=1024)
def _rate(country: str, category: str, on_date: date) -> Rate:
    return Rate(basis_points=country_rules(country).vat_rate(category, on_date))
