"""Public writes of the catalog: write drafts, launch them, take them off sale, read a whole catalogue file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q

from utenza.catalog import document as documents
from utenza.catalog.document import parse_text
from utenza.catalog.models import Discount, Offer, OfferRequirement, OfferVersion, Price, TariffVersion
from utenza.catalog.refusals import (
    AlreadyOnSale,
    CatalogueContradiction,
    CatalogueRefused,
    SaleEndsBeforeItBegins,
    UnknownOffer,
    UnknownTariff,
    UnknownVersion,
)
from utenza.catalog.rules import Fault, OfferSpec, VersionSpec, offer_faults, version_faults
from utenza.catalog.states import VERSION_MOVES, OfferKind, VersionStatus
from utenza.infra import states
from utenza.infra.operator import local_date
from utenza.infra.transactions import demands_transaction
from utenza.pricing.compiler import compile_tariff
from utenza.pricing.refusals import TariffRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferVersionRef:
    """What a caller needs to go on with a version."""

    offer_version_id: int
    offer_id: int
    code: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What reading a catalogue file has done; each name is `code/version`."""

    tariffs_created: tuple[str, ...]
    versions_launched: tuple[str, ...]
    unchanged: tuple[str, ...]


@demands_transaction
def create_tariff_version(
    *, code: str, version: int, valid_from: date, document: Mapping[str, Any], at: datetime, path: str = ""
) -> int:
    """Keep a tariff document after pricing has compiled it, and return its id. Safe to repeat with the same content.

    `path` says in a refusal where the document was found.

    :raises CatalogueRefused: with each place of the document that pricing does not accept.
    :raises CatalogueContradiction: if this version exists with other content.
    """
    del at  # a tariff version has no time but its days; the audit history keeps when it was written
    content = documents.plain(document)
    where = path or f"{code}/{version}"
    try:
        fingerprint = compile_tariff(content).fingerprint
    except TariffRefused as refusal:
        raise CatalogueRefused(
            faults=[Fault(f"{where}.{place}", reason) for place, reason in refusal.problems]
        ) from refusal
    found = TariffVersion.objects.filter(code=code, version=version).first()
    if found is None:
        return TariffVersion.objects.create(
            code=code, version=version, valid_from=valid_from, document=content, fingerprint=fingerprint
        ).pk
    if found.document != content:
        raise CatalogueContradiction(path=where, reason="its document is not the same")
    if found.valid_from != valid_from:
        raise CatalogueContradiction(path=where, reason=f"its first day is {found.valid_from.isoformat()}")
    return found.pk


@demands_transaction
def create_offer(*, offer: OfferSpec, at: datetime, path: str = "") -> int:
    """Write an offer, without any version yet, and return its id. Safe to repeat with the same content.

    :raises CatalogueRefused: if it is not whole.
    :raises CatalogueContradiction: if the offer exists and is something else: what was sold keeps its nature.
    :raises UnknownOffer: if it goes with a plan that does not exist.
    """
    del at
    where = path or f"offers.{offer.code}"
    if faults := offer_faults(offer=offer, path=where):
        raise CatalogueRefused(faults=faults)
    nature = {
        "market": offer.market,
        "payment": offer.payment,
        "kind": offer.kind,
        "service_kind": offer.service_kind,
        "audience": offer.audience,
    }
    row, created = Offer.objects.select_for_update().get_or_create(code=offer.code, defaults=nature)
    if not created:
        for name, value in nature.items():
            if getattr(row, name) != value:
                raise CatalogueContradiction(path=f"{where}.{name}", reason=f"the offer is {getattr(row, name)}")
    for code in offer.requires:
        plan = Offer.objects.filter(code=code, kind=OfferKind.PLAN).first()
        if plan is None:
            raise UnknownOffer(field=f"{where}.requires", offer=code)
        # An add-on may come to go with more plans; nobody who has it loses anything.
        OfferRequirement.objects.get_or_create(addon=row, plan=plan)
    return row.pk


@demands_transaction
def create_offer_version(*, offer: OfferSpec, version: VersionSpec, at: datetime, path: str = "") -> OfferVersionRef:
    """Write a version of an offer (which is created if it is new) as a draft, with its prices and discounts.

    A draft of that number is written anew. Safe to repeat.

    :raises CatalogueRefused: if the version is not whole, or its sale begins before its tariff may be used.
    :raises CatalogueContradiction: if this version was launched with other content, or the offer is another thing.
    :raises UnknownTariff: if its tariff was not created before.
    """
    where = path or f"offers.{offer.code}.versions.{version.version}"
    if faults := version_faults(offer=offer, version=version, path=where):
        raise CatalogueRefused(faults=faults)
    offer_id = create_offer(offer=offer, at=at)
    found = OfferVersion.objects.select_for_update().filter(offer_id=offer_id, version=version.version).first()
    if found is not None and found.status != VersionStatus.DRAFT:
        _refuse_other_content(found, version, where)
        return _ref(found, offer.code)
    values = _version_values(version, where)
    if found is None:
        row = OfferVersion.objects.create(offer_id=offer_id, version=version.version, **values)
    else:
        row = found
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        row.prices.all().delete()
        row.discounts.all().delete()
    _write_money(row, version)
    return _ref(row, offer.code)


@demands_transaction
def launch(*, offer_version_id: int, at: datetime) -> OfferVersionRef:
    """Put a draft on sale from its first day; the version sold until then is sold up to that day. Safe to repeat.

    :raises UnknownVersion: if there is none with this id.
    :raises AlreadyOnSale: if another version begins on the same day or later.
    :raises ForbiddenMove: if the version was retired.
    """
    del at
    row = _lock(offer_version_id)
    if row.status == VersionStatus.LAUNCHED:
        return _ref(row, row.offer.code)
    later = (
        OfferVersion.objects.filter(offer=row.offer, status__in=[VersionStatus.LAUNCHED, VersionStatus.RETIRED])
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")))
        .filter(Q(valid_from__gte=row.valid_from) | Q(status=VersionStatus.RETIRED, valid_to__gt=row.valid_from))
        .order_by("valid_from")
        .first()
    )
    if later is not None:
        raise AlreadyOnSale(
            offer=row.offer.code,
            version=row.version,
            valid_from=row.valid_from.isoformat(),
            other=later.version,
            from_date=later.valid_from.isoformat(),
        )
    before = OfferVersion.objects.filter(offer=row.offer, status=VersionStatus.LAUNCHED)
    before.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=row.valid_from)).update(valid_to=row.valid_from)
    states.move(row, table=VERSION_MOVES, to=VersionStatus.LAUNCHED)
    return _ref(row, row.offer.code)


@demands_transaction
def retire(*, offer_version_id: int, valid_to: date, at: datetime) -> OfferVersionRef:
    """Sell a launched version no more from the day `valid_to` on. Who has it keeps it. Safe to repeat.

    :raises UnknownVersion: if there is none with this id.
    :raises SaleEndsBeforeItBegins: if `valid_to` lies before its first day.
    :raises ForbiddenMove: if it is still a draft.
    """
    row = _lock(offer_version_id)
    if valid_to < row.valid_from:
        raise SaleEndsBeforeItBegins(
            field="valid_to", valid_from=row.valid_from.isoformat(), valid_to=valid_to.isoformat()
        )
    if row.status == VersionStatus.DRAFT:
        raise states.ForbiddenMove(thing="offer version", current=row.status, to=VersionStatus.RETIRED.value)
    if row.status == VersionStatus.LAUNCHED:
        if row.valid_to != valid_to:
            row.valid_to = valid_to
            row.save(update_fields=["valid_to"])
        if valid_to <= local_date(at):
            states.move(row, table=VERSION_MOVES, to=VersionStatus.RETIRED)
    return _ref(row, row.offer.code)


@demands_transaction
def retire_expired(*, on_date: date) -> int:
    """Retire the launched versions whose sale has ended by `on_date`, and return how many. Safe to repeat."""
    rows = OfferVersion.objects.select_for_update().filter(status=VersionStatus.LAUNCHED, valid_to__lte=on_date)
    count = 0
    for row in rows.order_by("pk"):
        states.move(row, table=VERSION_MOVES, to=VersionStatus.RETIRED)
        count += 1
    return count


@demands_transaction
def import_catalogue(*, document: Mapping[str, Any], at: datetime) -> ImportReport:
    """Take a catalogue file: create and launch what is new, leave what is there, refuse what contradicts it.

    All or nothing. Safe to repeat. The format is that of `utenza/demo/catalogue.yaml`.

    :raises CatalogueRefused: with every fault of the file, each with its path.
    :raises CatalogueContradiction: if something launched is written otherwise.
    """
    catalogue = documents.read_catalogue(document)
    if catalogue.faults:
        raise CatalogueRefused(faults=catalogue.faults)
    created: list[str] = []
    launched: list[str] = []
    unchanged: list[str] = []
    for tariff in catalogue.tariffs:
        name = f"{tariff.code}/{tariff.version}"
        is_new = not TariffVersion.objects.filter(code=tariff.code, version=tariff.version).exists()
        create_tariff_version(
            code=tariff.code,
            version=tariff.version,
            valid_from=tariff.valid_from,
            document=tariff.document,
            at=at,
            path=f"{tariff.path}.document",
        )
        (created if is_new else unchanged).append(name)
    # Plans first: an add-on may stand in the file before the plan that it goes with.
    for entry in sorted(catalogue.offers, key=lambda item: item.offer.kind != OfferKind.PLAN):
        create_offer(offer=entry.offer, at=at, path=entry.path)
        for path, version in sorted(entry.versions, key=lambda item: item[1].version):
            name = f"{entry.offer.code}/{version.version}"
            ref = create_offer_version(offer=entry.offer, version=version, at=at, path=path)
            row = OfferVersion.objects.get(pk=ref.offer_version_id)
            if row.status != VersionStatus.DRAFT:
                unchanged.append(name)
                continue
            launch(offer_version_id=ref.offer_version_id, at=at)
            launched.append(name)
    return ImportReport(tariffs_created=tuple(created), versions_launched=tuple(launched), unchanged=tuple(unchanged))


def _lock(offer_version_id: int) -> OfferVersion:
    row = (
        OfferVersion.objects.select_for_update(of=("self", "offer"))
        .select_related("offer")
        .filter(pk=offer_version_id)
        .first()
    )
    if row is None:
        raise UnknownVersion(offer_version_id=offer_version_id)
    return row


def _ref(row: OfferVersion, code: str) -> OfferVersionRef:
    return OfferVersionRef(offer_version_id=row.pk, offer_id=row.offer_id, code=code, version=row.version)


def _version_values(version: VersionSpec, where: str) -> dict[str, Any]:
    return {
        "valid_from": version.valid_from,
        "name_en": version.name_en,
        "name_it": version.name_it,
        "description_en": version.description_en,
        "description_it": version.description_it,
        "tariff_version_id": _tariff_id(version, where),
        "network_profile": version.network_profile,
        "minimum_term_months": version.minimum_term_months,
        "notice_days": version.notice_days,
    }


def _tariff_id(version: VersionSpec, where: str) -> int | None:
    if version.tariff is None:
        return None
    code, _, number = version.tariff.partition("/")
    found = TariffVersion.objects.filter(code=code, version=int(number) if number.isdecimal() else 0).first()
    if found is None:
        raise UnknownTariff(field="tariff", tariff=version.tariff)
    if found.valid_from > version.valid_from:
        reason = f"tariff {version.tariff} is valid only from {found.valid_from.isoformat()}"
        raise CatalogueRefused(faults=[Fault(f"{where}.tariff", reason)])
    return found.pk


def _write_money(row: OfferVersion, version: VersionSpec) -> None:
    Price.objects.bulk_create(
        Price(
            version=row,
            position=position,
            kind=price.kind,
            name_en=price.name_en,
            name_it=price.name_it,
            amount_micro=price.amount.micro,
            currency=price.amount.currency,
            tax_included=price.tax_included,
            tax_category=price.tax_category,
            in_advance=price.in_advance,
        )
        for position, price in enumerate(version.prices, start=1)
    )
    Discount.objects.bulk_create(
        Discount(
            version=row,
            position=position,
            kind=discount.kind,
            basis_points=discount.basis_points,
            amount_micro=None if discount.amount is None else discount.amount.micro,
            duration_months=discount.duration_months,
            name_en=discount.name_en,
            name_it=discount.name_it,
        )
        for position, discount in enumerate(version.discounts, start=1)
    )


def _refuse_other_content(row: OfferVersion, version: VersionSpec, where: str) -> None:
    for name, value in _version_values(version, where).items():
        if getattr(row, name) != value:
            raise CatalogueContradiction(path=f"{where}.{name}", reason=f"it was launched with '{getattr(row, name)}'")
    prices = [
        (p.kind, p.name_en, p.name_it, p.amount_micro, p.currency, p.tax_included, p.tax_category, p.in_advance)
        for p in row.prices.order_by("position")
    ]
    wanted_prices = [
        (p.kind, p.name_en, p.name_it, p.amount.micro, p.amount.currency, p.tax_included, p.tax_category, p.in_advance)
        for p in version.prices
    ]
    discounts = [
        (d.kind, d.name_en, d.name_it, d.basis_points, d.amount_micro, d.duration_months)
        for d in row.discounts.order_by("position")
    ]
    wanted_discounts = [
        (d.kind, d.name_en, d.name_it, d.basis_points, d.amount and d.amount.micro, d.duration_months)
        for d in version.discounts
    ]
    for name, stored, wanted in (("prices", prices, wanted_prices), ("discounts", discounts, wanted_discounts)):
        if len(stored) != len(wanted):
            raise CatalogueContradiction(path=f"{where}.{name}", reason=f"it was launched with {len(stored)} of them")
        for index, (left, right) in enumerate(zip(stored, wanted, strict=True)):
            if left != right:
                raise CatalogueContradiction(path=f"{where}.{name}.{index}", reason="it was launched otherwise")


__all__ = [
    "AlreadyOnSale",
    "CatalogueContradiction",
    "CatalogueRefused",
    "ImportReport",
    "OfferVersionRef",
    "SaleEndsBeforeItBegins",
    "UnknownOffer",
    "UnknownTariff",
    "UnknownVersion",
    "create_offer",
    "create_offer_version",
    "create_tariff_version",
    "import_catalogue",
    "launch",
    "parse_text",
    "retire",
    "retire_expired",
]
