"""The balance of a prepaid line on the screen, and the form that recharges it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.provisioning import planned_line, prepaid_line
from utenza.charging import queries
from utenza.core.money import Money
from utenza.infra.clock import now

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]


class TestTheBalance:
    def test_is_reached_from_the_line(self, signed_in: SignedIn) -> None:
        line_id = prepaid_line(at=now()).line_id
        assert f"/lines/{line_id}/balance/" in signed_in("csr").get(f"/lines/{line_id}/").content.decode()

    def test_of_a_line_paid_by_bill_is_no_page(self, signed_in: SignedIn) -> None:
        line_id = planned_line(at=now()).line_id
        assert signed_in("csr").get(f"/lines/{line_id}/balance/").status_code == 404

    def test_grows_once_however_often_the_form_is_sent(self, signed_in: SignedIn) -> None:
        line_id = prepaid_line(at=now()).line_id
        client = signed_in("csr")
        form = {"amount": "15,50", "method": "card", "reference": "slip 7", "key": "form-1"}
        for _ in range(2):
            assert client.post(f"/lines/{line_id}/recharge/", form).status_code == 302
        held = queries.balance(line_id)
        assert held is not None
        assert held.balance == Money.of("15.50", "EUR")
        page = client.get(f"/lines/{line_id}/balance/").content.decode()
        assert "slip 7" in page
        assert "15.50" in page

    def test_a_sum_that_is_none_is_said_beside_the_field(self, signed_in: SignedIn) -> None:
        line_id = prepaid_line(at=now()).line_id
        answer = signed_in("csr").post(f"/lines/{line_id}/recharge/", {"amount": "ten", "method": "card"})
        assert answer.status_code == 422
        assert "is not an amount" in answer.content.decode()

    def test_an_auditor_sees_and_does_not_recharge(self, signed_in: SignedIn) -> None:
        line_id = prepaid_line(at=now()).line_id
        client = signed_in("auditor")
        assert client.get(f"/lines/{line_id}/balance/").status_code == 200
        assert client.post(f"/lines/{line_id}/recharge/", {"amount": "5"}).status_code == 403
