"""Tax by rate on the sum of its lines; prices that include tax keep their total to the cent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utenza.billing.rules.terms import DraftLine
from utenza.core.rounding import divide_half_away

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A tax rate in basis points (2200 is 22 %) and the law that sets it."""

    basis_points: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    category: str
    rate_bp: int
    net_micro: int
    tax_micro: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """The lines' net amounts and rates, in the order of the lines, and the tax of each rate."""

    nets_micro: tuple[int, ...]
    rates_bp: tuple[int, ...]
    rows: tuple[TaxRow, ...]


def work_out_taxes(*, lines: Sequence[DraftLine], rate_of: Callable[[str], Rate], step_micro: int) -> Taxed:
    """Return the net of each line and the tax of each rate.

    Net prices: the tax is the rate on the sum of the lines (EN 16931, BR-CO-17). Gross prices: the tax is taken out of
    the gross sum of the rate, and the net is spread over the lines so that nets and tax add up to what was promised.
    """
    rates = {category: rate_of(category) for category in sorted({line.tax_category for line in lines})}
    nets = [line.amount_micro for line in lines]
    rows = []
    for category, rate in sorted(rates.items(), key=lambda item: (-item[1].basis_points, item[0])):
        of_rate = [index for index, line in enumerate(lines) if line.tax_category == category]
        net_priced = sum(lines[i].amount_micro for i in of_rate if not lines[i].tax_included)
        tax = _rounded(net_priced * rate.basis_points, BASIS_POINTS, step_micro)
        with_tax = [i for i in of_rate if lines[i].tax_included]
        gross = sum(lines[i].amount_micro for i in with_tax)
        tax_within = _rounded(gross * rate.basis_points, BASIS_POINTS + rate.basis_points, step_micro)
        shares = spread_net(
            gross=[lines[i].amount_micro for i in with_tax],
            total=gross - tax_within,
            rate_bp=rate.basis_points,
            step_micro=step_micro,
        )
        for i, share in zip(with_tax, shares, strict=True):
            nets[i] = share
        rows.append(
            TaxRow(
                category=category,
                rate_bp=rate.basis_points,
                net_micro=net_priced + gross - tax_within,
                tax_micro=tax + tax_within,
                source=rate.source,
            )
        )
    return Taxed(
        nets_micro=tuple(nets),
        rates_bp=tuple(rates[line.tax_category].basis_points for line in lines),
        rows=tuple(rows),
    )


def taxes_after(
    *, before: Sequence[DraftLine], lines: Sequence[DraftLine], rate_of: Callable[[str], Rate], step_micro: int
) -> Taxed:
    """Return what `lines` add to the taxes of the lines `before` them, each rate rounded on the sum of both.

    However a bill is credited line by line, the credit notes then add up to the bill, its tax to the cent included:
    their taxes are the differences of one rounded running sum.
    """
    first = {row.category: row for row in work_out_taxes(lines=before, rate_of=rate_of, step_micro=step_micro).rows}
    both = work_out_taxes(lines=[*before, *lines], rate_of=rate_of, step_micro=step_micro)
    alone = work_out_taxes(lines=lines, rate_of=rate_of, step_micro=step_micro)
    nets = list(alone.nets_micro)
    rows = []
    for row in both.rows:
        of_rate = [index for index, line in enumerate(lines) if line.tax_category == row.category]
        if not of_rate:
            continue
        earlier = first.get(row.category)
        net = row.net_micro - (earlier.net_micro if earlier else 0)
        tax = row.tax_micro - (earlier.tax_micro if earlier else 0)
        # Net prices leave no doubt; of gross ones the largest line bears the cent by which the running sum differs.
        gross = [index for index in of_rate if lines[index].tax_included]
        if gross:
            largest = max(gross, key=lambda index: (abs(lines[index].amount_micro), -index))
            nets[largest] += net - sum(nets[index] for index in of_rate)
        rows.append(TaxRow(category=row.category, rate_bp=row.rate_bp, net_micro=net, tax_micro=tax, source=row.source))
    return Taxed(nets_micro=tuple(nets), rates_bp=alone.rates_bp, rows=tuple(rows))


def spread_net(*, gross: Sequence[int], total: int, rate_bp: int, step_micro: int) -> list[int]:
    """Split the net `total` over lines of `gross` amounts, each within one step of its exact net, adding up exactly.

    Charges and credits stand together here, so the shares cannot be weights that are never negative: each line is
    rounded down, and the steps left over go to the largest remainders, the earlier line on a tie.
    """
    denominator = (BASIS_POINTS + rate_bp) * step_micro
    floors, remainders = [], []
    for amount in gross:
        whole, remainder = divmod(amount * BASIS_POINTS, denominator)
        floors.append(whole)
        remainders.append(remainder)
    left = total // step_micro - sum(floors)
    for index in sorted(range(len(gross)), key=lambda i: (-remainders[i], i))[:left]:
        floors[index] += 1
    return [steps * step_micro for steps in floors]


def _rounded(numerator: int, denominator: int, step_micro: int) -> int:
    return divide_half_away(numerator, denominator * step_micro) * step_micro
