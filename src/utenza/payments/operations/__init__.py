"""Public writes of payments; each demands an open transaction."""

from utenza.payments.operations._booking import (
    PaymentBeforeAccount,
    PaymentCurrencyDiffers,
    PaymentInTheFuture,
    PaymentMethodUnknown,
    PaymentNotPositive,
    PaymentNotWholeCents,
    PaymentReferenceTooLong,
)
from utenza.payments.operations.deposits import DepositRef, NoDepositWanted, release_deposit, take_deposit
from utenza.payments.operations.recharges import RechargeTaken, take_recharge
from utenza.payments.operations.refunds import (
    CreditTooSmall,
    RefundIsWithdrawn,
    UnknownRefund,
    owe_refund,
    pay_refund,
    withdraw_refund,
)
from utenza.payments.operations.returning import PaymentAlreadyReturned, return_payment
from utenza.payments.operations.taking import BillOfAnotherAccount, PaymentRef, take_payment, use_credit

__all__ = [
    "BillOfAnotherAccount",
    "CreditTooSmall",
    "DepositRef",
    "NoDepositWanted",
    "PaymentAlreadyReturned",
    "PaymentBeforeAccount",
    "PaymentCurrencyDiffers",
    "PaymentInTheFuture",
    "PaymentMethodUnknown",
    "PaymentNotPositive",
    "PaymentNotWholeCents",
    "PaymentRef",
    "PaymentReferenceTooLong",
    "RechargeTaken",
    "RefundIsWithdrawn",
    "UnknownRefund",
    "owe_refund",
    "pay_refund",
    "release_deposit",
    "return_payment",
    "take_deposit",
    "take_payment",
    "take_recharge",
    "use_credit",
    "withdraw_refund",
]
