from __future__ import annotations

import pytest

from tests.factories.parties import company_with_branches, person_with_account
from utenza.parties import queries


@pytest.mark.django_db
def test_smoke() -> None:
    c, a = person_with_account()
    assert queries.customer(c.customer_id).status == "active"
    assert queries.paying_account(c.customer_id).account_id == a.account_id
    t = company_with_branches()
    assert [n.depth for n in queries.tree(t.paid_branch.customer_id)] == [0, 1, 1]
