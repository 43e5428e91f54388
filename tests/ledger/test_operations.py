"""Posting: balanced, once, never changed; the database refuses what the operation would not write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utenza.core.money import Money
from utenza.infra.transactions import TransactionDemanded, transaction
from utenza.ledger import operations, queries
from utenza.ledger.operations import Draft, Posting, PostingConflict, post, post_many
from utenza.ledger.rules import NoPostings, UnbalancedPostings, UnknownAccountCode, UnknownOwner

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def bill(amount: str = "122.00", owner: str = "account:7") -> list[Posting]:
    gross = Money.of(amount, "EUR")
    tax = Money.of("22.00", "EUR")
    return [
        Posting(account_code="receivable", owner=owner, amount=gross),
        Posting(account_code="revenue.recurring", owner="operator", amount=-(gross - tax)),
        Posting(account_code="tax.vat", owner="operator", amount=-tax),
    ]


def judge() -> None:
    """Have deferred constraints speak now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.django_db
class TestPosting:
    def test_moves_money_between_accounts(self) -> None:
        post(key="bill:1", at=AT, description="Bill", postings=bill())
        judge()
        assert queries.balance(account_code="receivable", owner="account:7", at=AT) == Money.of("122", "EUR")
        assert queries.balance(account_code="revenue.recurring", at=AT) == Money.of("-100", "EUR")

    def test_is_answered_with_the_first_id_when_it_is_repeated(self) -> None:
        first = post(key="bill:1", at=AT, description="Bill", postings=bill())
        again = post(key="bill:1", at=AT, description="Bill", postings=list(reversed(bill())))
        assert again == first
        assert queries.balance(account_code="receivable", owner="account:7") == Money.of("122", "EUR")

    @pytest.mark.parametrize(
        ("at", "postings"),
        [(AT, bill("123.00")), (AT, bill(owner="account:8")), (AT + timedelta(seconds=1), bill())],
    )
    def test_refuses_a_key_that_was_posted_otherwise(self, at: datetime, postings: list[Posting]) -> None:
        post(key="bill:1", at=AT, description="Bill", postings=bill())
        with pytest.raises(PostingConflict):
            post(key="bill:1", at=at, description="Bill", postings=postings)

    def test_refuses_postings_that_do_not_balance(self) -> None:
        with pytest.raises(UnbalancedPostings) as refusal:
            post(key="bill:1", at=AT, description="Bill", postings=bill()[:2])
        assert refusal.value.data["difference"] == "22.00 EUR"

    def test_balances_each_currency_by_itself(self) -> None:
        postings = [
            Posting(account_code="cash.bank", amount=Money.of("1", "EUR")),
            Posting(account_code="receivable", owner="account:1", amount=Money.of("-1", "CHF")),
        ]
        with pytest.raises(UnbalancedPostings):
            post(key="k", at=AT, description="", postings=postings)

    def test_refuses_accounts_and_owners_that_the_books_do_not_know(self) -> None:
        euro = Money.of("1", "EUR")
        with pytest.raises(UnknownAccountCode):
            post(key="k", at=AT, description="", postings=[Posting(account_code="petty", amount=euro)])
        with pytest.raises(UnknownOwner):
            post(key="k", at=AT, description="", postings=[Posting(account_code="receivable", owner="x", amount=euro)])

    def test_refuses_to_move_nothing(self) -> None:
        zero = [Posting(account_code="cash.bank", amount=Money.zero("EUR"))]
        with pytest.raises(NoPostings):
            post(key="k", at=AT, description="", postings=zero)

    def test_writes_many_at_once_and_passes_over_those_that_are_there(self) -> None:
        drafts = [
            Draft(key=f"bill:{n}", at=AT, description="Bill", postings=bill(owner=f"account:{n}")) for n in range(1, 6)
        ]
        first = post(key="bill:3", at=AT, description="Bill", postings=drafts[2].postings)
        ids = post_many(drafts=drafts)
        judge()
        assert ids[2] == first
        assert len(set(ids)) == 5
        assert post_many(drafts=drafts) == ids
        assert queries.balance(account_code="tax.vat") == Money.of("-110", "EUR")

    def test_writes_none_of_many_when_one_is_refused(self) -> None:
        drafts = [
            Draft(key="a", at=AT, description="", postings=bill()),
            Draft(key="b", at=AT, description="", postings=bill()[:1]),
        ]
        with pytest.raises(UnbalancedPostings):
            post_many(drafts=drafts)
        assert queries.transaction_by_key("a") is None

    def test_of_nothing_is_nothing(self) -> None:
        assert operations.post_many(drafts=[]) == []


def test_posting_needs_a_transaction(committed_db: object) -> None:
    with pytest.raises(TransactionDemanded):
        post(key="bill:1", at=AT, description="Bill", postings=bill())


_INSERT = """
    INSERT INTO ledger_transaction (key, at, description, source_kind, source_key, fingerprint)
    VALUES (%s, %s, '', '', '', '') RETURNING id
"""
_ENTRY = "INSERT INTO ledger_entry (transaction_id, account_id, at, amount_micro) VALUES (%s, %s, %s, %s)"


def raw_transaction(key: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [key, AT])
        return int(cursor.fetchone()[0])


def raw_entry(number: int, amount: int, *, code: str = "cash.bank", currency: str = "EUR", at: datetime = AT) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (code, owner_kind, owner_id, currency) VALUES (%s, 'operator', 0, %s) "
            "ON CONFLICT DO NOTHING",
            [code, currency],
        )
        cursor.execute("SELECT id FROM ledger_account WHERE code = %s AND currency = %s", [code, currency])
        account = cursor.fetchone()[0]
        cursor.execute(_ENTRY, [number, account, at, amount])


class TestTheDatabase:
    """What raw SQL meets, at a real commit."""

    def test_takes_sides_that_come_one_by_one(self, committed_db: object) -> None:
        with transaction():
            number = raw_transaction("k")
            raw_entry(number, 5)
            raw_entry(number, -5)
        assert queries.balance(account_code="cash.bank", currency="EUR") == Money.zero("EUR")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_unfinished")
            assert cursor.fetchone()[0] == 0

    def test_refuses_an_unbalanced_transaction_at_the_commit(self, committed_db: object) -> None:
        with pytest.raises(IntegrityError, match="off by 4 micro-units"), transaction():
            number = raw_transaction("k")
            raw_entry(number, 5)
            raw_entry(number, -1)
        assert queries.transaction_by_key("k") is None

    def test_refuses_one_that_balances_only_across_currencies(self, committed_db: object) -> None:
        with pytest.raises(IntegrityError, match="off by"), transaction():
            number = raw_transaction("k")
            raw_entry(number, 5)
            raw_entry(number, -5, currency="CHF")

    def test_refuses_one_without_entries(self, committed_db: object) -> None:
        with pytest.raises(IntegrityError, match="has no entries"), transaction():
            raw_transaction("k")

    def test_refuses_an_entry_after_the_constraints_were_judged(self, committed_db: object) -> None:
        with pytest.raises(IntegrityError, match="off by 3"), transaction():
            number = raw_transaction("k")
            raw_entry(number, 5)
            raw_entry(number, -5)
            judge()
            raw_entry(number, 3)

    def test_refuses_entries_for_a_transaction_of_yesterday(self, committed_db: object) -> None:
        with transaction():
            number = post(key="bill:1", at=AT, description="Bill", postings=bill())
        with pytest.raises(IntegrityError, match="is closed"), transaction():
            raw_entry(number, 5)

    def test_refuses_an_entry_of_another_instant(self, committed_db: object) -> None:
        with pytest.raises(IntegrityError, match="another instant"), transaction():
            raw_entry(raw_transaction("k"), 5, at=AT + timedelta(days=1))

    @pytest.mark.parametrize("table", ["ledger_account", "ledger_transaction", "ledger_entry"])
    @pytest.mark.parametrize("what", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_every_change(self, committed_db: object, table: str, what: str) -> None:
        with transaction():
            post(key="bill:1", at=AT, description="Bill", postings=bill())
        with pytest.raises(IntegrityError, match="never changed"), transaction(), connection.cursor() as cursor:
            cursor.execute(what.format(table))


owners = st.sampled_from(["operator", "account:1", "account:2", "line:9"])
codes = st.sampled_from(["receivable", "cash.bank", "revenue.usage", "tax.vat", "prepaid_liability"])
amounts = st.integers(min_value=-(10**15), max_value=10**15)
sides = st.lists(st.tuples(codes, owners, amounts), min_size=1, max_size=6)
instants = st.integers(min_value=0, max_value=5).map(lambda day: AT + timedelta(days=day))


def balanced(drawn: list[tuple[str, str, int]]) -> list[Posting]:
    """Add the side that makes the drawn ones balance."""
    rest = -sum(amount for _code, _owner, amount in drawn)
    return [
        Posting(account_code=code, owner=owner, amount=Money(amount, "EUR"))
        for code, owner, amount in [*drawn, ("write_off", "operator", rest)]
    ]


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(st.tuples(sides, instants), min_size=1, max_size=6))
def test_any_story_balances_at_every_instant(story: list[tuple[list[tuple[str, str, int]], datetime]]) -> None:
    with atomic():
        posted: list[tuple[datetime, Posting]] = []
        for n, (drawn, at) in enumerate(story):
            postings = balanced(drawn)
            if all(not posting.amount for posting in postings):
                continue
            try:
                post(key=f"story:{n}", at=at, description="", postings=postings)
            except NoPostings:
                continue
            posted += [(at, posting) for posting in postings]
        judge()
        for day in range(-1, 6):
            instant = AT + timedelta(days=day)
            rows = queries.trial_balance(at=instant)
            assert sum(row.balance_micro for row in rows) == 0
            expected = sum(
                p.amount.micro
                for at, p in posted
                if at <= instant and (p.account_code, p.owner) == ("receivable", "account:1")
            )
            found = queries.balance(account_code="receivable", owner="account:1", at=instant, currency="EUR")
            assert found.micro == expected
            assert (
                queries.balances(
                    account_code="receivable", owners=["account:1", "account:2"], at=instant, currency="EUR"
                )["account:1"].micro
                == expected
            )
        from django.db import transaction as django_transaction

        django_transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.lists(st.integers(min_value=-1000, max_value=1000).filter(bool), min_size=1, max_size=5))
def test_raw_entries_are_taken_exactly_when_they_balance(raw: list[int]) -> None:
    refused = False
    try:
        with atomic():
            number = raw_transaction("raw")
            for amount in raw:
                raw_entry(number, amount)
            judge()
    except IntegrityError:
        refused = True
    assert refused == (sum(raw) != 0)
    if not refused:
        assert queries.transaction_by_key("raw") is not None
        with atomic(), pytest.raises(IntegrityError, match="never changed"), atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_transaction")
