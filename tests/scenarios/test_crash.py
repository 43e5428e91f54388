"""The worker killed at every commit of the path: what comes out is what an undisturbed one makes.

Each stretch of a customer's life is worked twice from the same state: once by a worker that nobody disturbs, and once
by workers of which each is killed just before, and then just after, the first thing that it commits, until nothing is
left to commit. Then every table of both databases, both usage stores, both sets of stored files, what was mailed and
what the network's tables hold must tell the same, once.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from tests.conftest import CommittedDatabase
from tests.factories.application import accepted_application, person_form
from tests.factories.parties import person_facts
from tests.harness import server as harness
from tests.lab.nas import Nas
from tests.scenarios.conftest import FOUNDED
from tests.scenarios.worker_nursery import Nursery, Place
from tests.scenarios.world import CATALOGUE, Post, give_short_notice, pdf_of, post_office, rome
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.catalog import operations as catalog
from utenza.catalog import queries as offers
from utenza.core.money import Money
from utenza.infra import users
from utenza.infra.transactions import transaction
from utenza.ordering import operations as ordering
from utenza.parties import queries as people
from utenza.payments import operations as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network
from utenza.termination import operations as termination
from utenza.usage import operations as usage

# A message that a killed worker had claimed is tried again after five minutes (`post_office.CLAIM_LIFE`).
LATER = timedelta(minutes=6)
GB = 10**9
BEFORE, AFTER = "before-commit", "after-commit"
Death = tuple[str, int, str]


class Device(Nas):
    """An access device whose accounting nobody hears: here only its obedience matters."""

    def _account(self, session: Any, status: str, *, at: datetime, cause: str = "") -> None:
        """Report nothing."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One of the two worlds: where its workers work, and what its mail server receives."""

    place: Place
    post: Post


class Life:
    """A customer's life of which each stretch is lived undisturbed here and, beside it, under fire."""

    def __init__(self, *, server: harness.Server, name: str, url: str, home: Path, nursery: Nursery, box: ExitStack):
        self.server, self.name, self.nursery, self.box = server, name, nursery, box
        self.home = home
        self.calm = self._setting(url, home)
        self.kills = 0

    def _setting(self, url: str, home: Path) -> Setting:
        post, smtp_url = self.box.enter_context(post_office())
        return Setting(place=Place(database=url, home=str(home), smtp_url=smtp_url), post=post)

    def quietly(self, at: datetime) -> None:
        """Let the worker do everything up to `at`, undisturbed."""
        connections.close_all()
        self._settle(self.calm, at)

    def under_fire(self, at: datetime) -> None:
        """Work at `at` undisturbed, and in a copy of the world with a death at every commit; demand the same."""
        connections.close_all()
        name = f"{self.name}_fire"
        home = self.home.with_name(f"{self.home.name}_fire")
        self.server.clone(name, of=self.name)
        shutil.copytree(self.home, home)
        fire = self._setting(self.server.url(name), home)
        try:
            with psycopg.connect(fire.place.database, autocommit=True) as link:
                link.execute(
                    "UPDATE usage_source SET settings = replace(settings::text, %s, %s)::jsonb",
                    [f"{self.home}/", f"{home}/"],
                )
            known = len(self.calm.post.letters)
            self._settle(self.calm, at)
            died: set[Death] = set()
            self._die_at_every_commit(fire, at, died)
            while self._waits(fire):
                at += LATER
                self._die_at_every_commit(fire, at, died, timed=False)
            self._demand_the_same(fire, known)
        finally:
            self.server.drop(name)
            shutil.rmtree(home)

    def _settle(self, setting: Setting, at: datetime) -> None:
        self.nursery.work(setting.place, at=at)
        assert not self._waits(setting), "undisturbed, everything is done at once"

    def _waits(self, setting: Setting) -> bool:
        """Say whether a message or a document, or a delivery that failed, is to be tried again later."""
        with psycopg.connect(setting.place.database) as link:
            row = link.execute(
                "SELECT EXISTS (SELECT 1 FROM infra_message WHERE status = 'queued')"
                " OR EXISTS (SELECT 1 FROM delivery_dispatch WHERE status = 'planned')"
                " OR EXISTS (SELECT 1 FROM infra_outbox_delivery WHERE status = 'waiting')"
                " OR EXISTS (SELECT 1 FROM provisioning_command WHERE status IN ('queued', 'sending', 'failed'))"
            ).fetchone()
        assert row is not None
        return bool(row[0])

    def _die_at_every_commit(self, fire: Setting, at: datetime, died: set[Death], *, timed: bool = True) -> None:
        """Kill a worker before its first commit, the next after it, and so on, until one finishes what waits at `at`.

        `died` keeps the deaths that were died: in which state of the database, at which commit, before or after it.
        Where a commit leaves the state as it was, as when work is claimed that a dead worker had claimed, the next
        workers pass it and die at the one behind it.
        """
        with psycopg.connect(fire.place.database, autocommit=True) as link:
            fingerprint = Fingerprint(link)
            while True:
                state, nth = fingerprint.take(), 1
                while (state, nth, AFTER) in died:
                    nth += 1
                die = AFTER if (state, nth, BEFORE) in died else BEFORE
                if not self.nursery.work(fire.place, at=at, die=die, nth=nth, timed=timed).killed:
                    return
                died.add((state, nth, die))
                self.kills += 1
                assert self.kills < 3_000, "the workers die and get nowhere"

    def _demand_the_same(self, fire: Setting, known: int) -> None:
        calm_tables, fire_tables = tables(self.calm), tables(fire)
        for table, rows in calm_tables.items():
            assert fire_tables[table] == rows, difference(table, rows, fire_tables[table])
        assert usage_rows(self.calm) == usage_rows(fire)
        assert stored_files(self.calm) == stored_files(fire)
        letters = letters_of(self.calm.post, known)
        assert letters_of(fire.post, 0) == letters
        assert sum(letters.values()) == len(self.calm.post.letters) - known, "undisturbed, nothing is sent twice"


def letters_of(post: Post, known: int) -> Counter[tuple[str, ...]]:
    """Return what was mailed, each Message-ID once; two copies of one message must be alike to the letter."""
    found: dict[str, tuple[str, ...]] = {}
    for letter in post.letters[known:]:
        body = letter.get_body(("plain",))
        assert body is not None
        said = (str(letter["To"]), str(letter["Subject"]), body.get_content(), pdf_of(letter))
        assert found.setdefault(str(letter["Message-ID"]), said) == said
    return Counter(found.values())


# Kept by others, or told of elsewhere, or of this run alone.
_NOT_COMPARED = re.compile(
    r"^(procrastinate_|django_|pghistory_|infra_timed|infra_number|infra_message_attempt)|event$"
)
_IDS = re.compile(r"(?<=[:/])\d+|\b\d{9}(?=\.pdf)")
# Columns that count tries, or tell instants, ids, secrets and versions of the usage store: others at each run.
_VOLATILE = re.compile(
    r"(^|_)(id|key|at|secret|attempts|fingerprint|hash|position|version)$|^(message_id|content|record|payload|subject|written_in|changed_by)$"
)


def tables(setting: Setting) -> dict[str, Counter[str]]:
    """Return the rows of every table without ids, instants and counts of tries."""
    found: dict[str, Counter[str]] = {}
    with psycopg.connect(setting.place.database) as link:
        for schema, table in _names(link):
            if schema == "public" and table != "infra_outbox_event" and _NOT_COMPARED.search(table):
                continue
            place = sql.SQL("{}.{}").format(sql.Identifier(schema), sql.Identifier(table))
            rows = link.execute(sql.SQL("SELECT to_jsonb(t) FROM {} t").format(place)).fetchall()
            home = setting.place.home
            found[f"{schema}.{table}"] = Counter(json.dumps(_scrubbed(row[0], home), sort_keys=True) for row in rows)
    return found


def _names(link: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return link.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'radius') ORDER BY 1, 2"
    ).fetchall()


def _scrubbed(value: Any, home: str) -> Any:
    if isinstance(value, dict):
        return {key: _scrubbed(one, home) for key, one in value.items() if not _VOLATILE.search(key)}
    if isinstance(value, list):
        return [_scrubbed(one, home) for one in value]
    if isinstance(value, str):
        return _IDS.sub("#", value.replace(home, ""))
    return value


def difference(table: str, calm: Counter[str], fire: Counter[str]) -> str:
    return f"{table}\nundisturbed alone: {calm - fire}\nunder fire alone: {fire - calm}"


# What changes each time that something is tried again. How far a collector has looked moves with every transaction,
# and a login's groups are written anew each time, under other ids.
_TRIES = ["attempts", "sent_at", "next_attempt_at", "position"]


class Fingerprint:
    """Tells the states of a database apart: a hash over every row of every table but for what merely counts tries."""

    def __init__(self, link: psycopg.Connection[Any]) -> None:
        self.link = link
        parts = [
            sql.SQL(
                "SELECT {}, md5(coalesce(string_agg(r, '' ORDER BY r), '')) FROM"
                " (SELECT (to_jsonb(t) - {}::text[])::text AS r FROM {}.{} t) rows"
            ).format(
                sql.Literal(table),
                sql.Literal([*_TRIES, "id"] if schema == "radius" else _TRIES),
                sql.Identifier(schema),
                sql.Identifier(table),
            )
            for schema, table in _names(link)
        ]
        self.query = sql.SQL(" UNION ALL ").join(parts).as_string(link).encode()

    def take(self) -> str:
        return hashlib.sha256(repr(sorted(self.link.execute(self.query).fetchall())).encode()).hexdigest()


def usage_rows(setting: Setting) -> dict[str, list[Any]]:
    """Return what both tables of the usage store hold, by event; a doubled event is there twice."""
    found = {}
    for name in ("raw", "rated"):
        folder = Path(setting.place.home) / "usage" / name
        if folder.exists():
            frame = pl.read_delta(str(folder))
            kept = [c for c in frame.columns if not re.search(r"_at$|^batch|version$|identifier|b_number", c)]
            found[name] = sorted(map(repr, frame.select(*kept, "started_at").rows()))
    return found


def stored_files(setting: Setting) -> Counter[str]:
    """Return the names of everything that lies in the home, but for the inside of the usage store."""
    home = Path(setting.place.home)
    names = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    return Counter(re.sub(r"\d{9}(?=\.pdf)", "#", name) for name in names if not name.startswith("usage/r"))


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def life(
    committed_db: CommittedDatabase, database_server: harness.Server, home: Path, nursery: Nursery
) -> Iterator[Life]:
    """Found the operator; its FreeRADIUS tables lie in its own database, so that a copy of it has them, too."""
    (home / "switch").mkdir()
    with transaction():
        users.create_user(username="head", password="una-lunga-chiave-7", roles=["billing", "administrator"])
        catalog.import_catalogue(document=catalog.parse_text(CATALOGUE.read_text(encoding="utf-8")), at=FOUNDED)
        provisioning.add_number_range(kind="voice", first="390650010000", last="390650010009", at=FOUNDED)
        with connection.cursor() as cursor:
            cursor.execute(network.radius_schema_sql())
            cursor.execute("SET search_path TO public")
        provisioning.register_element(code="radius", kind="freeradius", at=FOUNDED)
        provisioning.route_services(kind="internet", element="radius", at=FOUNDED)
        settings = {"folder": str(home / "switch"), "values": {"kind": "voice", "identifier_kind": "number"}}
        columns = {name: name for name in ("record_id", "identifier", "b_number", "started_at", "quantity")}
        usage.set_source(code="exchange", kind="file", settings={**settings, "columns": columns})
        give_short_notice(at=FOUNDED)
    with ExitStack() as box:
        made = Life(
            server=database_server, name=committed_db.name, url=committed_db.url, home=home, nursery=nursery, box=box
        )
        made.quietly(FOUNDED)
        yield made
        assert made.kills > 50, "hardly anybody died"


def order(*, codes: tuple[str, ...], number: int, at: datetime) -> int:
    """Have somebody apply and order; return the line's id."""
    with transaction():
        found = {one.code: one.offer_version_id for one in offers.offers_on_sale(on_date=date(2026, 1, 12))}
        chosen = [
            {"offer_version_id": found[code], "node": 0, "parent": 0 if place else None}
            for place, code in enumerate(codes)
        ]
        form = person_form(person_facts(number), offers=chosen)
        ref = accepted_application(form, at=at, market="fixed")
        [placed] = ordering.place_order_from_application(application_id=ref.application_id, at=at)
        return placed.line_ids[0]


def confirm_work_orders(*, at: datetime) -> None:
    for one in network.open_work_orders():
        with transaction():
            provisioning.confirm_work_order(work_order_id=one.work_order_id, by="tecla", at=at)


def session(username: str, *, start: datetime, octets: int, stop: datetime | None) -> None:
    """Write a session as FreeRADIUS does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO radius.radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime,"
            " acctupdatetime, acctstoptime, acctinputoctets, acctoutputoctets)"
            " VALUES (%s, %s, %s, '127.0.0.251', %s, %s, %s, %s, 0)",
            [f"s{octets}", f"u{octets}", username, start, stop or start, stop, octets],
        )


def session_stopped(username: str, *, at: datetime) -> None:
    """Write the stop of a user's sessions as FreeRADIUS does."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE radius.radacct SET acctstoptime = %s WHERE username = %s", [at, username])


def approve_and_start(cycle: date, *, at: datetime) -> None:
    run = bills.latest_run(cycle)
    assert run is not None
    assert (run.status, run.held) == ("calculated", 0)
    with transaction():
        billing.approve(run_id=run.run_id, at=at, by=users.user_named("head").id)
        billing.start_issuing(run_id=run.run_id, at=at)


def pay(line_id: int, *, at: datetime) -> None:
    account = people.paying_account(network.line(line_id).customer_id)
    owed = sum(one.open_micro for one in bills.open_bills(account.account_id))
    with transaction():
        payments.take_payment(
            account_id=account.account_id,
            amount=Money(owed, "EUR"),
            method="transfer",
            reference="",
            received_at=at,
            idempotency_key=f"bank/{line_id}/{at:%m-%d}",
            at=at,
        )


def login_of(line_id: int, kind: str = "internet") -> str:
    found = network.line(line_id).service(kind)
    assert found is not None
    return found.identifier


def test_from_the_order_to_the_bill_in_the_post(life: Life) -> None:
    # --- Two orders: FreeRADIUS lets both in, a technician is asked for the telephone ----------------------------
    life.quietly(rome("2026-01-12 10:00"))
    at = rome("2026-01-12 10:01")
    hers, his = order(codes=("fibra-100", "voce"), number=4, at=at), order(codes=("fibra-100",), number=5, at=at)
    life.under_fire(at)
    assert (network.line(hers).status, network.line(his).status) == ("active", "active")

    # --- The technician has been there: the agreement is in force and the order complete -------------------------
    life.quietly(rome("2026-01-12 15:00"))
    at = rome("2026-01-12 15:01")
    confirm_work_orders(at=at)
    life.under_fire(at)

    # --- Usage from both collectors, through the raw table to its price ------------------------------------------
    life.quietly(rome("2026-01-15 11:57"))
    at = rome("2026-01-15 12:05")
    number = login_of(hers, "voice")
    for name, seconds in (("a", 125), ("b", 600)):
        (life.home / "switch" / f"{name}.csv").write_text(
            "record_id,identifier,b_number,started_at,quantity\n"
            f"{name},{number},4930123456,2026-01-14 18:00,{seconds}\n"
            f"{name}x,390699999999,4930123456,2026-01-14 18:00,60\n",
            encoding="utf-8",
        )
    session(login_of(hers), start=rome("2026-01-14 20:00"), octets=52 * GB, stop=rome("2026-01-14 23:00"))
    life.under_fire(at)
    assert len(usage_rows(life.calm)["rated"]) == 3

    # --- The bill run is planned and calculated; people approve it; it is issued, set in type and mailed ----------
    life.quietly(rome("2026-02-01 04:57"))
    life.under_fire(rome("2026-02-01 05:02"))
    life.quietly(rome("2026-02-01 09:00"))
    at = rome("2026-02-01 09:01")
    approve_and_start(date(2026, 2, 1), at=at)
    life.under_fire(at)
    letters = [one for one in life.calm.post.letters if "F-2026-" in one["Subject"]]
    assert len(letters) == 2

    # --- A payment is allocated ----------------------------------------------------------------------------------
    life.quietly(rome("2026-02-10 11:00"))
    at = rome("2026-02-10 11:01")
    pay(hers, at=at)
    life.under_fire(at)


def test_from_the_reminder_to_the_final_bill(life: Life) -> None:
    at = rome("2026-01-12 10:00")
    hers, his = order(codes=("fibra-100",), number=4, at=at), order(codes=("fibra-100",), number=5, at=at)
    life.quietly(at)
    life.quietly(rome("2026-02-01 08:50"))
    approve_and_start(date(2026, 2, 1), at=rome("2026-02-01 09:00"))
    life.quietly(rome("2026-02-01 09:00"))
    pay(hers, at=rome("2026-02-10 11:00"))

    # --- Reminded ------------------------------------------------------------------------------------------------
    life.quietly(rome("2026-02-26 06:57"))
    life.under_fire(rome("2026-02-26 07:02"))

    # --- Given notice, on paper ----------------------------------------------------------------------------------
    life.quietly(rome("2026-03-08 06:57"))
    life.under_fire(rome("2026-03-08 07:02"))

    # --- Closed for debt: the tables refuse him, his session is ended by the device, a letter says so --------------
    life.quietly(rome("2026-03-23 06:57"))
    with Device(address="127.0.0.251", server="127.0.0.1", auth_port=1, acct_port=1, secret="between us") as device:
        network_knows(device)
        device.start_session(login_of(his), at=rome("2026-03-22 22:00"), session_id="s4")
        session(login_of(his), start=rome("2026-03-22 22:00"), octets=4, stop=None)
        life.under_fire(rome("2026-03-23 07:02"))
        assert device.sessions == {}
        session_stopped(login_of(his), at=rome("2026-03-23 07:03"))
        assert network.line(his).bar_reasons == {"debt"}
        assert network.line(his).status == "suspended"

    # --- Paid and given back -------------------------------------------------------------------------------------
    life.quietly(rome("2026-03-25 10:00"))
    at = rome("2026-03-25 10:01")
    pay(his, at=at)
    life.under_fire(at)
    assert network.line(his).status == "active"

    # --- He leaves: the line is ceased, the final bill issued and mailed -------------------------------------------
    life.quietly(rome("2026-04-15 10:00"))
    at = rome("2026-04-15 10:01")
    with transaction():
        termination.request_termination(
            customer_id=network.line(his).customer_id,
            line_id=None,
            reason="moving",
            effective_date=date(2026, 4, 20),
            by="csr",
            at=at,
        )
    life.under_fire(at)
    life.quietly(rome("2026-04-20 00:27"))
    life.under_fire(rome("2026-04-20 00:32"))
    assert network.line(his).status == "ceased"
    assert people.customer(network.line(his).customer_id).status == "ended"


def network_knows(device: Nas) -> None:
    with transaction():
        provisioning.register_device(
            element="radius", address=device.address, secret=device.secret, name="pop", coa_port=device.coa_port
        )
