"""Whatever is typed into an address or sent by a form, the answer is a page with a sentence, never a fault."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from tests.factories import world
from tests.web.scenery import EVERYTHING
from tests.web.walking import addresses

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]

NONSENSE = [
    "abc", "-1", "9223372036854775808", "1e400", "²", "nul\x00within", "0001-01-01", "9999-12-31", "31/02/2026", "NaN",
    "'; DROP TABLE infra_user; --", "<script>alert(1)</script>", "%s%(x)s{0}", "\r\nSet-Cookie: a=b", "x" * 3000,
]  # fmt: skip
# What finds a fault behind a field that is right but for its value; the rest is sent to all fields at once.
WRONG = ["9223372036854775808", "1e400", "0001-01-01", "<script>alert(1)</script>", "x" * 3000]
NUMBERS = ["0", "2147483648", "9223372036854775808", "9" * 40]
SCRIPT = re.compile(r"<script>alert\(1\)")


@pytest.fixture
def values() -> dict[str, str]:
    return world.build()


@pytest.fixture
def all_roles(signed_in: SignedIn) -> Client:
    client = signed_in(*EVERYTHING)
    client.raise_request_exception = False
    return client


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a request did, so that the next finds the same house."""
    with transaction.atomic() as _:
        # A view opens its own outermost transaction; to it, this one is that of the test.
        transaction.get_connection().atomic_blocks[-1]._from_testcase = True
        yield
        transaction.set_rollback(True)


class Fields:
    """The names that a view asks a form or a query for, heard while it runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: set[str] = set()
        for method in ("get", "getlist", "__getitem__"):
            monkeypatch.setattr(QueryDict, method, self._hearing(getattr(QueryDict, method)))

    def _hearing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def heard(query: QueryDict, name: str, *more: Any, **named: Any) -> Any:
            self.names.add(name)
            return original(query, name, *more, **named)

        return heard

    def taken(self) -> list[str]:
        found, self.names = self.names - {"csrfmiddlewaretoken"}, set()
        return sorted(found)


class Faults:
    """What went wrong on the way, by the request that brought it about."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.now = ""

    def note(self, sender: object, **_named: object) -> None:
        import sys

        raised = sys.exc_info()[1]
        trace = raised.__traceback__ if raised is not None else None
        at = ""
        while trace is not None:
            if "utenza" in trace.tb_frame.f_code.co_filename:
                at = f"{trace.tb_frame.f_code.co_filename.rpartition('/src/')[2]}:{trace.tb_lineno}"
            trace = trace.tb_next
        self.found.append(f"{self.now}: {type(raised).__name__} at {at}: {str(raised)[:120]}")

    def demand_none(self) -> None:
        assert not self.found, "\n".join([f"{len(self.found)} faults", *self.found])

    def look(self, answer: Any) -> None:
        if answer.status_code >= 500 and not (self.found and self.found[-1].startswith(f"{self.now}: ")):
            self.found.append(f"{self.now}: status {answer.status_code}")
        if SCRIPT.search(answer.content.decode(errors="replace")):
            self.found.append(f"{self.now}: what was typed is written as markup")


@pytest.fixture
def faults() -> Iterator[Faults]:
    found = Faults()
    got_request_exception.connect(found.note)
    yield found
    got_request_exception.disconnect(found.note)


def test_every_address_can_be_walked_with_what_exists(values: dict[str, str]) -> None:
    """Whoever adds an address says in tests/factories/world.py what to put in its holes."""
    unknown = {hole: one.pattern for one in addresses() for hole in one.holes if hole not in values}
    assert {hole: pattern for hole, pattern in unknown.items() if "|" not in pattern} == {}


def test_every_page_opens_with_what_exists(
    values: dict[str, str], all_roles: Client, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    opened = 0
    with caplog.at_level(logging.ERROR):
        for one in addresses():
            for path in one.filled(values):
                with undone():
                    faults.now = path
                    answer = all_roles.get(path)
                    faults.look(answer)
                    opened += answer.status_code == 200
    faults.demand_none()
    assert opened >= 25
    assert [record.getMessage() for record in caplog.records] == []


def test_no_number_in_an_address_is_a_fault(values: dict[str, str], all_roles: Client, faults: Faults) -> None:
    for one in [one for one in addresses() if one.holes]:
        for number in NUMBERS:
            strange = {name: number if value.isdecimal() else value for name, value in values.items()}
            for path in one.filled(strange):
                for method in ("get", "post"):
                    with undone():
                        faults.now = f"{method} {path}"
                        faults.look(getattr(all_roles, method)(path))
    faults.demand_none()


def test_no_word_in_a_query_is_a_fault(
    values: dict[str, str], all_roles: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = Fields(monkeypatch)
    for one in addresses():
        for path in one.filled(values):
            with undone():
                all_roles.get(path)
            names = {*fields.taken(), "page", "sort", "q"}
            for word in NONSENSE:
                with undone():
                    faults.now = f"get {path}?{'&'.join(sorted(names))}={word[:30]!r}"
                    faults.look(all_roles.get(path, dict.fromkeys(names, word)))
            fields.taken()
    faults.demand_none()


def test_no_word_in_a_form_is_a_fault(
    values: dict[str, str], all_roles: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Send each form empty, then as the page offers it with one field after the other wrong, then full of nonsense."""
    fields = Fields(monkeypatch)
    sent = 0
    for one in addresses():
        for path in one.filled(values):
            with undone():
                faults.now = f"post {path} (empty)"
                answer = all_roles.post(path)
            faults.look(answer)
            names = fields.taken()
            if answer.status_code == 405 or not names:
                continue
            offered = _offered(all_roles, path, names)
            fields.taken()
            forms = [{**offered, name: word} for name in names for word in WRONG]
            for form in [*forms, *(dict.fromkeys(names, word) for word in NONSENSE)]:
                with undone():
                    faults.now = f"post {path} { {name: word[:30] for name, word in form.items()} }"
                    faults.look(all_roles.post(path, form))
                    sent += 1
    faults.demand_none()
    assert sent > 500


# What makes a form right where its page does not offer it.
RIGHT = {
    "amount": "10,00", "method": "card", "channel": "card", "reason": "lost", "day": "31/12/2026", "text": "Called.",
    "cycle_date": "01/03/2026", "note": "Done.", "outcome": "accepted", "credit_class": "B", "why": "Known well.",
    "kind": "individual", "wish": "fixed:postpaid", "roles": "csr", "username": "new.name", "reference": "slip 7",
    "password": "correct-horse-9", "language": "it", "received": "01/02/2026", "key": "form-1", "towards": "next",
}  # fmt: skip


def _offered(client: Client, path: str, names: list[str]) -> dict[str, str]:
    with undone():
        text = client.get(path).content.decode()
    found = dict(re.findall(r'<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"', text))
    return {name: found.get(name) or RIGHT.get(name, "word") for name in names}


def test_a_form_too_large_is_refused_before_it_is_read(values: dict[str, str], all_roles: Client) -> None:
    path = f"/customers/{values['customer_id']}/notes/"
    assert all_roles.post(path, {"text": "x" * (11 * 1024 * 1024)}).status_code in (400, 413)
