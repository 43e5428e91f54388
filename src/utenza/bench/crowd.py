"""The customers of the benchmark: as many as wanted, laid by the database itself, and what finds them and more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pgtrigger
from django.db import connection

from utenza.demo.people import FAMILIES, IBAN, MEN, WOMEN
from utenza.infra import clock, search
from utenza.infra.encryption import encrypt
from utenza.infra.numbering import code_number
from utenza.infra.transactions import transaction
from utenza.parties.rules import search_words

CROWD = Path(__file__).with_name("crowd.sql")
# Half of a family name each: together with the demo's names some thousand families, as in a real country.
FRONTS = ("Cala", "Monte", "Torre", "Val", "Rocca", "Ponte", "Selva", "Campo", "Costa", "Villa", "Fonte", "Prato",
          "Casta", "Riva", "Terra", "Bella", "Serra", "Mira", "Alba", "Chiara")  # fmt: skip
MIDDLES = ("bru", "dan", "fer", "gal", "lor", "mar", "nar", "pel", "ron", "sal", "tan", "ver", "zan", "bel", "cor")
ENDS = ("ini", "etti", "oni", "ucci", "ari", "otti", "ese", "ano", "ella", "igo", "aldi", "esi", "enti", "acci")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented: the same id gives the same person, and no two share a tax code or an address."""

    id: int

    @property
    def given_name(self) -> str:
        return (*WOMEN, *MEN)[self.id % 22]

    @property
    def family_name(self) -> str:
        """One of the demo's few names for every fifth, so that some names are as frequent as Rossi."""
        if self.id % 5 == 0:
            return FAMILIES[self.id // 5 % len(FAMILIES)]
        front, rest = FRONTS[self.id % 20], self.id // 20
        return front + MIDDLES[rest % 15] + ENDS[rest // 15 % 14]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def number(self) -> str:
        return code_number("C", self.id, 7)

    @property
    def tax_code(self) -> str:
        """A code of the right form, whose seven digits are the id."""
        digits = f"{self.id:07d}"
        letters = (self.family_name + self.given_name).upper().replace("'", "")
        return f"{letters[:3]}{letters[-3:]}{digits[:2]}A{digits[2:4]}H{digits[4:]}X"

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}.{self.id}@posta.example".lower().replace("'", "")

    @property
    def mobile(self) -> str:
        return f"+39333{self.id:07d}"


def lay(count: int) -> None:
    """Lay `count` customers with accounts, lines, bills, payments and time lines, and count them for the planner."""
    told: list[Any] = [
        clock.now(),
        clock.today(),
        encrypt(IBAN, context="parties_billingaccount.iban"),
        encrypt("", context="parties_billingaccount.iban"),
        encrypt("kqzmtw7hbnfjcd", context="provisioning_service.secret"),
    ]
    # Without history: that of 100,000 rows in one transaction takes minutes, and no page of the benchmark reads it.
    with pgtrigger.ignore(), transaction(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE person (id bigint, given_name text, family_name text, tax_code text,"
            " email text, mobile text) ON COMMIT DROP"
        )
        with cursor.copy("COPY person FROM STDIN") as copy:
            for one in people(count):
                copy.write_row((one.id, one.given_name, one.family_name, one.tax_code, one.email, one.mobile))
        cursor.execute(
            "CREATE TEMPORARY TABLE told ON COMMIT DROP AS SELECT %s::timestamptz AS at, %s::date AS today,"
            " %s AS iban, %s AS no_iban, %s AS secret",
            told,
        )
        cursor.execute(CROWD.read_text(encoding="utf-8"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def people(count: int) -> Iterator[Person]:
    """Return the first `count` people."""
    return (Person(number) for number in range(1, count + 1))


def make_findable(*, customers: int, bills: int) -> None:
    """Write the search entries of so many customers and bills, of the shape that parties and billing write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = 'infra_search_entry' AND indexdef LIKE '%USING gin%'"
        )
        # An index over words is built at once in a fraction of the time that it takes to grow by 400,000 rows.
        built = cursor.fetchall()
        for name, _definition in built:
            cursor.execute(f'DROP INDEX "{name}"')
        with (
            transaction(),
            cursor.copy(
                "COPY infra_search_entry (kind, key, customer_id, title, subtitle, words, rank) FROM STDIN"
            ) as copy,
        ):
            for row in chain(map(_customer, people(customers)), (_bill(n, customers) for n in range(1, bills + 1))):
                words = search.words_of(row.words)
                rank = search.rank_of(row.kind)
                copy.write_row((row.kind, row.key, row.customer_id, row.title, row.subtitle, words, rank))
        for _name, definition in built:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE infra_search_entry")


def _customer(one: Person) -> search.SearchRow:
    return search.SearchRow(
        kind="customer",
        key=one.number,
        customer_id=one.id,
        title=one.name,
        subtitle=f"{one.number} · {one.tax_code}",
        words=search_words(
            names=[one.given_name, one.family_name], codes=[one.number, one.tax_code, one.email, one.mobile]
        ),
    )


def bill_number(number: int) -> str:
    """Return the number of bill `number`, as billing writes it."""
    return f"F-2026-{number:06d}"


def _bill(number: int, customers: int) -> search.SearchRow:
    payer, title = Person(number % customers + 1), bill_number(number)
    return search.SearchRow(
        kind="bill",
        key=str(number),
        customer_id=payer.id,
        title=title,
        subtitle=f"{payer.name} · 24.90 EUR",
        words=[title, *title.split("-")],
    )
