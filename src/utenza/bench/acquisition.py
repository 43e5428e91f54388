"""How well duplicates are found, and how fast an application is decided among many."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from utenza.application import operations, queries
from utenza.application.operations.describing import keyed
from utenza.application.rules.fraud import DEFAULTS
from utenza.application.rules.likeness import Described, blocking_keys, likeness
from utenza.bench.people import MEASURE_SEED, Pair, perturbed, population
from utenza.country.italy.tax_code import compute
from utenza.infra import clock
from utenza.infra.encryption import encrypt
from utenza.infra.names import sort_key
from utenza.infra.transactions import transaction

REGISTER = 20_000
LEAST = DEFAULTS.likeness / 100


def measure(*, short: bool) -> dict[str, Any]:
    """Return the report: shares of duplicates found, and milliseconds of a decision beside those of an empty query."""
    size = REGISTER // 10 if short else REGISTER
    crowd, rounds = (10_000, 60) if short else (100_000, 300)
    figures: dict[str, Any] = {f"duplicates_{name}": value for name, value in _rounded(size).items()}
    people = population(crowd, seed=MEASURE_SEED + 7)
    _history("DISABLE")
    _lay_customers(people)
    _lay_applications(people)
    _history("ENABLE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    decision_ms, cpu_ms, floor_ms = _decisions(people, rounds)
    figures |= {
        "customers": crowd,
        "applications": crowd,
        "decision_p50_ms": _percentile(decision_ms, 50),
        "decision_p95_ms": _percentile(decision_ms, 95),
        "decision_cpu_p95_ms": _percentile(cpu_ms, 95),
    }
    floor = {"empty_commit_p50_ms": _percentile(floor_ms, 50), "empty_commit_p95_ms": _percentile(floor_ms, 95)}
    return {
        "figures": figures,
        "floor": floor,
        "ratios": {"decision_to_empty_commit": round(figures["decision_p95_ms"] / floor["empty_commit_p95_ms"], 1)},
    }


def _rounded(size: int) -> dict[str, float]:
    found = likeness_figures(register=size, queries=size, seed=MEASURE_SEED)
    return {name: round(value, 4) for name, value in found.items()}


def likeness_figures(*, register: int, queries: int, seed: int) -> dict[str, float]:
    """Return recall and precision of the search for duplicates, by the same keys and score as a decision uses.

    `queries` descriptions of persons of the register, each with one fault or two, and as many persons who are not in
    it, are searched. Recall: of the former, how many find their person. Precision: of all pairs reported for either,
    how many are one person.
    """
    people = population(register, seed=seed)
    index: dict[str, list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        for key in blocking_keys(person):
            index[key].append(place)
    known = {(person.given_name, person.family_name, person.birth_date) for person in people}
    strangers = [
        Pair(-1, person)
        for person in population(queries, seed=seed + 2)
        if (person.given_name, person.family_name, person.birth_date) not in known
    ]
    right = wrong = compared = 0
    asked = [*perturbed(people, queries, seed=seed + 1), *strangers]
    for query in asked:
        candidates = {place for key in blocking_keys(query.described) for place in index.get(key, ())}
        compared += len(candidates)
        for place in candidates:
            if likeness(query.described, people[place]) >= LEAST:
                right += place == query.index
                wrong += place != query.index
    return {
        "recall": right / queries,
        "precision": right / max(right + wrong, 1),
        "compared_per_query": compared / len(asked),
    }


_LAID_AT = datetime(2025, 6, 1, 9, tzinfo=UTC)


def _history(do: str) -> None:
    """Have the database write the history of what is laid, or not."""
    for table in ("parties_party", "parties_customer", "application_application"):
        with transaction(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} {do} TRIGGER USER")


def _code(person: Described, place: int) -> str:
    return compute(
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date or date(1980, 1, 1),
        sex=person.sex,
        place_code=f"{'ABCDEFGHIL'[place % 10]}{place // 10 % 900 + 100}",
    )


def _lay_customers(people: list[Described]) -> None:
    """Write the people as customers, by COPY: a register this large takes an hour by operations."""
    with transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM parties_party")
        first = int(cursor.fetchone()[0]) + 1
        with cursor.copy(
            "COPY parties_party (id, kind, given_name, family_name, birth_date, birth_place, sex, legal_name,"
            " legal_form, country, tax_code, vat_number, language, sort_key) FROM STDIN"
        ) as copy:
            for place, person in enumerate(people):
                copy.write_row(
                    (first + place, "person", person.given_name, person.family_name, person.birth_date, "", person.sex,
                     "", "", "IT", _unique_code(person, place), "", "it",
                     sort_key(f"{person.family_name} {person.given_name}"))
                )  # fmt: skip
        with cursor.copy(
            "COPY parties_customer (id, number, party_id, kind, node_kind, root_id, path, paid_by_id, status,"
            " admitted_at, since_date, credit_class) FROM STDIN"
        ) as copy:
            for place in range(len(people)):
                pk = first + place
                copy.write_row(
                    (pk, f"B{pk:07d}", pk, "individual", "individual", pk, f"/{pk:010d}/", pk, "active", _LAID_AT,
                     _LAID_AT.date(), "B")
                )  # fmt: skip
        for table in ("parties_party", "parties_customer"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)", [first + len(people)])


def _unique_code(person: Described, place: int) -> str:
    """Return a code that is nobody else's: a register holds each once, and these are never read back."""
    return f"{_code(person, place)[:11]}{place:05d}"


def _lay_applications(people: list[Described]) -> None:
    """Write an accepted application of each customer, with its description and keys, by COPY."""
    form = encrypt("{}", context="application_application.form")
    with transaction(), connection.cursor() as cursor:
        with cursor.copy(
            "COPY application_application (id, number, kind, channel, market, payment, status, country, applicant,"
            " form, node_ids, outcome, credit_class, deposit_micro, reason, shop, device_key, started_by, started_at,"
            " submitted_at, decided_by) FROM STDIN"
        ) as copy:
            for place, person in enumerate(people, start=1):
                at = _LAID_AT + timedelta(minutes=4 * place)
                copy.write_row(
                    (place, f"Q{place:07d}", "individual", "desk", "", "postpaid", "refused", "IT",
                     f"{person.given_name} {person.family_name}", form, "[]", "refused", "E", 0, "",
                     f"shop {place % 50}", "", f"agent {place % 300}", at, at, "")
                )  # fmt: skip
        cursor.execute("SELECT setval(pg_get_serial_sequence('application_application', 'id'), %s)", [len(people) + 1])
        _lay_descriptions(people)


def _lay_descriptions(people: list[Described]) -> None:
    described = [
        keyed(
            Described(each.given_name, each.family_name, each.birth_date, each.sex, _unique_code(each, place)),
            country="IT",
            marks={
                "email": [f"{place}@posta.example"], "phone": [f"+39333{place:07d}"], "document": [f"CA{place:05d}"],
                "address": [f"IT|00185|roma|via {place // 3}|{place % 90}"],
            },
        )
        for place, each in enumerate(people)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        for offset, column in ((0, "application_id"), (len(people), "customer_id")):
            with cursor.copy(
                f"COPY application_screenedperson (id, {column}, description, tax_key, prepaid_sims, described_at)"
                " FROM STDIN"
            ) as copy:
                for place, (person, one) in enumerate(zip(people, described, strict=True), start=1):
                    text = json.dumps([person.given_name, person.family_name, str(person.birth_date), person.sex])
                    sealed = encrypt(text, context="application_screenedperson.description")
                    at = _LAID_AT + timedelta(minutes=4 * place)
                    copy.write_row((offset + place, place, sealed, one.tax_key, 0, at))
            with cursor.copy("COPY application_screeningkey (person_id, kind, key) FROM STDIN") as copy:
                for place, one in enumerate(described, start=1):
                    for kind, key in one.keys:
                        copy.write_row((offset + place, kind, key))
        for table in ("application_screenedperson", "application_screeningkey"):
            last = f"(SELECT max(id) FROM {table})"  # noqa: S608 - our own two tables
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")


def _decisions(people: list[Described], rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Decide `rounds` applications, every other one by somebody nearly the same as a customer.

    Returns milliseconds from begin to commit, of this process's processor in it, and of a commit with nothing in it.
    """
    strangers = population(rounds, seed=MEASURE_SEED + 9)
    known = perturbed(people, rounds, seed=MEASURE_SEED + 8)
    decision_ms, cpu_ms, floor_ms = [], [], []
    for number in range(rounds):
        person = known[number].described if number % 2 else strangers[number]
        application_id = _handed_in(person, number)
        at = clock.now()
        begun, busy = time.perf_counter(), time.thread_time()
        with transaction():
            operations.decide(application_id=application_id, at=at)
        cpu_ms.append((time.thread_time() - busy) * 1000)
        decision_ms.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        with transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        floor_ms.append((time.perf_counter() - begun) * 1000)
    warm = rounds // 10
    return decision_ms[warm:], cpu_ms[warm:], floor_ms[warm:]


def _handed_in(person: Described, number: int) -> int:
    at = clock.now()
    code = compute(
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date or date(1980, 1, 1),
        sex=person.sex,
        place_code="H501",
    )
    form = {
        "given_name": person.given_name, "family_name": person.family_name, "sex": person.sex,
        "birth_date": str(person.birth_date), "birth_place": "Roma", "language": "it", "household": "no",
        "email": f"nuovo.{number}@posta.example", "mobile": f"+39320{number:07d}", "street": "Via del Mulino",
        "house_number": str(number), "postcode": "00185", "city": "Roma", "province": "RM", "tax_code": code,
        "document_kind": "identity_card", "document_number": f"CB{number:05d}AB", "document_expiry": "2034-06-30",
        "employment": "permanent", "employment_years": "5", "income_monthly": "1900", "payment_method": "transfer",
        "delivery_channel": "email", "bill_day": "1", "cycle_months": "1", "terms_accepted": "yes",
    }  # fmt: skip
    with transaction():
        ref = operations.start(
            kind="individual", channel="desk", payment="postpaid", at=at, by=f"agent {number}", shop="shop 1"
        )
        for step in queries.application(ref.application_id).steps:
            values = {field.name: form[field.name] for field in step.fields if field.name in form}
            operations.save_step(application_id=ref.application_id, step=step.code, values=values, at=at)
        operations.submit(application_id=ref.application_id, at=at)
    return ref.application_id


def _percentile(values: list[float], share: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 2)
