"""Transactions, states, numbers, idempotency, the clock, settings and names."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from utenza.infra import clock, idempotency, numbering, operator, states
from utenza.infra.models.message import Message, MessageStatus
from utenza.infra.models.setting import Setting
from utenza.infra.names import normalise, sort_key
from utenza.infra.transactions import after_commit, demands_transaction, in_transaction, savepoint, transaction

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestTransactions:
    def test_opened_inside_another_is_refused(self, committed_db: object) -> None:
        with pytest.raises(RuntimeError), transaction(), transaction():
            pass

    def test_an_operation_demands_one(self, committed_db: object) -> None:
        @demands_transaction
        def operation(*, value: int) -> int:
            return value

        with pytest.raises(Exception, match="operation needs an open transaction"):
            operation(value=1)
        assert in_transaction(operation)(value=1) == 1

    def test_a_savepoint_undoes_its_part_alone(self, committed_db: object) -> None:
        with transaction():
            operator.change_setting(key="a", value=1, at=AT)
            with pytest.raises(ValueError), savepoint():
                operator.change_setting(key="b", value=1, at=AT)
                raise ValueError
        assert sorted(Setting.objects.values_list("key", flat=True)) == ["a"]

    def test_what_waits_for_the_commit_waits_and_dies_with_a_rollback(self, committed_db: object) -> None:
        done: list[str] = []
        with transaction():
            after_commit(lambda: done.append("kept"))
            assert done == []
        with pytest.raises(ValueError), transaction():
            after_commit(lambda: done.append("lost"))
            raise ValueError
        assert done == ["kept"]


TABLE = {MessageStatus.QUEUED: [MessageStatus.SENT, MessageStatus.FAILED], MessageStatus.FAILED: [MessageStatus.QUEUED]}


@pytest.mark.django_db
class TestMove:
    def message(self) -> Message:
        return Message.objects.create(
            to="a@b.it",
            sender="c@d.it",
            subject="",
            text="",
            about="x:1",
            message_id="1",
            queued_at=AT,
            next_attempt_at=AT,
        )

    @pytest.mark.parametrize("current", MessageStatus.values)
    @pytest.mark.parametrize("to", MessageStatus.values)
    def test_follows_the_table_and_nothing_else(self, current: str, to: str) -> None:
        message = self.message()
        Message.objects.filter(pk=message.pk).update(status=current)
        message.refresh_from_db()
        if to in {str(state) for state in TABLE.get(MessageStatus(current), [])}:
            states.move(message, table=TABLE, to=to)
            assert Message.objects.get(pk=message.pk).status == to
        else:
            with pytest.raises(states.ForbiddenMove):
                states.move(message, table=TABLE, to=to)
            assert Message.objects.get(pk=message.pk).status == current

    def test_saves_the_status_alone(self) -> None:
        message = self.message()
        message.subject = "not to be saved"
        states.move(message, table=TABLE, to=MessageStatus.SENT)
        assert Message.objects.get(pk=message.pk).subject == ""

    def test_fails_when_another_was_faster(self) -> None:
        message = self.message()
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.FAILED)
        with pytest.raises(states.ForbiddenMove):
            states.move(message, table=TABLE, to=MessageStatus.SENT)


class TestNumbers:
    def test_have_no_gap_though_transactions_roll_back(self, committed_db: object) -> None:
        taken = []
        for n in range(6):
            try:
                with transaction():
                    number = numbering.next_number(series="bill", fiscal_year=2026)
                    if n % 2:
                        raise ValueError
                    taken.append(number)
            except ValueError:
                continue
        assert taken == [1, 2, 3]

    @pytest.mark.django_db
    def test_start_again_with_the_year_and_stay_apart_by_series(self) -> None:
        assert [numbering.next_number(series="bill", fiscal_year=year) for year in (2026, 2026, 2027)] == [1, 2, 1]
        assert numbering.next_number(series="note", fiscal_year=None) == 1

    def test_of_many_at_once_are_all_different_and_without_gap(self, committed_db: object) -> None:
        taken: list[int] = []

        def take() -> None:
            for _n in range(10):
                with transaction():
                    taken.append(numbering.next_number(series="bill", fiscal_year=2026))
            connections.close_all()

        threads = [threading.Thread(target=take) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(1, 41))

    def test_codes_are_made_by_many_at_once_from_the_very_first(self, committed_db: object) -> None:
        taken: list[str] = []
        together = threading.Barrier(4)

        def take() -> None:
            together.wait()
            for _n in range(5):
                with transaction():
                    taken.append(numbering.next_code(series="customer", prefix="C", width=7))
            connections.close_all()

        threads = [threading.Thread(target=take) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(taken)) == 20
        assert all(len(code) == 8 and code.startswith("C0") for code in taken)

    @pytest.mark.django_db
    def test_a_series_has_a_plain_name(self) -> None:
        with pytest.raises(ValueError):
            numbering.next_code(series="x; drop table", prefix="C", width=7)


class TestOnce:
    @pytest.mark.django_db
    def test_gives_the_first_answer_to_a_repeat(self) -> None:
        calls = []

        def operation() -> dict[str, object]:
            calls.append(1)
            return {"id": len(calls)}

        for payload in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
            assert idempotency.once(key="k", scope="s", payload=payload, operation=operation) == {"id": 1}
        with pytest.raises(idempotency.IdempotencyConflict):
            idempotency.once(key="k", scope="s", payload={"a": 2}, operation=operation)
        assert idempotency.once(key="k", scope="other", payload={"a": 2}, operation=operation) == {"id": 2}

    def test_keeps_nothing_of_an_operation_that_failed(self, committed_db: object) -> None:
        def fail() -> dict[str, object]:
            raise ValueError

        with pytest.raises(ValueError), transaction():
            idempotency.once(key="k", scope="s", payload={}, operation=fail)
        with transaction():
            assert idempotency.once(key="k", scope="s", payload={"x": 1}, operation=lambda: {"ok": True}) == {
                "ok": True
            }

    def test_lets_the_second_of_two_at_once_wait_for_the_first(self, committed_db: object) -> None:
        entered, calls, answers = threading.Event(), [], []

        def slow() -> dict[str, object]:
            calls.append(1)
            entered.set()
            return {"n": len(calls)}

        def second() -> None:
            entered.wait(10)
            with transaction():
                answers.append(idempotency.once(key="k", scope="s", payload={}, operation=slow))
            connections.close_all()

        thread = threading.Thread(target=second)
        thread.start()
        with transaction():
            answers.append(idempotency.once(key="k", scope="s", payload={}, operation=slow))
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.2)")
        thread.join()
        assert answers == [{"n": 1}, {"n": 1}]


class TestClock:
    def test_can_be_set_in_tests_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock.set_clock(AT)
        assert clock.now() == AT
        assert clock.today(ZoneInfo("Pacific/Auckland")) == date(2026, 3, 2)
        clock.set_clock(None)
        assert clock.now() != AT
        monkeypatch.delenv("UTENZA_CLOCK")
        with pytest.raises(clock.ClockNotSettable):
            clock.set_clock(AT)

    def test_takes_no_instant_without_a_zone(self) -> None:
        with pytest.raises(ValueError):
            clock.set_clock(datetime(2026, 3, 1))  # noqa: DTZ001 - the fault itself


class TestSettings:
    @pytest.mark.django_db
    def test_are_seen_at_once_where_they_were_changed(self) -> None:
        assert operator.setting("x", 5) == 5
        operator.change_setting(key="x", value={"a": [1]}, at=AT)
        assert operator.setting("x") == {"a": [1]}
        operator.change_profile(brand="Onda", languages=("it",), at=AT)
        assert operator.profile().brand == "Onda"
        assert operator.profile().languages == ("it",)
        assert operator.profile().currency == "EUR"
        with pytest.raises(operator.UnknownProfileField):
            operator.change_profile(colour="red", at=AT)

    def test_that_were_rolled_back_are_not_seen(self, committed_db: object) -> None:
        with pytest.raises(ValueError), transaction():
            operator.change_setting(key="x", value=1, at=AT)
            assert operator.setting("x") == 1
            raise ValueError
        assert operator.setting("x") is None

    @pytest.mark.django_db
    def test_a_day_begins_by_the_operators_clock(self) -> None:
        assert operator.local_date(datetime(2026, 3, 31, 22, 30, tzinfo=UTC)) == date(2026, 4, 1)
        assert operator.local_midnight(date(2026, 4, 1)) == datetime(2026, 3, 31, 22, tzinfo=UTC)
        assert operator.next_local_midnight(datetime(2026, 3, 29, 12, tzinfo=UTC)) == datetime(
            2026, 3, 29, 22, tzinfo=UTC
        )


class TestNames:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("  D’AMÒ   Niccolò ", "d'amo niccolo"),
            ("Straße", "strasse"),
            ("Łódź Ærø", "lodz aero"),
            ("ＦＵＬＬ", "full"),
        ],
    )
    def test_are_folded(self, text: str, folded: str) -> None:
        assert normalise(text) == folded

    def test_are_sorted_without_regard_to_marks(self) -> None:
        assert sorted(["Dante", "D'Amico", "Damiani", "Àmato"], key=sort_key) == [
            "Àmato",
            "Damiani",
            "D'Amico",
            "Dante",
        ]

    @given(st.text())
    def test_folding_twice_changes_nothing_more(self, text: str) -> None:
        assert normalise(normalise(text)) == normalise(text)
