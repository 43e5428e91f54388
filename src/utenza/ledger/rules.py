"""The chart of accounts and the arithmetic of a posting; pure."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.core.money import Money

OPERATOR = "operator"
# The codes stages may post to. A dot opens a family: `revenue.usage`, `tax.vat`, `cash.card`.
CODE_PATTERN = (
    r"^(receivable|prepaid_liability|deposit_liability|refund_liability|write_off"
    r"|(revenue|tax|cash)\.[a-z][a-z_]{1,30})$"
)
_OWNER = re.compile(r"(?:operator|(account|line):([1-9][0-9]{0,17}))")
# The order of the trial balance.
CLASSES = (
    "receivable",
    "cash",
    "prepaid_liability",
    "deposit_liability",
    "refund_liability",
    "tax",
    "revenue",
    "write_off",
)


class UnbalancedPostings(Refusal):
    code = "unbalanced_postings"
    text = N_("The postings of '%(key)s' do not add up to zero in %(currency)s: they are off by %(difference)s.")


class UnknownAccountCode(Refusal):
    code = "unknown_account_code"
    text = N_("The books have no account '%(account_code)s': the chart of accounts names the ones there are.")


class UnknownOwner(Refusal):
    code = "unknown_owner"
    text = N_("'%(owner)s' cannot own an account of the books: write operator, account:ID or line:ID.")


class NoPostings(Refusal):
    code = "no_postings"
    text = N_("'%(key)s' moves no money: a transaction of the books needs a debit and a credit.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of a movement: `amount` above zero is a debit, below zero a credit.

    :param owner: "operator", "account:ID" (a billing account) or "line:ID".
    """

    account_code: str
    amount: Money
    owner: str = OPERATOR


@dataclass(frozen=True, slots=True)
class Heading:
    """Which account of the books: code, owner and currency."""

    code: str
    owner_kind: str
    owner_id: int
    currency: str


def split_owner(owner: str) -> tuple[str, int]:
    """Return the kind and the id of an owner: ("account", 42) of "account:42", ("operator", 0) of "operator".

    :raises UnknownOwner: if it is neither.
    """
    match = _OWNER.fullmatch(owner)
    if match is None:
        raise UnknownOwner(owner=owner)
    return (match[1], int(match[2])) if match[1] else (OPERATOR, 0)


def heading(posting: Posting) -> Heading:
    """Return the account that `posting` goes to.

    :raises UnknownAccountCode: if the chart of accounts has no such code.
    :raises UnknownOwner: if the owner cannot be read.
    """
    if not re.fullmatch(CODE_PATTERN, posting.account_code):
        raise UnknownAccountCode(account_code=posting.account_code)
    kind, number = split_owner(posting.owner)
    return Heading(posting.account_code, kind, number, posting.amount.currency)


def gather(*, key: str, postings: Sequence[Posting]) -> dict[Heading, int]:
    """Return what each account is to receive, in micro-units, after adding up postings to the same account.

    :raises NoPostings: if nothing is left to move.
    :raises UnbalancedPostings: if a currency does not add up to zero.
    """
    sums: dict[Heading, int] = defaultdict(int)
    for posting in postings:
        sums[heading(posting)] += posting.amount.micro
    moved = {account: micro for account, micro in sums.items() if micro}
    if not moved:
        raise NoPostings(key=key)
    by_currency: dict[str, int] = defaultdict(int)
    for account, micro in moved.items():
        by_currency[account.currency] += micro
    for currency, difference in by_currency.items():
        if difference:
            raise UnbalancedPostings(key=key, currency=currency, difference=str(Money(difference, currency)))
    return dict(sorted(moved.items(), key=lambda item: _order(item[0])))


def fingerprint(moved: dict[Heading, int], at: datetime) -> str:
    """Return the hash of what is moved and when, the same for the same postings in any order."""
    lines = sorted(f"{a.code}|{a.owner_kind}|{a.owner_id}|{a.currency}|{micro}" for a, micro in moved.items())
    return hashlib.sha256("\n".join([str(int(at.timestamp() * 1_000_000)), *lines]).encode()).hexdigest()


def _order(account: Heading) -> tuple[str, str, int, str]:
    # Every transaction creates accounts in one order, so that two never wait for each other.
    return (account.code, account.owner_kind, account.owner_id, account.currency)


def code_order(code: str) -> tuple[int, str]:
    """Return the place of an account code in the trial balance."""
    family = code.partition(".")[0]
    return (CLASSES.index(family) if family in CLASSES else len(CLASSES), code)
