"""Tax by rate: nets and tax add up, and a price with tax keeps its total to the cent."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from utenza.billing.rules import DraftLine, Rate
from utenza.billing.rules.taxes import spread_net, taxes_after, work_out_taxes
from utenza.core.rounding import divide_half_away

CENT = 10_000
CENTS = st.integers(-10_000_000, 10_000_000)
RATES = {"standard": Rate(basis_points=2200), "reduced": Rate(basis_points=1000), "exempt": Rate(basis_points=0)}


def line(cents: int, *, gross: bool, category: str = "standard") -> DraftLine:
    return DraftLine(
        kind="recurring",
        node_id=1,
        agreement_id=1,
        line_id=1,
        text="x",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 2, 1),
        amount_micro=cents * CENT,
        tax_included=gross,
        tax_category=category,
    )


LINES = st.lists(
    st.builds(line, CENTS, gross=st.booleans(), category=st.sampled_from(sorted(RATES))), min_size=1, max_size=30
)


class TestWorkOutTaxes:
    @given(lines=LINES)
    def test_nets_of_lines_and_of_rates_are_the_same_sum(self, lines: list[DraftLine]) -> None:
        taxed = work_out_taxes(lines=lines, rate_of=RATES.__getitem__, step_micro=CENT)
        assert sum(taxed.nets_micro) == sum(row.net_micro for row in taxed.rows)
        assert all(net % CENT == 0 for net in taxed.nets_micro)

    @given(lines=st.lists(st.builds(line, CENTS, gross=st.just(value=True)), min_size=1, max_size=30))
    def test_prices_with_tax_keep_their_total(self, lines: list[DraftLine]) -> None:
        taxed = work_out_taxes(lines=lines, rate_of=RATES.__getitem__, step_micro=CENT)
        total = sum(taxed.nets_micro) + sum(row.tax_micro for row in taxed.rows)
        assert total == sum(one.amount_micro for one in lines)

    @given(lines=st.lists(st.builds(line, CENTS, gross=st.just(value=False)), min_size=1, max_size=30))
    def test_prices_without_tax_pay_it_once_on_their_sum(self, lines: list[DraftLine]) -> None:
        taxed = work_out_taxes(lines=lines, rate_of=RATES.__getitem__, step_micro=CENT)
        whole = sum(one.amount_micro for one in lines)
        assert taxed.rows[0].tax_micro == divide_half_away(whole * 2200, 10_000 * CENT) * CENT
        assert list(taxed.nets_micro) == [one.amount_micro for one in lines]

    def test_no_line_means_no_tax(self) -> None:
        taxed = work_out_taxes(lines=[], rate_of=RATES.__getitem__, step_micro=CENT)
        assert (taxed.rows, taxed.nets_micro) == ((), ())


class TestSpreadNet:
    @given(gross=st.lists(CENTS, min_size=1, max_size=40), rate_bp=st.sampled_from([0, 400, 1000, 2200]))
    def test_each_share_is_within_a_cent_of_its_exact_net(self, gross: list[int], rate_bp: int) -> None:
        amounts = [cents * CENT for cents in gross]
        whole = sum(amounts)
        total = divide_half_away(whole * 10_000, (10_000 + rate_bp) * CENT) * CENT
        shares = spread_net(gross=amounts, total=total, rate_bp=rate_bp, step_micro=CENT)
        assert sum(shares) == total
        for amount, share in zip(amounts, shares, strict=True):
            assert abs(share * (10_000 + rate_bp) - amount * 10_000) <= CENT * (10_000 + rate_bp)

    def test_the_cent_left_over_goes_to_the_first_of_equals(self) -> None:
        assert spread_net(gross=[990_000] * 3, total=2_440_000, rate_bp=2200, step_micro=CENT) == [
            820_000,
            810_000,
            810_000,
        ]


class TestTaxesAfter:
    @given(lines=LINES, cuts=st.lists(st.integers(0, 30), max_size=4))
    def test_however_a_bill_is_credited_its_notes_add_up_to_it(self, lines: list[DraftLine], cuts: list[int]) -> None:
        edges = sorted({0, len(lines), *(min(cut, len(lines)) for cut in cuts)})
        tax: dict[str, int] = {}
        net: dict[str, int] = {}
        for start, end in pairwise(edges):
            part = taxes_after(before=lines[:start], lines=lines[start:end], rate_of=RATES.__getitem__, step_micro=CENT)
            assert sum(part.nets_micro) == sum(row.net_micro for row in part.rows)
            assert all(micro % CENT == 0 for micro in part.nets_micro)
            for one, micro in zip(lines[start:end], part.nets_micro, strict=True):
                assert one.tax_included or micro == one.amount_micro
            for row in part.rows:
                tax[row.category] = tax.get(row.category, 0) + row.tax_micro
                net[row.category] = net.get(row.category, 0) + row.net_micro
        whole = work_out_taxes(lines=lines, rate_of=RATES.__getitem__, step_micro=CENT)
        assert tax == {row.category: row.tax_micro for row in whole.rows}
        assert net == {row.category: row.net_micro for row in whole.rows}

    def test_two_lines_of_three_cents_are_credited_one_by_one_to_the_cent(self) -> None:
        # 0.06 bears 0.01 of tax, and each half rounded alone would bear 0.01, too.
        both = [line(-3, gross=False), line(-3, gross=False)]
        first = taxes_after(before=[], lines=both[:1], rate_of=RATES.__getitem__, step_micro=CENT)
        second = taxes_after(before=both[:1], lines=both[1:], rate_of=RATES.__getitem__, step_micro=CENT)
        assert [row.tax_micro for taxed in (first, second) for row in taxed.rows] == [-CENT, 0]
