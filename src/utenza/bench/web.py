"""How fast the customer's page and the search answer, with ten thousand customers as they really are."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from utenza.bench import crowd
from utenza.bench.serving import Browser, Round, Serving, serving
from utenza.infra import operator, search
from utenza.infra.transactions import transaction
from utenza.infra.users import create_user
from utenza.web import rail

PASSWORD = "bench-brezza-2026"  # noqa: S105 - of a database that is thrown away
CUSTOMERS = 10_000
FINDABLE_CUSTOMERS, FINDABLE_BILLS = 100_000, 300_000
CONCURRENCY = 4
KINDS = ("name", "number", "tax_code", "email", "bill")
# The most that each figure may be, on two cores that nobody else uses.
AIMS: dict[str, float] = {
    "customer_page_queries": 12,
    "customer_page_cold_queries": 12,
    "customer_page_p50_ms": 25,
    "customer_page_p95_ms": 80,
    **{f"search_{kind}_p95_ms": 100 for kind in KINDS},
    "search_page_p95_ms": 100,
}


def measure(home: Path, *, short: bool) -> dict[str, Any]:
    """Return the figures, with what the frame alone, a bare answer and `SELECT 1` take as the floor."""
    rounds = 200 if short else 1_000
    laid_s = _clocked(partial(crowd.lay, CUSTOMERS)) / 1000
    crowd.make_findable(customers=FINDABLE_CUSTOMERS, bills=FINDABLE_BILLS)
    with transaction():
        create_user(username="bench", password=PASSWORD, roles=["csr"])
    pages = [f"/customers/{number * 37 % CUSTOMERS + 1}/" for number in range(rounds)]
    warm, cold = _queries(pages[:60])
    figures: dict[str, Any] = {
        "customers": CUSTOMERS,
        "lay_s": round(laid_s, 1),
        "customer_page_queries": warm,
        "customer_page_cold_queries": cold,
    }
    with serving(home) as server:
        floor = _pages(server, pages, figures)
    figures |= {"search_customers": FINDABLE_CUSTOMERS, "search_bills": FINDABLE_BILLS}
    for kind in KINDS:
        found = [partial(search.search, text=needle(kind, number * 5_303)) for number in range(rounds)]
        figures[f"search_{kind}_p95_ms"] = _percentile([_clocked(one) for one in found], 95)
    floor["select_one_p95_ms"] = _percentile([_clocked(_select_one) for _ in range(rounds)], 95)
    slowest_ms = max(figures[f"search_{kind}_p95_ms"] for kind in KINDS)
    ratios = {
        "customer_page_to_frame": round(figures["customer_page_p50_ms"] / floor["frame_p50_ms"], 2),
        "customer_page_cpu_to_frame": round(figures["customer_page_cpu_ms"] / max(floor["frame_cpu_ms"], 0.01), 2),
        "slowest_search_to_select_one": round(slowest_ms / floor["select_one_p95_ms"], 1),
    }
    return {"figures": figures, "floor": floor, "ratios": ratios}


def _pages(server: Serving, pages: Sequence[str], figures: dict[str, Any]) -> dict[str, Any]:
    """Fetch pages over HTTP, write their figures into `figures`, and return the floor of the same stack."""
    browsers = [Browser(server.port) for _ in range(CONCURRENCY)]
    for browser in browsers:
        browser.sign_in("bench", PASSWORD)
    server.rounds(browsers, pages[:80])
    page = server.rounds(browsers, pages)
    finds = [f"/search/?q={quote(needle(KINDS[number % 5], number * 5_303))}" for number in range(len(pages))]
    found = server.rounds(browsers, finds)
    figures |= (
        _shown("customer_page", page) | {"customer_pages_per_s": _per_second(page)} | _shown("search_page", found)
    )
    frame = server.rounds(browsers, ["/search/"] * len(pages))
    strangers = [Browser(server.port) for _ in range(CONCURRENCY)]
    bare = server.rounds(strangers, ["/customers/"] * len(pages), expected=302)
    return {**_shown("frame", frame), **_shown("bare_answer", bare)}


def _shown(name: str, took: Round) -> dict[str, float]:
    return {
        f"{name}_p50_ms": _percentile(took.each_ms, 50),
        f"{name}_p95_ms": _percentile(took.each_ms, 95),
        f"{name}_cpu_ms": round(took.processor_ms / len(took.each_ms), 2),
    }


def _per_second(took: Round) -> float:
    return round(len(took.each_ms) / took.wall_ms * 1000, 1)


def _queries(pages: Sequence[str]) -> tuple[int, int]:
    """Return the most queries that one of the pages took, with what a process keeps in memory and without."""
    client = Client()
    if not client.login(username="bench", password=PASSWORD):
        raise RuntimeError("the benchmark could not sign in")
    most = {True: 0, False: 0}
    for warm in (False, True):
        for page in pages:
            if not warm:
                rail.forget_counts()
                operator.forget()
            with CaptureQueriesContext(connection) as seen:
                answer = client.get(page)
            if answer.status_code != 200:
                raise RuntimeError(f"{page} answered {answer.status_code}")
            most[warm] = max(most[warm], len(seen))
    return most[True], most[False]


def needle(kind: str, number: int) -> str:
    """Return what somebody types to find one of the customers or bills by `kind`: often only the beginning of it."""
    one = crowd.Person(number % FINDABLE_CUSTOMERS + 1)
    name = (one.family_name, one.name, one.family_name[:4])[number % 3]
    bill = crowd.bill_number(number % FINDABLE_BILLS + 1)
    return {"name": name, "number": one.number, "tax_code": one.tax_code, "email": one.email, "bill": bill}[kind]


def _clocked(call: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    call()
    return (time.perf_counter() - began_s) * 1000


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1], 2)
