"""Public reads of the catalog: what is on sale on a day, what a version costs, and tariffs ready to price with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

from django.db.models import Q, QuerySet

from utenza.catalog.models import OfferVersion, TariffVersion
from utenza.catalog.refusals import UnknownTariff, UnknownVersion
from utenza.catalog.rules import MoneySummary, audience_allows, credit_class_allows, summarise
from utenza.catalog.states import OfferKind, VersionStatus
from utenza.country import rules as country_rules
from utenza.infra.operator import profile
from utenza.pricing.compiled import CompiledTariff
from utenza.pricing.compiler import compile_tariff
from utenza.pricing.destinations import prefix_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """One price of a version; a recurring one is for one month."""

    price_id: int
    kind: str
    name_en: str
    name_it: str
    amount_micro: int
    currency: str
    tax_included: bool
    tax_category: str
    in_advance: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountView:
    """One discount of a version: basis points of the recurring prices, or an amount a month."""

    discount_id: int
    kind: str
    name_en: str
    name_it: str
    basis_points: int | None
    amount_micro: int | None
    duration_months: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferVersionView:
    """A version with all that is said of it; `requires` are the codes of the plans that an add-on goes with."""

    offer_version_id: int
    offer_id: int
    code: str
    version: int
    market: str
    payment: str
    kind: str
    service_kind: str
    audience: str
    requires: tuple[str, ...]
    status: str
    valid_from: date
    valid_to: date | None
    name_en: str
    name_it: str
    description_en: str
    description_it: str
    tariff_version_id: int | None
    network_profile: str
    minimum_term_months: int
    notice_days: int
    prices: tuple[PriceView, ...]
    discounts: tuple[DiscountView, ...]

    @property
    def currency(self) -> str:
        """The currency of its prices; the operator's if it has none but its tariff's."""
        return self.prices[0].currency if self.prices else profile().currency


def offers_on_sale(
    *,
    on_date: date,
    market: str | None = None,
    payment: str | None = None,
    credit_class: str | None = None,
    customer_kind: str | None = None,
) -> list[OfferVersionView]:
    """Return the versions sold on a day, plans before add-ons, each by its code.

    None asks for all; `credit_class` and `customer_kind` leave out what such a customer may not have.
    """
    rows = _on_sale(on_date)
    if market is not None:
        rows = rows.filter(offer__market=market)
    if payment is not None:
        rows = rows.filter(offer__payment=payment)
    found = [
        _view(row)
        for row in rows
        if credit_class_allows(credit_class=credit_class or "", payment=row.offer.payment)
        and audience_allows(audience=row.offer.audience, customer_kind=customer_kind or "")
    ]
    return sorted(found, key=lambda view: (view.kind != OfferKind.PLAN, view.code))


def is_on_sale(*, offer_version_id: int, on_date: date) -> bool:
    """Say whether a version is sold on a day."""
    return _on_sale(on_date).filter(pk=offer_version_id).exists()


def offer_version(offer_version_id: int) -> OfferVersionView:
    """Return a version, whether on sale or not.

    :raises UnknownVersion: if there is none with this id.
    """
    row = _whole().filter(pk=offer_version_id).first()
    if row is None:
        raise UnknownVersion(offer_version_id=offer_version_id)
    return _view(row)


def offer_versions(offer_version_ids: Iterable[int]) -> dict[int, OfferVersionView]:
    """Return the versions with these ids by id, in a fixed number of reads; ids that do not exist are left out."""
    return {row.pk: _view(row) for row in _whole().filter(pk__in=set(offer_version_ids))}


def version_on_sale(*, code: str, on_date: date) -> OfferVersionView | None:
    """Return the version of an offer that is sold on a day, None if there is none."""
    row = _on_sale(on_date).filter(offer__code=code).first()
    return None if row is None else _view(row)


def all_versions() -> list[OfferVersionView]:
    """Return every version there is, by code and number."""
    return [_view(row) for row in _whole().order_by("offer__code", "version")]


def tariff(tariff_version_id: int) -> CompiledTariff:
    """Return a tariff version ready to be priced with, compiled once in a process.

    :raises UnknownTariff: if there is none with this id.
    """
    fingerprint = TariffVersion.objects.filter(pk=tariff_version_id).values_list("fingerprint", flat=True).first()
    if fingerprint is None:
        raise UnknownTariff(tariff=str(tariff_version_id))
    # The fingerprint is part of the key: another database in this process may hold another tariff under this id.
    return _compiled(tariff_version_id, fingerprint)


@lru_cache(maxsize=256)
def _compiled(tariff_version_id: int, fingerprint: str) -> CompiledTariff:
    return compile_tariff(TariffVersion.objects.get(pk=tariff_version_id, fingerprint=fingerprint).document)


def tariff_prefixes() -> frozenset[str]:
    """Return every beginning of every prefix of every tariff version, by which a number may come to its zone.

    All versions count: an agreement keeps the one that it was made with, and usage may be rated by one of later.
    """
    return _all_nodes(tuple(TariffVersion.objects.order_by("pk").values_list("pk", "fingerprint")))


@lru_cache(maxsize=2)
def _all_nodes(versions: tuple[tuple[int, str], ...]) -> frozenset[str]:
    return frozenset().union(*(_nodes(pk, fingerprint) for pk, fingerprint in versions))


@lru_cache(maxsize=256)
def _nodes(tariff_version_id: int, fingerprint: str) -> frozenset[str]:
    return prefix_nodes(_compiled(tariff_version_id, fingerprint))


def tariff_code(tariff_version_id: int) -> str:
    """Return how a tariff version is named, like voce/1.

    :raises UnknownTariff: if there is none with this id.
    """
    row = TariffVersion.objects.filter(pk=tariff_version_id).values_list("code", "version").first()
    if row is None:
        raise UnknownTariff(tariff=str(tariff_version_id))
    return f"{row[0]}/{row[1]}"


def money_summary(view: OfferVersionView, *, on_date: date) -> MoneySummary:
    """Return what a version costs a month and once, without and with the tax of a day."""
    rate_of = partial(_rate_bp, on_date)
    return summarise(prices=view.prices, discounts=view.discounts, rate_bp_of=rate_of, currency=view.currency)


def _rate_bp(on_date: date, category: str) -> int:
    return country_rules(profile().country).vat_rate(category, on_date)


def _whole() -> QuerySet[OfferVersion]:
    return OfferVersion.objects.select_related("offer").prefetch_related(
        "prices", "discounts", "offer__requirements__plan"
    )


def _on_sale(on_date: date) -> QuerySet[OfferVersion]:
    # A retired version was on sale until its last day, so a look back finds it, too.
    return _whole().filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on_date),
        status__in=[VersionStatus.LAUNCHED, VersionStatus.RETIRED],
        valid_from__lte=on_date,
    )


def _view(row: OfferVersion) -> OfferVersionView:
    return OfferVersionView(
        offer_version_id=row.pk,
        offer_id=row.offer_id,
        code=row.offer.code,
        version=row.version,
        market=row.offer.market,
        payment=row.offer.payment,
        kind=row.offer.kind,
        service_kind=row.offer.service_kind,
        audience=row.offer.audience,
        requires=tuple(sorted(requirement.plan.code for requirement in row.offer.requirements.all())),
        status=row.status,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        name_en=row.name_en,
        name_it=row.name_it,
        description_en=row.description_en,
        description_it=row.description_it,
        tariff_version_id=row.tariff_version_id,
        network_profile=row.network_profile,
        minimum_term_months=row.minimum_term_months,
        notice_days=row.notice_days,
        prices=tuple(
            PriceView(
                price_id=price.pk,
                kind=price.kind,
                name_en=price.name_en,
                name_it=price.name_it,
                amount_micro=price.amount_micro,
                currency=price.currency,
                tax_included=price.tax_included,
                tax_category=price.tax_category,
                in_advance=price.in_advance,
            )
            for price in row.prices.all()
        ),
        discounts=tuple(
            DiscountView(
                discount_id=discount.pk,
                kind=discount.kind,
                name_en=discount.name_en,
                name_it=discount.name_it,
                basis_points=discount.basis_points,
                amount_micro=discount.amount_micro,
                duration_months=discount.duration_months,
            )
            for discount in row.discounts.all()
        ),
    )
