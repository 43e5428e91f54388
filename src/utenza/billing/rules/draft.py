"""The whole bill, from what was agreed and used to lines, taxes and sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from utenza.billing.rules.charges import BillingCalendar, Horizon, charge_lines
from utenza.billing.rules.taxes import Rate, Taxed, TaxRow, work_out_taxes
from utenza.billing.rules.terms import (
    AgreementTerms,
    ChargedSoFar,
    CoverageMove,
    DraftLine,
    UsageBefore,
    UsageSum,
)
from utenza.core.rounding import round_to_step


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageMove:
    """What a bill adds to the usage billed so far (`before`); all differences but `exact_micro`, the whole sum."""

    usage: UsageSum
    before: UsageBefore
    events: int
    quantity: int
    exact_micro: int
    amount_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A bill that has no number yet. `lines`, `nets_micro` and `rates_bp` go in step."""

    lines: tuple[DraftLine, ...]
    nets_micro: tuple[int, ...]
    rates_bp: tuple[int, ...]
    taxes: tuple[TaxRow, ...]
    coverage: tuple[CoverageMove, ...]
    usage: tuple[UsageMove, ...]

    @property
    def net_micro(self) -> int:
        return sum(self.nets_micro)

    @property
    def tax_micro(self) -> int:
        return sum(row.tax_micro for row in self.taxes)

    @property
    def total_micro(self) -> int:
        return self.net_micro + self.tax_micro

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell the customer: no line with an amount."""
        return all(line.amount_micro == 0 for line in self.lines)


def draft_bill(
    *,
    agreements: Sequence[AgreementTerms],
    calendar: BillingCalendar,
    horizon: Horizon,
    charged: ChargedSoFar,
    usage: Sequence[UsageSum],
    billed: Mapping[tuple[object, ...], UsageBefore],
    rate_of: Callable[[str], Rate],
    step_micro: int,
    node_order: Sequence[int] = (),
    adjustments: Sequence[DraftLine] = (),
) -> Draft:
    """Return the bill that takes every price and all usage to where it should be charged.

    Lines stand by node of the customer's tree (in `node_order`), then by agreement, each charge followed by its
    discounts and the agreement's usage last. The same input gives the same bill.
    """
    place = {node: index for index, node in enumerate(node_order)}
    ordered = sorted(agreements, key=lambda terms: (place.get(terms.node_id, len(place)), terms.agreement_id))
    lines: list[DraftLine] = []
    moves: list[CoverageMove] = []
    for terms in ordered:
        made, moved = charge_lines(
            agreement=terms, calendar=calendar, horizon=horizon, charged=charged, step_micro=step_micro
        )
        lines.extend(made)
        moves.extend(moved)
    usage_lines, usage_moves = _usage_lines(usage=usage, billed=billed, step_micro=step_micro)
    lines = _in_order([*lines, *usage_lines, *adjustments], place)
    taxed: Taxed = work_out_taxes(lines=lines, rate_of=rate_of, step_micro=step_micro)
    return Draft(
        lines=tuple(lines),
        nets_micro=taxed.nets_micro,
        rates_bp=taxed.rates_bp,
        taxes=taxed.rows,
        coverage=tuple(moves),
        usage=tuple(usage_moves),
    )


def _in_order(lines: list[DraftLine], place: Mapping[int, int]) -> list[DraftLine]:
    """Bring lines of one node and agreement together; within an agreement the order in which they were made holds."""
    return sorted(
        lines,
        key=lambda line: (
            place.get(line.node_id, len(place)),
            line.agreement_id is None,
            line.agreement_id or 0,
        ),
    )


def _usage_lines(
    *, usage: Sequence[UsageSum], billed: Mapping[tuple[object, ...], UsageBefore], step_micro: int
) -> tuple[list[DraftLine], list[UsageMove]]:
    lines: list[DraftLine] = []
    moves: list[UsageMove] = []
    nothing = UsageBefore(events=0, quantity=0, amount_micro=0)
    for item in sorted(usage, key=lambda one: (one.period_start, one.line_id, one.kind, one.zone)):
        before = billed.get(item.key, nothing)
        amount = round_to_step(item.exact_micro, step_micro) - before.amount_micro
        events, quantity = item.events - before.events, item.quantity - before.quantity
        if not (amount or events or quantity):
            continue
        moves.append(
            UsageMove(
                usage=item,
                before=before,
                events=events,
                quantity=quantity,
                exact_micro=item.exact_micro,
                amount_micro=amount,
            )
        )
        lines.append(
            DraftLine(
                kind="usage",
                node_id=item.node_id,
                agreement_id=item.agreement_id,
                line_id=item.line_id,
                text=item.text,
                period_start=item.period_start,
                period_end=item.period_end,
                amount_micro=amount,
                tax_included=item.tax_included,
                tax_category=item.tax_category,
                quantity=quantity,
                unit=item.unit,
                explanation={
                    "usage_kind": item.kind,
                    "zone": item.zone,
                    "events": events,
                    "exact_micro": item.exact_micro,
                    "charged_before_micro": before.amount_micro,
                    "tariff_version_id": item.tariff_version_id,
                    "late": item.late,
                },
            )
        )
    return lines, moves
