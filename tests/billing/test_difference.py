"""Why a bill differs from the last one."""

from __future__ import annotations

from datetime import date

from utenza.billing.rules.difference import Cause, ShownLine, causes_of_difference


def line(kind: str, text: str, cents: int, *, agreement: int = 1, days: int = 31, usage: str = "") -> ShownLine:
    return ShownLine(
        kind=kind,
        agreement_id=agreement,
        text=text,
        gross_micro=cents * 10_000,
        period_start=date(2026, 1, 1),
        period_end=date.fromordinal(date(2026, 1, 1).toordinal() + days),
        usage_kind=usage,
    )


FEE = line("recurring", "Fibra", 2990)


def test_a_first_bill_has_no_causes() -> None:
    assert causes_of_difference(current=[FEE], previous=None) == []


def test_the_same_lines_have_no_causes() -> None:
    assert causes_of_difference(current=[FEE], previous=[FEE]) == []


def test_the_largest_change_comes_first() -> None:
    causes = causes_of_difference(
        current=[FEE, line("usage", "Calls · mobile", 300, usage="voice"), line("one_off", "Router", 5000)],
        previous=[FEE, line("usage", "Calls · national", 120, usage="voice")],
    )
    assert causes == [
        Cause(code="one_off_new", subject="Router", change_micro=50_000_000),
        Cause(code="usage_more", subject="voice", change_micro=1_800_000),
    ]


def test_a_discount_that_is_over_is_told() -> None:
    causes = causes_of_difference(current=[FEE], previous=[FEE, line("discount", "Welcome", -1000)])
    assert causes == [Cause(code="discount_gone", subject="Welcome", change_micro=10_000_000)]


def test_a_first_month_with_more_days_explains_the_lower_second_bill() -> None:
    before = [line("recurring", "Fibra", 1640, days=17), FEE]
    assert causes_of_difference(current=[FEE], previous=before)[0].code == "fewer_days"


def test_an_agreement_that_began_or_ended_is_told_by_its_name() -> None:
    other = line("recurring", "Voce", 500, agreement=2)
    assert causes_of_difference(current=[FEE, other], previous=[FEE])[0] == Cause(
        code="began", subject="Voce", change_micro=5_000_000
    )
    assert causes_of_difference(current=[FEE], previous=[FEE, other])[0].code == "ended"


def test_days_given_back_are_told_as_such() -> None:
    assert causes_of_difference(current=[line("recurring", "Fibra", -1929, days=20)], previous=[FEE])[0].code == (
        "refunded"
    )


def test_the_causes_are_three_at_the_most() -> None:
    many = [line("one_off", f"Thing {n}", n * 100) for n in range(1, 8)]
    assert [cause.subject for cause in causes_of_difference(current=many, previous=[])] == [
        "Thing 7",
        "Thing 6",
        "Thing 5",
    ]
