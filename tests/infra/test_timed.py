"""Timed jobs: each due instant once, in order, by the operator's clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from utenza.infra import timed
from utenza.infra.models.timed import TimedRun

START = datetime(2026, 3, 1, tzinfo=UTC)
ran: list[tuple[str, datetime]] = []
broken: set[str] = set()


def at_six(*, at: datetime) -> None:
    if "at_six" in broken:
        raise RuntimeError("not today")
    ran.append(("six", at))


def each_quarter(*, at: datetime) -> None:
    ran.append(("quarter", at))


def at_half_past_two(*, at: datetime) -> None:
    ran.append(("half past two", at))


def name_of(job: object) -> str:
    return f"{__name__}.{job.__name__}"  # type: ignore[attr-defined] # the jobs above


@pytest.fixture(autouse=True)
def only_these_jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ran.clear()
    broken.clear()
    timed.timed_jobs()
    monkeypatch.setattr(timed, "_jobs", {})
    timed.timed(every="day", at="06:00")(at_six)
    return


@pytest.mark.django_db
class TestRunDue:
    def test_starts_to_count_when_a_job_is_first_seen(self) -> None:
        assert timed.run_due(at=START).done == 0
        assert ran == []

    def test_runs_a_daily_job_once_at_its_hour_in_the_operators_zone(self) -> None:
        timed.start_counting(at=START)
        assert timed.run_due(at=datetime(2026, 3, 1, 4, 59, tzinfo=UTC)).done == 0
        assert timed.run_due(at=datetime(2026, 3, 1, 5, 0, tzinfo=UTC)).done == 1
        assert timed.run_due(at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC)).done == 0
        assert ran == [("six", datetime(2026, 3, 1, 5, tzinfo=UTC))]

    def test_makes_up_for_each_missed_day_and_keeps_the_hour_across_summer_time(self) -> None:
        timed.start_counting(at=datetime(2026, 3, 27, 12, tzinfo=UTC))
        timed.run_due(at=datetime(2026, 3, 30, 12, tzinfo=UTC))
        assert [at for _name, at in ran] == [
            datetime(2026, 3, 28, 5, tzinfo=UTC),
            datetime(2026, 3, 29, 4, tzinfo=UTC),
            datetime(2026, 3, 30, 4, tzinfo=UTC),
        ]

    def test_runs_once_a_day_though_its_hour_is_skipped_or_comes_twice(self) -> None:
        timed._jobs.clear()
        timed.timed(every="day", at="02:30")(at_half_past_two)
        timed.start_counting(at=datetime(2026, 3, 28, 12, tzinfo=UTC))
        timed.run_due(at=datetime(2026, 3, 30, 12, tzinfo=UTC))
        assert len(ran) == 2
        ran.clear()
        TimedRun.objects.update(last_due_at=datetime(2026, 10, 24, 12, tzinfo=UTC))
        timed.run_due(at=datetime(2026, 10, 26, 12, tzinfo=UTC))
        assert len(ran) == 2

    def test_runs_a_job_by_the_minute_for_the_last_instant_alone(self) -> None:
        timed._jobs.clear()
        timed.timed(every="minutes", minutes=15)(each_quarter)
        timed.start_counting(at=START)
        assert timed.run_due(at=START + timedelta(hours=2, minutes=7)).done == 1
        assert ran == [("quarter", START + timedelta(hours=2))]

    def test_makes_up_for_each_instant_when_the_job_asks_for_it(self) -> None:
        timed._jobs.clear()
        timed.timed(every="minutes", minutes=15, catch_up=True)(each_quarter)
        timed.start_counting(at=START)
        timed.run_due(at=START + timedelta(hours=1))
        assert [at for _name, at in ran] == [START + timedelta(minutes=m) for m in (15, 30, 45, 60)]

    def test_mixes_jobs_in_the_order_of_their_instants(self) -> None:
        timed.timed(every="minutes", minutes=12 * 60, catch_up=True)(each_quarter)
        timed.start_counting(at=START)
        timed.run_due(at=START + timedelta(days=2))
        assert [at for _name, at in ran] == sorted(at for _name, at in ran)
        assert [name for name, _at in ran] == ["six", "quarter", "quarter", "six", "quarter", "quarter"]

    def test_tries_a_failed_job_again_later_and_lets_the_others_go_on(self) -> None:
        timed.timed(every="minutes", minutes=60)(each_quarter)
        timed.start_counting(at=START)
        broken.add("at_six")
        at = START + timedelta(hours=6)
        report = timed.run_due(at=at)
        assert report.failed == (name_of(at_six),)
        assert [name for name, _at in ran] == ["quarter"]
        broken.clear()
        assert timed.run_due(at=at + timedelta(seconds=30)).done == 0
        assert timed.run_due(at=at + timedelta(minutes=1)).done == 1
        assert ran[-1] == ("six", START + timedelta(hours=5))

    def test_runs_one_job_alone_when_asked(self) -> None:
        timed.timed(every="minutes", minutes=60)(each_quarter)
        timed.start_counting(at=START)
        assert timed.run_due(at=START + timedelta(hours=6), only=name_of(at_six)).done == 1


def test_two_workers_never_run_one_job_at_once(committed_db: object) -> None:
    inside, release, overlaps = threading.Event(), threading.Event(), []

    def slow(*, at: datetime) -> None:
        if inside.is_set():
            overlaps.append(at)
        inside.set()
        release.wait(10)

    timed._jobs.clear()
    timed.timed(every="day", at="06:00")(slow)
    timed.start_counting(at=START)

    def work() -> None:
        timed.run_due(at=START + timedelta(hours=6))
        connections.close_all()

    first = threading.Thread(target=work)
    first.start()
    assert inside.wait(10)
    assert timed.run_due(at=START + timedelta(hours=6)).done == 0
    release.set()
    first.join()
    assert overlaps == []
    assert timed.run_due(at=START + timedelta(hours=6)).done == 0
