"""Screening an applicant for fraud: what stands around, by the index of described persons, and what the rules say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from utenza.application.models import Application, DeniedPerson, FraudRuleSet, FraudScreening, ScreenedPerson
from utenza.application.operations.describing import ALIKE, Keyed, describe_application, described
from utenza.application.rules.fraud import DEFAULTS, Found, FraudRules, MarkKind, Screened, from_json, screen
from utenza.application.rules.likeness import likeness
from utenza.application.states import ApplicationStatus, Channel, CheckResult, FraudReview
from utenza.parties import queries as parties

# Who would have to be compared beyond this shares a key that says nothing; the nearest in time are compared.
CANDIDATES_MAX = 2_000
_TAKEN = (ApplicationStatus.ACCEPTED, ApplicationStatus.ORDERED)
_STAFFED = (Channel.DESK, Channel.PHONE, Channel.AGENT)
_NEIGHBOURS = """
    SELECT p.id, p.tax_key, p.application_id, p.customer_id, p.denied_id, p.described_at, k.kind, k.key
    FROM application_screeningkey k JOIN application_screenedperson p ON p.id = k.person_id
    WHERE k.key = ANY(%s) AND p.application_id IS DISTINCT FROM %s
    ORDER BY p.described_at DESC, p.id LIMIT %s
"""


@dataclass(slots=True)
class _Neighbour:
    person_id: int
    tax_key: int
    application_id: int | None
    customer_id: int | None
    denied_id: int | None
    described_at: datetime
    shared: set[tuple[str, int]] = field(default_factory=set)

    def shares(self, kind: str) -> bool:
        return any(own == kind for own, _key in self.shared)


def rules_in_force() -> tuple[int, FraudRules]:
    """Return the version of the rules' values that holds, 0 for what they begin with, and the values."""
    row = FraudRuleSet.objects.order_by("-version").first()
    return (0, DEFAULTS) if row is None else (row.version, from_json(row.values))


def screen_application(
    application: Application, form: Mapping[str, Any], *, known_id: int | None, number: int, at: datetime
) -> Screened:
    """Describe the applicant, look around, and keep what the rules say as round `number`."""
    own = describe_application(application, form, at=at)
    version, values = rules_in_force()
    screened = screen(look_around(application, own, values, known_id=known_id, at=at), values)
    # What an earlier form gave reason to review is reviewed with this one, or not at all.
    application.screenings.filter(review=FraudReview.OPEN).update(review=FraudReview.NOT_NEEDED)
    FraudScreening.objects.create(
        application=application,
        round=number,
        rules_version=version,
        points=screened.points,
        result=screened.result,
        hits=[{"code": hit.code, "points": hit.points, "data": dict(hit.data)} for hit in screened.hits],
        screened_at=at,
        review=FraudReview.NOT_NEEDED if screened.result == CheckResult.PASS else FraudReview.OPEN,
    )
    return screened


def look_around(
    application: Application, own: Keyed, values: FraudRules, *, known_id: int | None, at: datetime
) -> dict[str, Found]:
    """Return what stands around an applicant, by rule."""
    neighbours = _neighbours(application, own)
    others = [each for each in neighbours if each.tax_key != own.tax_key]
    since = {code: at - timedelta(hours=rule.window_h) for code, rule in values.rules.items()}
    found = {
        kind.value: _sharing(
            [each for each in others if each.denied_id is None and each.described_at > since[kind]], kind
        )
        for kind in MarkKind
    }
    alike = _alike(own, others, values.likeness / 100)
    customers = {each.customer_id for each in alike if each.customer_id is not None} - {known_id}
    applicants = {
        each.application_id
        for each in alike
        if each.customer_id is None and each.application_id is not None
        and each.described_at > since["alike_application"]
    }  # fmt: skip
    found["alike_application"] = _applications(applicants)
    found |= _customers_alike(customers)
    same = {each.denied_id for each in neighbours if each.denied_id is not None and each.shares(MarkKind.DOCUMENT)}
    same |= _denied_by_tax_key(own)
    found["denied_same"] = _denied(same)
    found["denied_alike"] = _denied({each.denied_id for each in alike if each.denied_id is not None} - same)
    return found | _counts(application, own, since, at)


def _neighbours(application: Application, own: Keyed) -> list[_Neighbour]:
    """Return who shares a key with the applicant, each once."""
    found: dict[int, _Neighbour] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, [[key for _kind, key in own.keys], application.pk, 4 * CANDIDATES_MAX])
        for *facts, kind, key in cursor.fetchall():
            found.setdefault(facts[0], _Neighbour(*facts)).shared.add((kind, key))
    return list(found.values())


def _sharing(neighbours: list[_Neighbour], kind: str) -> Found:
    """Return how many other persons share a mark, with one application or customer of each."""
    people: dict[int, _Neighbour] = {}
    for each in neighbours:
        if each.shares(kind):
            people.setdefault(each.tax_key, each)
    if not people:
        return Found(0)
    references = _references(people.values())
    return Found(len(people), references)


def _references(neighbours: Collection[_Neighbour]) -> tuple[str, ...]:
    applications = {each.application_id for each in neighbours if each.application_id is not None}
    customers = {each.customer_id for each in neighbours if each.application_id is None and each.customer_id}
    return (*_applications(applications).references, *sorted(_customer_numbers(customers).values()))


def _alike(own: Keyed, others: list[_Neighbour], least: float) -> list[_Neighbour]:
    """Return the others who are nearly the same person."""
    nearby = [each for each in others if each.shares(ALIKE) or each.shares(MarkKind.DOCUMENT)][:CANDIDATES_MAX]
    rows = ScreenedPerson.objects.filter(pk__in=[each.person_id for each in nearby])
    stored = dict(rows.values_list("pk", "description"))
    return [
        each
        for each in nearby
        if each.person_id in stored
        and likeness(
            own.described,
            described(stored[each.person_id], frozenset(key for kind, key in each.shared if kind != ALIKE)),
        )
        >= least
    ]


def _customers_alike(ids: Collection[int | None]) -> dict[str, Found]:
    """Return the customers who are nearly the same person, and which of them owe or are blocked for fraud."""
    numbers = _customer_numbers(ids)
    owing = {each for each in numbers if _owes(each)}
    blocked = {each for each in numbers if _blocked_for_fraud(each)}
    rules = (("alike_customer", set(numbers)), ("debtor", owing), ("fraudster", blocked))
    return {code: Found(len(own), tuple(sorted(numbers[each] for each in own))) for code, own in rules}


def _customer_numbers(ids: Collection[int | None]) -> dict[int, str]:
    known = [each for each in ids if each is not None]
    return {view.customer_id: view.number for view in parties.customers(known).values()} if known else {}


def _applications(ids: Collection[int | None]) -> Found:
    if not ids:
        return Found(0)
    numbers = Application.objects.filter(pk__in=list(ids)).order_by("number").values_list("number", flat=True)
    return Found(len(numbers), tuple(numbers))


def _denied(ids: Collection[int | None]) -> Found:
    if not ids:
        return Found(0)
    numbers = DeniedPerson.objects.filter(pk__in=list(ids)).order_by("number").values_list("number", flat=True)
    return Found(len(numbers), tuple(numbers))


def _denied_by_tax_key(own: Keyed) -> set[int]:
    rows = DeniedPerson.objects.filter(screenedperson__tax_key=own.tax_key, lifted_at__isnull=True)
    return set(rows.values_list("pk", flat=True))


def _owes(customer_id: int) -> bool:
    standings = parties.payment_standings_of(customer_id)
    return any(each.overdue_micro > 0 for each in standings) or any(
        block.reason == "debt" for block in parties.blocks(customer_id)
    )


def _blocked_for_fraud(customer_id: int) -> bool:
    return any(block.reason == "fraud" for block in parties.blocks(customer_id))


def _counts(application: Application, own: Keyed, since: Mapping[str, datetime], at: datetime) -> dict[str, Found]:
    """Return how often the same person, the agent and the shop applied lately, this application included."""
    mine = ScreenedPerson.objects.filter(tax_key=own.tax_key, application__isnull=False)
    lately = mine.filter(application__submitted_at__gt=since["many_applications"]).count()
    held = mine.filter(application__status__in=_TAKEN).exclude(application=application)
    asked = mine.filter(application=application).values_list("prepaid_sims", flat=True).first() or 0
    sims = asked + (held.aggregate(sims=Sum("prepaid_sims"))["sims"] or 0) if asked else 0
    found: dict[str, int] = defaultdict(int, many_applications=lately, prepaid_sims=sims)
    taken = Application.objects.filter(channel__in=_STAFFED, submitted_at__lte=at)
    if application.channel in _STAFFED:
        own_agent = taken.filter(started_by=application.started_by)
        found["agent_velocity"] = own_agent.filter(submitted_at__gt=since["agent_velocity"]).count()
    if application.shop:
        own_shop = taken.filter(shop=application.shop)
        found["shop_velocity"] = own_shop.filter(submitted_at__gt=since["shop_velocity"]).count()
    return {code: Found(count) for code, count in found.items()}
