"""Pure decisions and arithmetic of billing: no database, no clock.

`terms` what was agreed · `charges` coverage to lines · `taxes` rates and sums · `draft` the whole bill · `difference`
why it differs from the last one · `words` its texts by language.
"""

from utenza.billing.rules.charges import BillingCalendar
from utenza.billing.rules.difference import Cause, causes_of_difference
from utenza.billing.rules.draft import Draft, UsageMove, draft_bill
from utenza.billing.rules.taxes import Rate, TaxRow
from utenza.billing.rules.terms import (
    AgreementTerms,
    ChargedSoFar,
    CoverageMove,
    DiscountTerm,
    DraftLine,
    PriceTerm,
    Stay,
    UsageBefore,
    UsageSum,
)

__all__ = [
    "AgreementTerms",
    "BillingCalendar",
    "Cause",
    "ChargedSoFar",
    "CoverageMove",
    "DiscountTerm",
    "Draft",
    "DraftLine",
    "PriceTerm",
    "Rate",
    "Stay",
    "TaxRow",
    "UsageBefore",
    "UsageMove",
    "UsageSum",
    "causes_of_difference",
    "draft_bill",
]
