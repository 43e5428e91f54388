"""How many queries a page takes: few, whatever a customer has, also when nothing is kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.owed import issued_bill
from tests.factories.parties import account_of, company_with_branches, person_customer
from utenza.infra import operator
from utenza.infra.transactions import transaction
from utenza.parties import operations as parties
from utenza.provisioning import operations as provisioning
from utenza.web import rail

SignedIn = Callable[..., Client]
LONG_AGO = datetime(2026, 2, 3, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def queries_of(client: Client, path: str) -> list[str]:
    """Fetch a page once to settle what a process keeps for good, then with the counts and settings forgotten."""
    assert client.get(path).status_code == 200
    rail.forget_counts()
    operator.forget()
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in seen.captured_queries]


@pytest.fixture
def person() -> int:
    """Return a customer with two lines, of which one is barred, a block, two accounts and open bills on both."""
    ref = person_customer(at=LONG_AGO)
    accounts = [account_of(ref, at=LONG_AGO).account_id for _ in range(2)]
    for account_id in accounts:
        for month in (4, 5):
            at = datetime(2026, month, 1, 9, tzinfo=UTC)
            issued_bill(customer_id=ref.customer_id, account_id=account_id, euro=month * 10, at=at)
    with transaction():
        for _ in range(2):
            line = provisioning.create_line(
                customer_id=ref.customer_id,
                market="fixed",
                payment="postpaid",
                services=[provisioning.ServiceSpec(kind="internet", profile="fibre-100-20")],
                at=LONG_AGO,
            )
        provisioning.suspend(line_id=line.line_id, reason="lost", at=LONG_AGO)
        parties.place_block(customer_id=ref.customer_id, kind="new_orders", reason="fraud", at=LONG_AGO)
    return ref.customer_id


class TestTheCustomersPage:
    def test_takes_few_queries_for_a_person_with_much(self, signed_in: SignedIn, person: int) -> None:
        found = queries_of(signed_in("administrator"), f"/customers/{person}/")
        assert len(found) <= 12, found

    @pytest.mark.parametrize("node", ["company", "paying_branch", "paid_branch"])
    def test_takes_few_queries_for_each_node_of_a_company(self, signed_in: SignedIn, node: str) -> None:
        tree = company_with_branches(at=LONG_AGO)
        account_of(tree.company, at=LONG_AGO)
        found = queries_of(signed_in("administrator"), f"/customers/{getattr(tree, node).customer_id}/")
        assert len(found) <= 12, found

    def test_names_the_account_that_pays_for_a_branch(self, signed_in: SignedIn) -> None:
        tree = company_with_branches(at=LONG_AGO)
        account = account_of(tree.company, at=LONG_AGO)
        page = signed_in("csr").get(f"/customers/{tree.paid_branch.customer_id}/").content.decode()
        assert f"paid by account {account.number}" in page

    @pytest.mark.parametrize(("tab", "most"), [("lines", 11), ("bills", 15), ("cases", 14)])
    def test_takes_few_queries_on_its_other_tabs(self, signed_in: SignedIn, person: int, tab: str, most: int) -> None:
        found = queries_of(signed_in("administrator"), f"/customers/{person}/{tab}/")
        assert len(found) <= most, found

    def test_takes_few_queries_for_the_tree_of_a_company(self, signed_in: SignedIn) -> None:
        tree = company_with_branches(at=LONG_AGO)
        found = queries_of(signed_in("administrator"), f"/customers/{tree.company.customer_id}/tree/")
        assert len(found) <= 11, found


class TestTheRail:
    def test_counts_what_waits_in_one_query(self, signed_in: SignedIn) -> None:
        client = signed_in("administrator")
        client.get("/search/")
        rail.forget_counts()
        with CaptureQueriesContext(connection) as cold:
            client.get("/search/")
        with CaptureQueriesContext(connection) as warm:
            client.get("/search/")
        assert len(cold) == len(warm) + 1
