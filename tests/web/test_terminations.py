"""Asking for an end and taking it back, each shown before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.factories.owed import line_in_force
from tests.factories.parties import person_with_account
from utenza.infra import clock
from utenza.ordering import queries as ordering
from utenza.termination import operations, queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]


@pytest.fixture
def leaver() -> int:
    """A customer with one line in force."""
    at = clock.now() - timedelta(days=30)
    customer, account = person_with_account(at=at)
    line_in_force(customer_id=customer.customer_id, account_id=account.account_id, at=at)
    return customer.customer_id


def form(**changes: str) -> dict[str, str]:
    day = (clock.today() + timedelta(days=10)).isoformat()
    return {"line_id": "", "reason": "moving", "effective_date": day, "note": "Goes to Lisbon.", **changes}


class TestAsking:
    def test_keeps_day_reason_and_who_asked(self, signed_in: SignedIn, leaver: int) -> None:
        client = signed_in("csr")
        path = f"/customers/{leaver}/terminate/"
        assert "final bill up to that day" in client.get(path).content.decode()
        assert client.post(path, form())["Location"] == f"/customers/{leaver}/cases/"
        (asked,) = queries.terminations_of(leaver)
        assert (asked.reason, asked.note, asked.status) == ("moving", "Goes to Lisbon.", "requested")
        assert asked.effective_date == clock.today() + timedelta(days=10)

    def test_twice_is_refused_with_the_day_that_stands(self, signed_in: SignedIn, leaver: int) -> None:
        client = signed_in("csr")
        client.post(f"/customers/{leaver}/terminate/", form())
        answer = client.post(f"/customers/{leaver}/terminate/", form())
        assert answer.status_code == 422
        assert "withdraw it first" in answer.content.decode()
        assert len(queries.terminations_of(leaver)) == 1

    @pytest.mark.parametrize("missing", ["line_id", "effective_date"])
    def test_ends_nothing_when_it_is_not_said_what_or_when(
        self, signed_in: SignedIn, leaver: int, missing: str
    ) -> None:
        sent = form()
        del sent[missing]
        answer = signed_in("csr").post(f"/customers/{leaver}/terminate/", sent)
        assert answer.status_code == 422
        assert f'href="#field-{missing}"' in answer.content.decode()
        assert queries.terminations_of(leaver) == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"effective_date": "2020-01-01"}, "effective_date"),
            ({"effective_date": "soon"}, "effective_date"),
            ({"reason": ""}, "reason"),
            ({"line_id": "999999"}, "line_id"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(
        self, signed_in: SignedIn, leaver: int, changes: dict[str, str], field: str
    ) -> None:
        answer = signed_in("csr").post(f"/customers/{leaver}/terminate/", form(**changes))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert f'href="#field-{field}"' in page
        assert f'id="field-{field}"' in page
        assert queries.terminations_of(leaver) == []

    def test_is_not_for_billing(self, signed_in: SignedIn, leaver: int) -> None:
        assert signed_in("billing").post(f"/customers/{leaver}/terminate/", form()).status_code == 403


class TestTakingBack:
    def test_leaves_everything_as_it_was(self, signed_in: SignedIn, leaver: int) -> None:
        client = signed_in("csr")
        client.post(f"/customers/{leaver}/terminate/", form())
        path = f"/customers/{leaver}/terminations/{queries.terminations_of(leaver)[0].termination_id}/withdraw/"
        assert path in client.get(f"/customers/{leaver}/cases/").content.decode()
        assert "These stay in service" in client.get(path).content.decode()
        assert client.post(path)["Location"] == f"/customers/{leaver}/cases/"
        assert queries.terminations_of(leaver)[0].status == "withdrawn"
        assert [one.status for one in ordering.agreements_of(leaver)] == ["active"]
        assert path not in client.get(f"/customers/{leaver}/cases/").content.decode()

    def test_comes_too_late_once_the_network_is_asked(self, signed_in: SignedIn, leaver: int) -> None:
        client = signed_in("csr")
        client.post(f"/customers/{leaver}/terminate/", form(effective_date=clock.today().isoformat()))
        asked = queries.terminations_of(leaver)[0].termination_id
        operations.begin_termination(termination_id=asked, at=clock.now())
        answer = client.post(f"/customers/{leaver}/terminations/{asked}/withdraw/")
        assert answer.status_code == 422
        assert queries.terminations_of(leaver)[0].status == "ceasing"

    def test_finds_only_the_customers_own(self, signed_in: SignedIn, leaver: int) -> None:
        signed_in("csr").post(f"/customers/{leaver}/terminate/", form())
        asked = queries.terminations_of(leaver)[0].termination_id
        other, _ = person_with_account()
        path = f"/customers/{other.customer_id}/terminations/{asked}/withdraw/"
        assert signed_in("csr").post(path).status_code == 404
        assert queries.terminations_of(leaver)[0].status == "requested"

    def test_is_not_for_sales(self, signed_in: SignedIn, leaver: int) -> None:
        signed_in("csr").post(f"/customers/{leaver}/terminate/", form())
        asked = queries.terminations_of(leaver)[0].termination_id
        path = f"/customers/{leaver}/terminations/{asked}/withdraw/"
        assert signed_in("sales").post(path).status_code == 403
