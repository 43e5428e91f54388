"""Public reads of ordering."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import profile
from utenza.infra.waiting import Waiting
from utenza.ordering.models import Agreement, AgreementVersion, Order
from utenza.ordering.states import AgreementStatus, OrderStatus

OPEN_ORDERS = (OrderStatus.AWAITING_DEPOSIT, OrderStatus.IN_PROGRESS, OrderStatus.FALLOUT)


class UnknownOrder(Refusal):
    code = "unknown_order"
    text = N_("There is no order %(order)s: look it up by its number.")


class UnknownAgreement(Refusal):
    code = "unknown_agreement"
    text = N_("There is no agreement %(agreement)s: look it up on the customer's page.")


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement with the offer that holds now, or held last; days as in the README."""

    agreement_id: int
    number: str
    customer_id: int
    account_id: int | None
    line_id: int | None
    parent_id: int | None
    order_id: int | None
    status: str
    start_date: date | None
    end_date: date | None
    end_reason: str
    offer_version_id: int
    offer_code: str
    offer_kind: str
    name_en: str
    name_it: str


@dataclass(frozen=True, slots=True)
class AgreementVersionView:
    """One stretch of an agreement's time line; `to_date` is None while it goes on."""

    offer_version_id: int
    from_date: date
    to_date: date | None


@dataclass(frozen=True, slots=True)
class TariffStay:
    """By which tariff version a line's usage is priced from a day up to, not including, another."""

    line_id: int
    agreement_id: int
    tariff_version_id: int
    from_date: date
    to_date: date | None
    bill_day: int
    cycle_months: int
    account_id: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with the agreements that it brings."""

    order_id: int
    number: str
    customer_id: int
    application_id: int | None
    status: str
    placed_at: datetime
    placed_by: str
    completed_at: datetime | None
    problem: str
    deposit_micro: int
    deposit_account_id: int | None
    deposit_confirmed_at: datetime | None
    agreements: tuple[AgreementView, ...]


def agreement(agreement_id: int) -> AgreementView:
    """Return one agreement.

    :raises UnknownAgreement: if there is none with this id.
    """
    found = _views(Agreement.objects.filter(pk=agreement_id))
    if not found:
        raise UnknownAgreement(agreement=agreement_id)
    return found[0]


def agreements_of(customer_id: int) -> list[AgreementView]:
    """Return the agreements of one node of a customer, in the order in which they were made."""
    return _views(Agreement.objects.filter(customer_id=customer_id))


def agreements_of_customers(customer_ids: Sequence[int]) -> list[AgreementView]:
    """Return the agreements of several nodes, in the order in which they were made."""
    return _views(Agreement.objects.filter(customer_id__in=list(customer_ids)))


def agreements_of_account(account_id: int) -> list[AgreementView]:
    """Return the agreements that an account pays for and that are or were in force, in order of their making."""
    rows = Agreement.objects.filter(account_id=account_id)
    return _views(rows.exclude(status__in=[AgreementStatus.PENDING, AgreementStatus.CANCELLED]))


def account_is_needed(account_id: int) -> bool:
    """Say whether an account pays, or is to pay, for an agreement that is in force or waits to be."""
    living = [AgreementStatus.PENDING, AgreementStatus.ACTIVE]
    return Agreement.objects.filter(account_id=account_id, status__in=living).exists()


def agreements_of_line(line_id: int) -> list[AgreementView]:
    """Return the agreements on a line, plans and add-ons, in the order in which they were made."""
    return _views(Agreement.objects.filter(line_id=line_id))


def agreement_versions(agreement_id: int) -> list[AgreementVersionView]:
    """Return an agreement's time line, the earliest stretch first; empty until it is in force."""
    rows = AgreementVersion.objects.filter(agreement_id=agreement_id, from_date__isnull=False).order_by("from_date")
    return [AgreementVersionView(row.offer_version_id, row.from_date, row.to_date) for row in rows if row.from_date]


def tariff_timeline(line_ids: Sequence[int]) -> list[TariffStay]:
    """Return by which tariff the usage of lines is priced, by line, then agreement, then day.

    An agreement that no account pays (prepaid) counts by calendar months in the operator's currency.
    """
    rows = (
        AgreementVersion.objects.filter(
            agreement__line_id__in=list(line_ids),
            from_date__isnull=False,
            offer_version__tariff_version__isnull=False,
        )
        .select_related("agreement__account", "offer_version")
        .order_by("agreement__line_id", "agreement_id", "from_date")
    )
    stays = []
    for row in rows:
        account, line_id, tariff = row.agreement.account, row.agreement.line_id, row.offer_version.tariff_version_id
        if row.from_date is None or line_id is None or tariff is None or row.from_date == row.to_date:
            continue
        stays.append(
            TariffStay(
                line_id=line_id,
                agreement_id=row.agreement_id,
                tariff_version_id=tariff,
                from_date=row.from_date,
                to_date=row.to_date,
                bill_day=account.bill_day if account else 1,
                cycle_months=account.cycle_months if account else 1,
                account_id=row.agreement.account_id,
                currency=account.currency if account else profile().currency,
            )
        )
    return stays


def order(order_id: int) -> OrderView:
    """Return one order.

    :raises UnknownOrder: if there is none with this id.
    """
    row = Order.objects.filter(pk=order_id).first()
    if row is None:
        raise UnknownOrder(order=order_id)
    return _order_views([row])[0]


def order_by_number(number: str) -> OrderView:
    """Return the order with this number.

    :raises UnknownOrder: if there is none.
    """
    row = Order.objects.filter(number=number.strip().upper()).first()
    if row is None:
        raise UnknownOrder(order=number)
    return _order_views([row])[0]


def orders(
    *, statuses: Collection[str] | None = None, customer_id: int | None = None, limit: int = 50, offset: int = 0
) -> list[OrderView]:
    """Return orders, the newest first: in some statuses or in all, of one customer or of all."""
    rows = Order.objects.order_by("-placed_at", "-pk")
    if statuses is not None:
        rows = rows.filter(status__in=statuses)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    return _order_views(list(rows[offset : offset + limit]))


def order_counts() -> dict[str, int]:
    """Return how many orders there are in each status that any has."""
    return dict(Order.objects.values_list("status").annotate(orders=Count("pk")))


def stuck_orders() -> Waiting:
    """Return the orders that need a person, to be counted."""
    return Waiting(Order.objects.filter(status=OrderStatus.FALLOUT))


def open_order_count() -> int:
    """Return how many orders are neither completed nor cancelled."""
    return Order.objects.filter(status__in=OPEN_ORDERS).count()


def _order_views(rows: Sequence[Order]) -> list[OrderView]:
    """Return orders with their agreements, in as many queries for fifty as for one."""
    brought: dict[int, list[AgreementView]] = defaultdict(list)
    for agreement in _views(Agreement.objects.filter(order__in=[row.pk for row in rows])):
        if agreement.order_id is not None:
            brought[agreement.order_id].append(agreement)
    return [
        OrderView(
            order_id=row.pk,
            number=row.number,
            customer_id=row.customer_id,
            application_id=row.application_id,
            status=row.status,
            placed_at=row.placed_at,
            placed_by=row.placed_by,
            completed_at=row.completed_at,
            problem=row.problem,
            deposit_micro=row.deposit_micro,
            deposit_account_id=row.deposit_account_id,
            deposit_confirmed_at=row.deposit_confirmed_at,
            agreements=tuple(brought[row.pk]),
        )
        for row in rows
    ]


def _views(rows: QuerySet[Agreement]) -> list[AgreementView]:
    found = rows.prefetch_related("versions__offer_version__offer").order_by("pk")
    views = []
    for row in found:
        held = max(row.versions.all(), key=lambda version: version.pk).offer_version
        views.append(
            AgreementView(
                agreement_id=row.pk,
                number=row.number,
                customer_id=row.customer_id,
                account_id=row.account_id,
                line_id=row.line_id,
                parent_id=row.parent_id,
                order_id=row.order_id,
                status=row.status,
                start_date=row.start_date,
                end_date=row.end_date,
                end_reason=row.end_reason,
                offer_version_id=held.pk,
                offer_code=held.offer.code,
                offer_kind=held.offer.kind,
                name_en=held.name_en,
                name_it=held.name_it,
            )
        )
    return views
