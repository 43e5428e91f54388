"""Finding by typing."""

from __future__ import annotations

import pytest

from utenza.infra.search import SearchRow, index_entries, index_entry, remove_entry, search


@pytest.fixture(autouse=True)
def entries(db: object) -> None:
    index_entries(
        [
            SearchRow(
                kind="customer",
                key="1",
                customer_id=1,
                title="Niccolò D’Amico",
                words=["Niccolò D’Amico", "C0000001", "DMCNCL80A01H501U", "nico@onda.example", "+393201234567"],
            ),
            SearchRow(
                kind="customer", key="2", customer_id=2, title="Anna Rossini", words=["Anna Rossini", "C0000002"]
            ),
            SearchRow(kind="customer", key="3", customer_id=3, title="Mario Rossi", words=["Mario Rossi", "C0000003"]),
            SearchRow(kind="bill", key="9", customer_id=2, title="F-2026-000123", words=["F-2026-000123"]),
            SearchRow(kind="bill", key="10", customer_id=3, title="Rossi bill", words=["rossi"]),
        ]
    )


def keys(text: str) -> list[str]:
    return [f"{hit.kind}:{hit.key}" for hit in search(text=text)]


@pytest.mark.parametrize(
    "text",
    ["niccolo", "NICCOLÒ amico", "amico nic", "c0000001", "dmcncl80a01", "nico@onda", "nico@onda.example",
     "+39 320 123 4567", "320 1234567", "3201234567", "d'amico"],
)  # fmt: skip
def test_a_customer_is_found_by_the_beginning_of_each_word(text: str) -> None:
    assert keys(text) == ["customer:1"]


@pytest.mark.parametrize("text", ["F-2026-000123", "f2026000123", "000123", "f 2026 0001"])
def test_a_bill_is_found_by_its_number(text: str) -> None:
    assert keys(text) == ["bill:9"]


def test_nothing_typed_finds_nothing() -> None:
    assert keys("") == keys(" ’ ") == []


def test_every_word_must_be_there() -> None:
    assert keys("mario rossini") == []


def test_exact_words_come_first_and_customers_before_the_rest() -> None:
    assert keys("rossi") == ["customer:3", "bill:10", "customer:2"]


def test_an_entry_can_change_and_go() -> None:
    index_entry(kind="customer", key="2", customer_id=2, title="Anna Verdi", subtitle="", words=["Anna Verdi"])
    assert keys("rossini") == []
    assert keys("verdi") == ["customer:2"]
    remove_entry("customer", "2")
    assert keys("verdi") == []


def test_what_is_typed_is_never_read_as_a_query() -> None:
    assert keys("a' | 'b:* & !c <-> \\ %s") == []


def test_many_hits_are_cut_off() -> None:
    index_entries(
        SearchRow(kind="bill", key=f"x{n}", customer_id=1, title=f"B{n}", words=["common"]) for n in range(900)
    )
    assert len(search(text="comm", limit=7)) == 7
    assert len(search(text="comm", limit=9999)) == 200
