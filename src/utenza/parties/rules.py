"""Pure decisions of parties: paths in the tree, who pays, names, what a block reaches, contacts in one written form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules
from utenza.parties.states import BlockReason, ContactKind, PartyKind

_ID_DIGITS = 10
# One @, a dot in the domain, no blanks: whether a mailbox exists only a message can tell.
_EMAIL = re.compile(r"[^@\s<>\"(),;:\\]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
EMAIL_MAX = 254


class InvalidEmail(Refusal):
    code = "invalid_email"
    text = N_("'%(value)s' is not an e-mail address: write it like name@example.org.")


def node_path(*, parent_path: str, customer_id: int) -> str:
    """Return the path of a node: its parent's and its own id, zero-padded, so that paths sort depth-first."""
    return f"{parent_path or '/'}{customer_id:0{_ID_DIGITS}d}/"


def path_ids(path: str) -> tuple[int, ...]:
    """Return the ids on a path, the root first and the node itself last."""
    return tuple(int(part) for part in path.strip("/").split("/"))


def is_below(*, path: str, ancestor_path: str) -> bool:
    """Tell whether a node lies strictly below another."""
    return path != ancestor_path and path.startswith(ancestor_path)


def moved_path(*, path: str, old_parent_path: str, new_parent_path: str) -> str:
    """Return the path that a node of a moved subtree gets; root paths end with a slash and a parentless one is ''."""
    if not path.startswith(old_parent_path):
        raise ValueError("the node does not lie in the subtree that moves")
    return (new_parent_path or "/") + path[len(old_parent_path or "/") :]


def party_name(*, kind: str, given_name: str, family_name: str, legal_name: str) -> str:
    """Return the name a party goes by: a person's own, an organisation's legal one."""
    if kind == PartyKind.PERSON:
        return f"{given_name} {family_name}".strip()
    return legal_name


def sorting_name(*, kind: str, given_name: str, family_name: str, legal_name: str) -> str:
    """Return the name by which lists are ordered: the family name first."""
    if kind == PartyKind.PERSON:
        return f"{family_name} {given_name}".strip()
    return legal_name


@dataclass(frozen=True, slots=True)
class StandingBlock:
    """An open block and the node it was placed on."""

    customer_id: int
    kind: str
    reason: str


def blocks_reaching(*, path: str, paid_by_id: int, candidates: Iterable[StandingBlock]) -> list[StandingBlock]:
    """Return those of the blocks on a node and its ancestors that reach the node.

    A debt is the payer's: it reaches the nodes that the debtor pays for, and not a branch that pays itself. Any other
    reason (fraud, court, identity) speaks of the legal person, so it reaches every node below.
    """
    ids = set(path_ids(path))
    own = path_ids(path)[-1]
    return [
        block
        for block in candidates
        if block.customer_id in ids and (block.customer_id in (own, paid_by_id) or block.reason != BlockReason.DEBT)
    ]


def normalise_contact(*, kind: str, value: str, country: CountryRules) -> str:
    """Return a contact as it is stored and searched: e-mail in small letters, telephone in international form.

    :raises InvalidEmail: if an e-mail address has not the form of one.
    :raises InvalidPhone: if a telephone number is too short, too long or has letters.
    """
    if kind == ContactKind.EMAIL:
        email = value.strip().lower()
        if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email) or ".." in email:
            raise InvalidEmail(field="email", value=value)
        return email
    return country.normalise_phone(value)


def search_words(*, names: Sequence[str], codes: Sequence[str]) -> list[str]:
    """Return the words that find a customer, each once, in the order given."""
    words = [word for name in names for word in name.split()]
    words += [code for code in codes if code]
    return list(dict.fromkeys(words))


def mask_iban(iban: str) -> str:
    """Return an IBAN with its country and last four signs readable, as screens show it."""
    return f"{iban[:2]}•• •••• {iban[-4:]}" if iban else ""
