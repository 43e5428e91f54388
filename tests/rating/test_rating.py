"""A partition is rated whole, the same each time, and its totals are what bills read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.usage import TARIFF, call, metered_line
from utenza.catalog import operations as catalog
from utenza.catalog.rules import OfferSpec, PriceSpec, VersionSpec
from utenza.cli import house
from utenza.core.money import Money
from utenza.core.period import DayPeriod
from utenza.infra import outbox
from utenza.infra.transactions import transaction
from utenza.infra.work import drain_all
from utenza.ordering.models import AgreementVersion
from utenza.pricing import ENGINE_VERSION
from utenza.provisioning.queries import LineView
from utenza.rating import operations, queries
from utenza.usage import operations as usage
from utenza.usage.records import UsageRecord

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

FEBRUARY = DayPeriod(date(2026, 2, 1), date(2026, 3, 1))
LATER = datetime(2026, 4, 3, 9, tzinfo=UTC)


def _push(identity: str, *records: UsageRecord) -> None:
    usage.push_batch(source="switch", identity=identity, records=records, at=LATER)
    drain_all(at=LATER)


def _on(day: int, month: int = 2, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def _amounts(line: LineView, period: DayPeriod = FEBRUARY, version: int | None = None) -> dict[str, int]:
    totals = queries.usage_totals([line.line_id], period, version)
    return {f"{row.kind} {row.zone}".strip(): row.amount_micro for row in totals.rows}


def test_usage_is_rated_by_the_tariff_of_its_day() -> None:
    line = metered_line()
    _push(
        "b1",
        call("1", line, _on(2), 90, number="4930123456"),
        replace(call("2", line, _on(3), 2_500_000), kind="data", b_number=""),
        replace(call("3", line, _on(4), 1), kind="sms"),
    )
    totals = queries.usage_totals([line.line_id], FEBRUARY)
    assert [(row.kind, row.zone, row.events, row.quantity, row.unit, row.amount_micro) for row in totals.rows] == [
        ("data", "", 1, 2_500_000, "octet", 30_000),
        ("sms", "italy", 1, 1, "message", 100_000),
        ("voice", "germany", 1, 90, "second", 450_000),
    ]
    assert all(row.tax_included and row.agreement_id and row.tariff_version_id for row in totals.rows)


def test_an_allowance_is_used_up_before_anything_is_paid() -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(2), 540), call("2", line, _on(3), 120))
    assert _amounts(line) == {"voice italy": 60_000}
    (allowance,) = queries.allowances_of_line(line.line_id, on_date=date(2026, 2, 3))
    assert (allowance.used, allowance.granted) == (600, 600)


def test_rating_again_changes_nothing() -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(2), 700))
    before = queries.usage_totals([line.line_id], FEBRUARY)
    with transaction():
        assert operations.call_for_month(month="2026-02") == 1
    drain_all(at=LATER)
    after = queries.usage_totals([line.line_id], FEBRUARY)
    assert (after.rows, after.checksum) == (before.rows, before.checksum)


def test_late_usage_takes_the_allowance_in_the_order_of_time() -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(20), 600))
    assert _amounts(line) == {"voice italy": 0}
    _push("b2", call("2", line, _on(5), 60))
    assert _amounts(line) == {"voice italy": 60_000}
    assert [event.amount_micro for event in queries.usage_of_line(line.line_id, FEBRUARY)] == [60_000, 0]


def test_a_pinned_version_is_read_as_it_was() -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(2), 660))
    billed = queries.usage_totals([line.line_id], FEBRUARY)
    _push("b2", call("2", line, _on(5), 60))
    again = queries.usage_totals([line.line_id], FEBRUARY, billed.version)
    assert (again.rows, again.checksum, again.version) == (billed.rows, billed.checksum, billed.version)
    assert _amounts(line) == {"voice italy": 120_000}


def test_versions_that_no_bill_pins_are_forgotten_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "UNPINNED_HOURS", 0)
    line = metered_line()
    _push("b1", call("1", line, _on(2), 660))
    pinned = queries.usage_totals([line.line_id], FEBRUARY)
    _push("b2", call("2", line, _on(5), 60))
    forgotten = queries.usage_totals([line.line_id], FEBRUARY)
    _push("b3", call("3", line, _on(6), 60))
    assert pinned.version is not None
    assert operations.forget_versions(keep=[pinned.version]) == 1
    assert queries.usage_totals([line.line_id], FEBRUARY, pinned.version) == pinned
    assert _amounts(line) == {"voice italy": 180_000}
    with pytest.raises(FileNotFoundError):
        queries.usage_totals([line.line_id], FEBRUARY, forgotten.version)


def test_totals_read_while_a_rating_is_committed_bear_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(2), 660))
    read, late = queries._current_rows, [call("2", line, _on(5), 60)]

    def read_after_a_rating(*args: Any) -> Any:
        if late:
            _push("b2", late.pop())
        return read(*args)

    monkeypatch.setattr(queries, "_current_rows", read_after_a_rating)
    found = queries.usage_totals([line.line_id], FEBRUARY)
    assert found.rows == tuple(queries._rows_at([line.line_id], FEBRUARY, found.version or 0))


def test_an_allowance_goes_on_over_the_end_of_a_month_within_a_billing_period() -> None:
    line = metered_line(bill_day=15)
    _push("b1", call("1", line, _on(20), 540), call("2", line, _on(5, month=3), 120))
    march = DayPeriod(date(2026, 3, 1), date(2026, 4, 1))
    assert _amounts(line, march) == {"voice italy": 60_000}
    _push("b2", call("3", line, _on(25), 60))
    assert _amounts(line, march) == {"voice italy": 120_000}


def test_what_was_charged_in_real_time_is_not_priced_again() -> None:
    line = metered_line()
    charged = replace(
        call("1", line, _on(2), 90),
        line_id=line.line_id,
        charged_micro=123,
        charged_zone="italy",
        charged_currency="EUR",
    )
    _push("b1", charged)
    assert _amounts(line) == {"voice italy": 123}


PREMIUM = {**TARIFF, "zones": {**TARIFF["zones"], "premium": ["398991234567"]}}
PREMIUM = {
    **PREMIUM,
    "voice": [*TARIFF["voice"], {"zone": "premium", "price_per_minute": "1.20", "next_increment": 60}],
}


def _make_premium() -> int:
    """Make a tariff whose prefix is a whole number, sold by another version of the offer."""
    catalog.create_tariff_version(code="misura", version=2, valid_from=date(2026, 1, 1), document=PREMIUM, at=LATER)
    offer = OfferSpec(code="a-misura", market="fixed", payment="postpaid", kind="plan", service_kind="internet")
    version = VersionSpec(
        version=2,
        valid_from=date(2026, 1, 2),
        name_en="Metered",
        name_it="A misura",
        tariff="misura/2",
        network_profile="fibre-100-20",
        prices=(
            PriceSpec(
                kind="recurring",
                name_en="Monthly fee",
                name_it="Canone",
                amount=Money.of("10", "EUR"),
                tax_included=True,
            ),
        ),
    )
    return catalog.create_offer_version(offer=offer, version=version, at=LATER).offer_version_id


def _rate_by(offer_version_id: int, line: LineView) -> None:
    AgreementVersion.objects.filter(agreement__line_id=line.line_id).update(offer_version_id=offer_version_id)
    operations.call_for([("2026-02", line.bucket)])
    drain_all(at=LATER)


def test_a_premium_prefix_as_long_as_the_number_prices_it_without_the_key() -> None:
    line = metered_line()
    premium = _make_premium()
    _push("b1", call("1", line, _on(2), 60, number="398991234567"), call("2", line, _on(3), 60, number="398991234560"))
    usage.destroy_identifiers(line_id=line.line_id, at=LATER)
    _rate_by(premium, line)
    assert _amounts(line) == {"voice italy": 0, "voice premium": 1_200_000}


def test_a_tariff_made_later_with_longer_prefixes_prices_by_the_number_itself() -> None:
    line = metered_line()
    _push("b1", call("1", line, _on(2), 60, number="398991234567"))
    assert _amounts(line) == {"voice italy": 0}
    _rate_by(_make_premium(), line)
    assert _amounts(line) == {"voice premium": 1_200_000}
    (event,) = queries.usage_of_line(line.line_id, FEBRUARY)
    assert (event.destination, event.hidden_digits) == ("398", 9)


def test_a_number_that_nobody_can_open_any_more_is_said_to_have_no_price() -> None:
    line = metered_line()
    _push(
        "b1",
        call("1", line, _on(2), 60, number="398991234567"),
        call("2", line, _on(3), 60, number="4930123456"),
        replace(call("3", line, _on(4), 60, number="398991234567"), zone_hint="italy"),
    )
    usage.destroy_identifiers(line_id=line.line_id, at=LATER)
    _rate_by(_make_premium(), line)
    statuses = [event.status for event in queries.usage_of_line(line.line_id, FEBRUARY)]
    assert statuses == ["priced", "priced", "number_erased"]
    assert queries.month_account("2026-02")[0].unpriced == 1


def test_each_event_says_its_window_and_engine_and_its_explanation_agrees() -> None:
    line = metered_line()
    _push(
        "b1",
        call("1", line, _on(2), 540),
        call("2", line, _on(3), 120),
        replace(call("3", line, _on(4), 2_500_000), kind="data", b_number=""),
        replace(call("4", line, _on(4), 90), line_id=line.line_id, charged_micro=1),
        call("5", line, _on(5, month=1), 90),
    )
    events = queries.usage_of_line(line.line_id, DayPeriod(date(2026, 1, 1), date(2026, 3, 1)))
    assert sorted((event.status, event.window, event.engine_version) for event in events) == [
        ("charged", "", ""),
        ("priced", "otherwise", ENGINE_VERSION),
        ("priced", "otherwise", ENGINE_VERSION),
        ("priced", "otherwise", ENGINE_VERSION),
    ]
    for event in events:
        why = queries.explanation(line_id=line.line_id, event_id=event.event_id, month="2026-02")
        if event.status == "charged":
            assert why is None
            continue
        assert why is not None
        assert (why.window, why.amount_micro, why.zone.replace("any", "")) == (
            event.window,
            event.amount_micro,
            event.zone,
        )
        assert sum(sum(part.covered.values()) for part in why.segments) == event.allowance_used
        assert queries.rated_event(line_id=line.line_id, month="2026-02", event_id=event.event_id) == event
        house.print_json(why)  # fractions and all
    assert queries.explanation(line_id=line.line_id, event_id=1, month="2026-01") is None


def test_lines_without_usage_have_no_totals() -> None:
    totals = queries.usage_totals([1], FEBRUARY)
    assert (totals.rows, totals.version, totals.checksum) == ((), None, "")


def _two_lines_with_usage() -> list[LineView]:
    lines = [metered_line(), metered_line()]
    assert lines[0].bucket != lines[1].bucket
    for number, line in enumerate(lines):
        usage.push_batch(
            source="switch",
            identity=f"b{number}",
            records=[
                call(f"march{number}", line, _on(5, 3), 300 + 60 * number),
                call(f"feb{number}", line, _on(2), 540),
                call(f"late{number}", line, _on(3), 120),
            ],
            at=LATER,
        )
    usage.write_raw(at=LATER)
    outbox.deliver_all(at=LATER)
    return lines


def test_small_partitions_of_a_month_are_rated_by_one_commit() -> None:
    lines = _two_lines_with_usage()
    assert [operations.rate_next(at=LATER), operations.rate_next(at=LATER)] == [2, 2]
    assert operations.rate_next(at=LATER) == 0
    february = queries.month_account("2026-02")
    assert [row.events for row in february] == [2, 2]
    assert len({row.rated_version for row in february}) == 1
    assert [_amounts(line) for line in lines] == [{"voice italy": 60_000}] * 2


def test_large_partitions_are_rated_one_by_one_and_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "EVENTS_TOGETHER", 1)
    lines = _two_lines_with_usage()
    assert [operations.rate_next(at=LATER) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert [_amounts(line) for line in lines] == [{"voice italy": 60_000}] * 2


def test_rating_one_partition_again_leaves_the_others_as_they_are() -> None:
    first, second = _two_lines_with_usage()
    drain_all(at=LATER)
    before = queries.month_account("2026-02")
    operations.call_for([("2026-02", first.bucket)])
    assert operations.rate_next(at=LATER) == 1
    after = {row.bucket: row for row in queries.month_account("2026-02")}
    for row in before:
        assert (after[row.bucket].rated_version == row.rated_version) == (row.bucket == second.bucket)
    assert [_amounts(line) for line in (first, second)] == [{"voice italy": 60_000}] * 2
    (event,) = [one for one in queries.usage_of_line(second.line_id, FEBRUARY) if one.amount_micro]
    assert event.quantity == 120
