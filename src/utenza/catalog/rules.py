"""Pure decisions of the catalog: who may have an offer, whether a version is whole, what it costs in a month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from utenza.catalog.states import Audience, DiscountKind, Market, OfferKind, PaymentMode, PriceKind, ServiceKind
from utenza.core.money import Money, minor_step_micro
from utenza.core.rounding import divide_half_away, round_to_step

BASIS_POINTS = 10_000
PREPAID_ONLY_CLASSES = frozenset({"E"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSpec:
    """A price to be written; `amount` of a recurring one is for one month."""

    kind: str
    name_en: str
    name_it: str
    amount: Money
    tax_included: bool
    tax_category: str = "standard"
    in_advance: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountSpec:
    """A discount to be written: `basis_points` of the recurring prices, or `amount` a month; None months: for good."""

    kind: str
    name_en: str
    name_it: str
    basis_points: int | None = None
    amount: Money | None = None
    duration_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSpec:
    """An offer to be written: what it is, for whom, and which plans it needs."""

    code: str
    market: str
    payment: str
    kind: str
    service_kind: str
    audience: str = Audience.ANYONE.value
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpec:
    """A version of an offer to be written. `tariff` names a tariff version as `code/version`."""

    version: int
    valid_from: date
    name_en: str
    name_it: str
    description_en: str = ""
    description_it: str = ""
    tariff: str | None = None
    network_profile: str = ""
    minimum_term_months: int = 0
    notice_days: int = 30
    prices: tuple[PriceSpec, ...] = ()
    discounts: tuple[DiscountSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document, and where: `path` is written like offers.fibra-100.versions.1.prices.0."""

    path: str
    reason: str


def offer_faults(*, offer: OfferSpec, path: str) -> list[Fault]:
    """Return what forbids an offer from being written; nothing if it is whole."""
    faults: list[Fault] = []
    known: tuple[tuple[str, str, Sequence[str]], ...] = (
        ("market", offer.market, Market.values),
        ("payment", offer.payment, PaymentMode.values),
        ("kind", offer.kind, OfferKind.values),
        ("service", offer.service_kind, ServiceKind.values),
        ("audience", offer.audience, Audience.values),
    )
    for name, value, values in known:
        if value not in values:
            faults.append(Fault(f"{path}.{name}", f"'{value}' is none of {', '.join(values)}"))
    if offer.kind == OfferKind.ADDON and not offer.requires:
        faults.append(Fault(f"{path}.requires", "an add-on names at least one plan that it goes with"))
    if offer.kind == OfferKind.PLAN and offer.requires:
        faults.append(Fault(f"{path}.requires", "only an add-on goes with a plan"))
    if (offer.market == Market.MOBILE) != (offer.service_kind == ServiceKind.MOBILE):
        faults.append(Fault(f"{path}.service", f"'{offer.service_kind}' is not a service of the {offer.market} market"))
    return faults


def version_faults(*, offer: OfferSpec, version: VersionSpec, path: str) -> list[Fault]:
    """Return what forbids a version from being written; nothing if it is whole."""
    faults: list[Fault] = []
    if version.version < 1:
        faults.append(Fault(f"{path}.version", "versions are counted from 1"))
    if not (version.name_en and version.name_it):
        faults.append(Fault(f"{path}.name", "a name in English (en) and in Italian (it) is needed"))
    if not version.prices and not version.tariff:
        faults.append(Fault(f"{path}.prices", "a version has a price, or a tariff, or both"))
    currencies = {price.amount.currency for price in version.prices}
    currencies |= {discount.amount.currency for discount in version.discounts if discount.amount is not None}
    if len(currencies) > 1:
        faults.append(Fault(f"{path}.prices", f"one version has one currency, not {' and '.join(sorted(currencies))}"))
    for index, price in enumerate(version.prices):
        faults += _price_faults(offer, price, f"{path}.prices.{index}")
    for index, discount in enumerate(version.discounts):
        faults += _discount_faults(discount, f"{path}.discounts.{index}")
    if version.discounts and not any(price.kind == PriceKind.RECURRING for price in version.prices):
        faults.append(Fault(f"{path}.discounts", "a discount needs a recurring price to reduce"))
    return faults


def _price_faults(offer: OfferSpec, price: PriceSpec, path: str) -> list[Fault]:
    faults: list[Fault] = []
    if price.kind not in PriceKind.values:
        faults.append(Fault(f"{path}.kind", f"'{price.kind}' is none of {', '.join(PriceKind.values)}"))
    if not (price.name_en and price.name_it):
        faults.append(Fault(f"{path}.name", "a name in English (en) and in Italian (it) is needed"))
    if price.amount.micro < 0:
        faults.append(Fault(f"{path}.amount", "a price is not negative: write a discount"))
    if not price.amount.is_minor:
        faults.append(Fault(f"{path}.amount", "a price is a whole number of cents"))
    if offer.payment == PaymentMode.PREPAID and not price.tax_included:
        faults.append(Fault(f"{path}.tax", "prepaid prices include tax"))
    return faults


def _discount_faults(discount: DiscountSpec, path: str) -> list[Fault]:
    faults: list[Fault] = []
    if not (discount.name_en and discount.name_it):
        faults.append(Fault(f"{path}.name", "a name in English (en) and in Italian (it) is needed"))
    if discount.kind == DiscountKind.PERCENTAGE:
        if discount.basis_points is None or not 1 <= discount.basis_points <= BASIS_POINTS:
            faults.append(Fault(f"{path}.percent", "a percentage is more than 0 and at most 100, with two decimals"))
        if discount.amount is not None:
            faults.append(Fault(f"{path}.amount", "a percentage has no amount"))
    elif discount.kind == DiscountKind.AMOUNT:
        if discount.amount is None or discount.amount.micro <= 0:
            faults.append(Fault(f"{path}.amount", "the amount taken off each month is more than 0"))
        if discount.basis_points is not None:
            faults.append(Fault(f"{path}.percent", "an amount has no percentage"))
    else:
        faults.append(Fault(f"{path}.kind", f"'{discount.kind}' is none of {', '.join(DiscountKind.values)}"))
    if discount.duration_months is not None and discount.duration_months < 1:
        faults.append(Fault(f"{path}.months", "a discount lasts at least a month; leave it out for one without end"))
    return faults


def credit_class_allows(*, credit_class: str, payment: str) -> bool:
    """Say whether a customer of `credit_class` may have an offer paid in this way.

    Class E may only pay beforehand. No class at all is a prospect: everything is shown, the credit check decides.
    """
    return payment == PaymentMode.PREPAID or credit_class not in PREPAID_ONLY_CLASSES


def audience_allows(*, audience: str, customer_kind: str) -> bool:
    """Say whether an offer for `audience` may be had by a customer of this kind ('' is not yet known)."""
    return audience == Audience.ANYONE or not customer_kind or audience == customer_kind


class PricedItem(Protocol):
    """What the summary needs to know of a price."""

    @property
    def kind(self) -> str: ...
    @property
    def amount_micro(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def tax_included(self) -> bool: ...
    @property
    def tax_category(self) -> str: ...


class ReducingItem(Protocol):
    """What the summary needs to know of a discount."""

    @property
    def basis_points(self) -> int | None: ...
    @property
    def amount_micro(self) -> int | None: ...
    @property
    def duration_months(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneySummary:
    """What a version costs: by the month, with its discounts while they last, and once at the start."""

    currency: str
    monthly_net_micro: int
    monthly_gross_micro: int
    promotional_net_micro: int
    promotional_gross_micro: int
    promotional_months: int | None
    once_net_micro: int
    once_gross_micro: int

    @property
    def has_promotion(self) -> bool:
        return self.promotional_gross_micro != self.monthly_gross_micro


def net_and_gross(*, amount_micro: int, tax_included: bool, rate_bp: int, currency: str) -> tuple[int, int]:
    """Return a price without and with tax, each rounded to the currency's minor unit."""
    step = minor_step_micro(currency)
    if tax_included:
        exact = divide_half_away(amount_micro * BASIS_POINTS, (BASIS_POINTS + rate_bp) * step)
        return exact * step, amount_micro
    return amount_micro, divide_half_away(amount_micro * (BASIS_POINTS + rate_bp), BASIS_POINTS * step) * step


def discount_micro(*, monthly_micro: int, basis_points: int | None, amount_micro: int | None, currency: str) -> int:
    """Return what one discount takes off a monthly sum: never more than the sum."""
    if basis_points is not None:
        return round_to_step(divide_half_away(monthly_micro * basis_points, BASIS_POINTS), minor_step_micro(currency))
    return min(monthly_micro, amount_micro or 0)


def summarise(
    *,
    prices: Iterable[PricedItem],
    discounts: Iterable[ReducingItem],
    rate_bp_of: Callable[[str], int],
    currency: str,
) -> MoneySummary:
    """Sum up a version in money for a person to compare; a bill is computed by billing, from the same prices.

    `rate_bp_of` gives the tax rate of a category in basis points. The promotion shown is the one that holds at the
    start; `promotional_months` is how long its first discount lasts, None if there is none or it has no end.
    """
    prices, discounts = list(prices), list(discounts)
    monthly_net = monthly_gross = once_net = once_gross = promo_net = promo_gross = 0
    recurring_total = sum(price.amount_micro for price in prices if price.kind == PriceKind.RECURRING)
    left = recurring_total
    for discount in discounts:
        left -= discount_micro(
            monthly_micro=left,
            basis_points=discount.basis_points,
            amount_micro=discount.amount_micro,
            currency=currency,
        )
    for price in prices:
        rate_bp = rate_bp_of(price.tax_category)
        net, gross = net_and_gross(
            amount_micro=price.amount_micro, tax_included=price.tax_included, rate_bp=rate_bp, currency=currency
        )
        if price.kind == PriceKind.ONE_OFF:
            once_net, once_gross = once_net + net, once_gross + gross
            continue
        monthly_net, monthly_gross = monthly_net + net, monthly_gross + gross
        share = 0
        if recurring_total:
            share = round_to_step(
                divide_half_away(price.amount_micro * left, recurring_total), minor_step_micro(currency)
            )
        net, gross = net_and_gross(
            amount_micro=share, tax_included=price.tax_included, rate_bp=rate_bp, currency=currency
        )
        promo_net, promo_gross = promo_net + net, promo_gross + gross
    lasting = [discount.duration_months for discount in discounts if discount.duration_months is not None]
    return MoneySummary(
        currency=currency,
        monthly_net_micro=monthly_net,
        monthly_gross_micro=monthly_gross,
        promotional_net_micro=promo_net,
        promotional_gross_micro=promo_gross,
        promotional_months=min(lasting) if lasting else None,
        once_net_micro=once_net,
        once_gross_micro=once_gross,
    )
