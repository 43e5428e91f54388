"""How fast the customer's page and the search answer."""

from __future__ import annotations

import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from utenza.demo.people import applicant
from utenza.infra import clock, search
from utenza.infra.transactions import transaction
from utenza.infra.users import create_user
from utenza.parties import operations as parties

PASSWORD = "bench-brezza-2026"  # noqa: S105 - of a database that is thrown away
CONCURRENCY = 4
KINDS = ("name", "number", "tax_code", "email", "bill")


def measure(*, short: bool) -> dict[str, Any]:
    """Return the report: milliseconds and counts, with an unstyled answer of the same stack as the floor."""
    customers, entries, rounds = (1_000, 10_000, 100) if short else (10_000, 100_000, 400)
    ids = _customers(customers)
    _search_entries(entries)
    with transaction():
        create_user(username="bench", password=PASSWORD, roles=["administrator"])
    client = _client()
    pages = [f"/customers/{ids[number * 37 % len(ids)]}/" for number in range(rounds)]
    with CaptureQueriesContext(connection) as seen:
        client.get(pages[0])
    page_ms = _timed([partial(_get, page) for page in pages])
    floor_ms = _timed([partial(_get, "/accounts/login/")] * rounds)
    figures: dict[str, Any] = {
        "customers": customers,
        "search_entries": entries,
        "customer_page_queries": len(seen),
        "customer_page_p50_ms": _percentile(page_ms, 50),
        "customer_page_p95_ms": _percentile(page_ms, 95),
    }
    for kind in KINDS:
        taken = [
            _clocked(partial(search.search, text=_needle(kind, number * 53 % entries))) for number in range(rounds)
        ]
        figures[f"search_{kind}_p95_ms"] = _percentile(taken, 95)
    select_ms = [_clocked(_select_one) for _ in range(rounds)]
    floor = {"empty_page_p50_ms": _percentile(floor_ms, 50), "select_one_p95_ms": _percentile(select_ms, 95)}
    slowest = max(figures[f"search_{kind}_p95_ms"] for kind in KINDS)
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "figures": figures,
        "floor": floor,
        "ratios": {
            "customer_page_to_empty_page": round(figures["customer_page_p50_ms"] / floor["empty_page_p50_ms"], 2),
            "slowest_search_to_select_one": round(slowest / floor["select_one_p95_ms"], 1),
        },
    }


def _customers(count: int) -> list[int]:
    at = clock.now()
    ids: list[int] = []
    for start in range(0, count, 500):
        with transaction():
            for number in range(start, min(start + 500, count)):
                form = applicant(number).form
                ref = parties.admit_person(
                    given_name=form["given_name"], family_name=f"{form['family_name']} {number}", at=at
                )
                parties.activate_customer(customer_id=ref.customer_id, at=at)
                ids.append(ref.customer_id)
    return ids


def _search_entries(count: int) -> None:
    for start in range(0, count, 5_000):
        with transaction():
            search.index_entries([_row(number) for number in range(start, min(start + 5_000, count))])


def _row(number: int) -> search.SearchRow:
    form = applicant(number % 40_000).form
    words = [_needle(kind, number) for kind in KINDS]
    return search.SearchRow(
        kind="bench",
        key=str(number),
        customer_id=number + 1,
        title=f"{form['given_name']} {form['family_name']}",
        words=[str(form["given_name"]), str(form["family_name"]), *words],
    )


def _needle(kind: str, number: int) -> str:
    """Return what a person would type to find entry `number` by `kind`."""
    return {
        "name": f"cliente{number:06d}",
        "number": f"C9{number:07d}",
        "tax_code": f"RSSMRA{number % 90 + 10}A{number % 28 + 1:02d}H{number % 1000:03d}{chr(65 + number % 26)}",
        "email": f"cliente.{number}@posta.example",
        "bill": f"F-2026-{number:06d}",
    }[kind]


def _client() -> Client:
    client = Client()
    if not client.login(username="bench", password=PASSWORD):
        raise RuntimeError("the benchmark could not sign in")
    return client


_clients: dict[int, Client] = {}


def _get(page: str) -> None:
    thread = threading.get_ident()
    if thread not in _clients:
        _clients[thread] = _client()
    answer = _clients[thread].get(page)
    if answer.status_code not in (200, 302):
        raise RuntimeError(f"{page} answered {answer.status_code}")


def _timed(calls: Sequence[Callable[[], None]]) -> list[float]:
    """Return the milliseconds of each call, made by as many threads as the concurrency, after one warm-up each."""
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(lambda call: call(), calls[: CONCURRENCY * 3]))
        return list(pool.map(_clocked, calls))


def _clocked(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1], 2)
