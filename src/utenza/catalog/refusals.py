"""Why a write or a read of the catalog is declined."""

from __future__ import annotations

from collections.abc import Sequence

from utenza.catalog.rules import Fault
from utenza.core.errors import N_, Refusal


class CatalogueRefused(Refusal):
    """What was handed in is not whole; `faults` has every path and reason, the sentence the first."""

    code = "catalogue_refused"
    text = N_("The catalogue is refused at %(path)s: %(reason)s. Nothing of it was taken; correct it and try again.")

    def __init__(self, *, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(field=faults[0].path, path=faults[0].path, reason=faults[0].reason)


class CatalogueContradiction(Refusal):
    """A version that was launched, or an offer that exists, is written otherwise."""

    code = "catalogue_contradiction"
    text = N_(
        "%(path)s says otherwise than what was launched: %(reason)s. A launched version is never changed: "
        "give the new content a new version number."
    )


class UnknownOffer(Refusal):
    code = "unknown_offer"
    text = N_("There is no offer '%(offer)s' in the catalog: check its code.")


class UnknownTariff(Refusal):
    code = "unknown_tariff"
    text = N_("There is no tariff '%(tariff)s' in the catalog: create it first.")


class UnknownVersion(Refusal):
    code = "unknown_offer_version"
    text = N_("There is no offer version %(offer_version_id)s in the catalog: reload the list.")


class AlreadyOnSale(Refusal):
    code = "offer_already_on_sale"
    text = N_(
        "%(offer)s has version %(other)s launched from %(from_date)s, so version %(version)s cannot be on sale from "
        "%(valid_from)s: give it a later first day."
    )


class SaleEndsBeforeItBegins(Refusal):
    code = "sale_ends_before_start"
    text = N_("A sale that begins on %(valid_from)s cannot end on %(valid_to)s: choose a later day.")
