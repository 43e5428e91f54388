"""The database's process is killed under a page: the page says so, nothing is half done, and trying again works."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import close_old_connections
from django.test import Client

from tests.conftest import CommittedDatabase
from tests.factories.parties import person_customer
from tests.web.serving import PASSWORD, staff
from utenza.care import queries as care
from utenza.infra.transactions import transaction


@pytest.fixture
def anna(committed_db: CommittedDatabase, home: object) -> Client:
    staff("anna", "csr")
    client = Client()
    client.login(username="anna", password=PASSWORD)
    return client


def kill_the_next_wait(address: str) -> threading.Thread:
    """End the server process of whoever waits for a lock next, as a crash of that process would."""

    def kill() -> None:
        with psycopg.connect(address, autocommit=True) as watcher:
            asked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            deadline = time.monotonic() + 30
            while (row := watcher.execute(asked).fetchone()) is None and time.monotonic() < deadline:
                time.sleep(0.02)
            if row is not None:
                watcher.execute("SELECT pg_terminate_backend(%s)", [row[0]])

    started = threading.Thread(target=kill)
    started.start()
    return started


def test_a_page_says_so_and_works_when_it_is_loaded_again(anna: Client, committed_db: CommittedDatabase) -> None:
    with psycopg.connect(committed_db.url) as holder:
        holder.execute("LOCK TABLE parties_customer IN ACCESS EXCLUSIVE MODE")
        killer = kill_the_next_wait(committed_db.url)
        answer = anna.get("/customers/")
        killer.join()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "The database does not answer" in answer.content.decode()
    close_old_connections()  # as the server does between two requests, and the client of tests does not
    assert anna.get("/customers/").status_code == 200


def test_a_form_leaves_nothing_half_done_and_is_taken_once_when_sent_again(
    anna: Client, committed_db: CommittedDatabase
) -> None:
    with transaction():
        customer = person_customer().customer_id
    form = {"text": "Called back.", "kind": "note", "key": "form-1"}
    with psycopg.connect(committed_db.url) as holder:
        holder.execute("LOCK TABLE care_timeline_entry IN ACCESS EXCLUSIVE MODE")
        killer = kill_the_next_wait(committed_db.url)
        answer = anna.post(f"/customers/{customer}/notes/", form)
        killer.join()
    assert answer.status_code == 503
    close_old_connections()
    assert [entry for entry in care.timeline(customer_id=customer) if entry.kind == "note"] == []
    for _ in range(2):
        assert anna.post(f"/customers/{customer}/notes/", form).status_code == 302
    assert len([entry for entry in care.timeline(customer_id=customer) if entry.kind == "note"]) == 1
