"""What each role may do: one table, read by every shell."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from utenza.core.errors import N_, Refusal
from utenza.infra.roles import Role

__all__ = ["NotPermitted", "Permission", "Role", "demand", "may", "permissions_of"]


class NotPermitted(Refusal):
    code = "not_permitted"
    text = N_("Your role does not allow this (%(permission)s): ask an administrator for a role that does.")


class Permission(StrEnum):
    CUSTOMER_VIEW = "customer.view"
    CUSTOMER_EDIT = "customer.edit"
    LEAD_EDIT = "lead.edit"
    APPLICATION_EDIT = "application.edit"
    APPLICATION_DECIDE = "application.decide"
    APPLICATION_OVERRIDE = "application.override"
    OFFER_VIEW = "offer.view"
    OFFER_EDIT = "offer.edit"
    ORDER_PLACE = "order.place"
    ORDER_CANCEL = "order.cancel"
    LINE_VIEW = "line.view"
    LINE_OPERATE = "line.operate"
    LINE_SUSPEND = "line.suspend"
    WORKORDER_CONFIRM = "workorder.confirm"
    NETWORK_VIEW = "network.view"
    USAGE_VIEW = "usage.view"
    USAGE_MEND = "usage.mend"
    BILL_VIEW = "bill.view"
    BILLRUN_RUN = "billrun.run"
    BILLRUN_APPROVE = "billrun.approve"
    PAYMENT_VIEW = "payment.view"
    PAYMENT_TAKE = "payment.take"
    DUNNING_VIEW = "dunning.view"
    DUNNING_RUN = "dunning.run"
    LEDGER_VIEW = "ledger.view"
    CARE_VIEW = "care.view"
    CARE_WRITE = "care.write"
    DISPUTE_ANSWER = "dispute.answer"
    TERMINATION_REQUEST = "termination.request"
    REPORT_VIEW = "report.view"
    AUDIT_VIEW = "audit.view"
    SETTINGS_CHANGE = "settings.change"
    USER_MANAGE = "user.manage"
    SECRET_REVEAL = "secret.reveal"  # noqa: S105 - the name of a permission


# One row a permission, one letter a role that has it; an administrator has every permission but what auditors and
# finance must keep from those who run the system: to approve a bill run and to override a credit decision.
#   c csr · s sales · a credit analyst · p product · n network · b billing · o collections · f finance · u auditor
#   A administrator
_LETTERS = {
    "c": Role.CSR, "s": Role.SALES, "a": Role.CREDIT_ANALYST, "p": Role.PRODUCT, "n": Role.NETWORK, "b": Role.BILLING,
    "o": Role.COLLECTIONS, "f": Role.FINANCE, "u": Role.AUDITOR, "A": Role.ADMINISTRATOR,
}  # fmt: skip
_MATRIX: dict[Permission, str] = {
    Permission.CUSTOMER_VIEW:        "c s a p n b o f u A",
    Permission.CUSTOMER_EDIT:        "c s . . . . . . . A",
    Permission.LEAD_EDIT:            "c s . p . . . . . A",
    Permission.APPLICATION_EDIT:     "c s a . . . . . . A",
    Permission.APPLICATION_DECIDE:   "c s a . . . . . . A",
    Permission.APPLICATION_OVERRIDE: ". . a . . . . . . .",
    Permission.OFFER_VIEW:           "c s a p n b o f u A",
    Permission.OFFER_EDIT:           ". . . p . . . . . A",
    Permission.ORDER_PLACE:          "c s . . . . . . . A",
    Permission.ORDER_CANCEL:         "c s . . . . . . . A",
    Permission.LINE_VIEW:            "c s a p n b o f u A",
    Permission.LINE_OPERATE:         "c . . . n . . . . A",
    Permission.LINE_SUSPEND:         "c . . . n . o . . A",
    Permission.WORKORDER_CONFIRM:    ". . . . n . . . . A",
    Permission.NETWORK_VIEW:         ". . . . n . . . u A",
    Permission.USAGE_VIEW:           "c . . p n b o f u A",
    Permission.USAGE_MEND:           ". . . . n b . . . A",
    Permission.BILL_VIEW:            "c s a . . b o f u A",
    Permission.BILLRUN_RUN:          ". . . . . b . . . A",
    Permission.BILLRUN_APPROVE:      ". . . . . b . f . .",
    Permission.PAYMENT_VIEW:         "c . a . . b o f u A",
    Permission.PAYMENT_TAKE:         "c . . . . b o f . A",
    Permission.DUNNING_VIEW:         "c . a . . b o f u A",
    Permission.DUNNING_RUN:          ". . . . . . o . . A",
    Permission.LEDGER_VIEW:          ". . . . . b . f u A",
    Permission.CARE_VIEW:            "c s a . n b o f u A",
    Permission.CARE_WRITE:           "c s a . n b o f . A",
    Permission.DISPUTE_ANSWER:       ". . . . . b . f . A",
    Permission.TERMINATION_REQUEST:  "c . . . . . o . . A",
    Permission.REPORT_VIEW:          ". s a p n b o f u A",
    Permission.AUDIT_VIEW:           ". . . . . . . . u A",
    Permission.SETTINGS_CHANGE:      ". . . . . . . . . A",
    Permission.USER_MANAGE:          ". . . . . . . . . A",
    Permission.SECRET_REVEAL:        ". . . . n . . f . A",
}  # fmt: skip
_OF_ROLE: dict[str, frozenset[Permission]] = {
    role.value: frozenset(permission for permission, row in _MATRIX.items() if letter in row.split())
    for letter, role in _LETTERS.items()
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what the holder of all `roles` may do."""
    return frozenset().union(*(_OF_ROLE.get(str(role), frozenset()) for role in roles))


def may(user: Any, permission: Permission | str) -> bool:
    """Return whether `user` may; nobody may who is not logged in or no longer active."""
    if not getattr(user, "is_active", False):
        return False
    return Permission(permission) in permissions_of(getattr(user, "roles", ()))


def demand(user: Any, permission: Permission | str) -> None:
    """Let `user` pass.

    :raises NotPermitted: if none of the user's roles allows it.
    """
    if not may(user, permission):
        raise NotPermitted(permission=str(Permission(permission)))
