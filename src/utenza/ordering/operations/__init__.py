"""Public writes of ordering; each demands an open transaction."""

from utenza.ordering.operations.changing import (
    AgreementNotInForce,
    ChangeAhead,
    ChangeInThePast,
    change_offer,
    end_agreement,
)
from utenza.ordering.operations.fulfilling import (
    OrderAwaitsNoDeposit,
    OrderIsDone,
    cancel_order,
    complete_line,
    confirm_deposit,
    fall_out,
)
from utenza.ordering.operations.placing import (
    ApplicationHasNoOffers,
    CustomerBlocked,
    CustomerIsEnded,
    OrderRef,
    place_order,
    place_order_from_application,
)
from utenza.ordering.queries import UnknownAgreement, UnknownOrder
from utenza.ordering.rules import ItemSpec

__all__ = [
    "AgreementNotInForce",
    "ApplicationHasNoOffers",
    "ChangeAhead",
    "ChangeInThePast",
    "CustomerBlocked",
    "CustomerIsEnded",
    "ItemSpec",
    "OrderAwaitsNoDeposit",
    "OrderIsDone",
    "OrderRef",
    "UnknownAgreement",
    "UnknownOrder",
    "cancel_order",
    "change_offer",
    "complete_line",
    "confirm_deposit",
    "end_agreement",
    "fall_out",
    "place_order",
    "place_order_from_application",
]
