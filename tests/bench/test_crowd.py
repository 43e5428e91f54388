"""The people whom the benchmarks look at: their rows must be such as the product writes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from utenza.bench import crowd
from utenza.infra.transactions import transaction
from utenza.infra.users import create_user

PASSWORD = "una-lunga-chiave-7"


@pytest.mark.usefixtures("committed_db", "home")
def test_the_crowd_of_the_benchmark_can_be_laid_and_looked_at() -> None:
    crowd.lay(60)
    with transaction():
        create_user(username="looker", password=PASSWORD, roles=["administrator"], language="en")
    client = Client()
    assert client.login(username="looker", password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM parties_customer ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
    assert len(ids) >= 60
    for customer_id in (ids[0], ids[len(ids) // 2], ids[-1]):
        for tab in ("", "lines/", "bills/", "cases/"):
            assert client.get(f"/customers/{customer_id}/{tab}").status_code == 200, (customer_id, tab)
