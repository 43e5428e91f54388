"""What billing declines, and why."""

from __future__ import annotations

from utenza.core.errors import N_, Refusal


class NothingToPlan(Refusal):
    code = "bill_run_nothing_to_plan"
    text = N_("No account has a billing period that ends on %(cycle_date)s: choose another day.")


class CycleInTheFuture(Refusal):
    code = "bill_run_in_the_future"
    text = N_("The period that ends on %(cycle_date)s is not over yet: bill it on that day or later.")


class RunNotReady(Refusal):
    code = "bill_run_not_ready"
    text = N_("The bill run of %(cycle_date)s is %(status)s and cannot be %(wish)s now: %(way_out)s.")


class AnotherPersonApproves(Refusal):
    code = "bill_run_four_eyes"
    text = N_("Whoever planned a bill run cannot approve it: ask a colleague to look at it.")


class CannotBeBilled(Refusal):
    """An account is held: the others are billed, and this one waits for a person."""

    code = "account_cannot_be_billed"
    text = N_("This account cannot be billed: %(why)s.")


class NoAddress(CannotBeBilled):
    code = "bill_no_address"
    text = N_("The customer has no address to put on the bill: add one and calculate again.")


class NoTaxData(CannotBeBilled):
    code = "bill_no_tax_data"
    text = N_("The customer has neither a tax code nor a VAT number: add one and calculate again.")


class PriceCurrencyDiffers(CannotBeBilled):
    code = "bill_currency_differs"
    text = N_(
        "'%(offer)s' is priced in %(price_currency)s, but the account is billed in %(currency)s: move the agreement to "
        "an account in %(price_currency)s."
    )


class CoverageUnknown(CannotBeBilled):
    code = "bill_coverage_unknown"
    text = N_(
        "Agreement %(agreement_id)s was charged for a stay from %(from_date)s that it no longer has: correct it by a "
        "credit note."
    )


class DraftStale(CannotBeBilled):
    code = "bill_draft_stale"
    text = N_("Something changed after this bill was calculated: it is taken up by the next bill run of the day.")
    retryable = True


class TaxRateUnknown(CannotBeBilled):
    code = "bill_tax_rate_unknown"
    text = N_("No tax rate is known for '%(category)s' on %(on_date)s: add it to the country's rules.")


class BillNotIssued(Refusal):
    code = "bill_not_issued"
    text = N_("This bill is a draft and owes nothing yet: issue it first.")


class BillOversettled(Refusal):
    code = "bill_oversettled"
    text = N_("Bill %(number)s has %(open)s left to pay, so %(amount)s cannot be set against it.")


class HoldTooLarge(Refusal):
    code = "bill_hold_too_large"
    text = N_("At most %(left)s of this line can be put on hold, and %(amount)s was asked for: write a smaller sum.")


class HoldNotPositive(Refusal):
    code = "bill_hold_not_positive"
    text = N_("What is put on hold must be more than zero: write the sum that is in dispute.")


class LineNotOnBill(Refusal):
    code = "bill_line_unknown"
    text = N_("Bill %(number)s has no such line: reload the bill and choose one of its lines.")


class BillNothingToCredit(Refusal):
    code = "bill_nothing_to_credit"
    text = N_("Bill %(number)s can be credited by at most %(left)s, and %(amount)s was asked for.")


class BillUnknown(Refusal):
    code = "bill_unknown"
    text = N_("There is no bill %(number)s: check the number.")
