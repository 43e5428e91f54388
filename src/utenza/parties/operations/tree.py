"""The tree of a company: adding and moving nodes, and who pays for them."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError
from django.db.models import Q

from utenza.core.errors import N_, Refusal
from utenza.core.events.parties import BranchAdded, CustomerAdmitted, CustomerChanged
from utenza.country import rules as country_rules
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction, savepoint
from utenza.parties.models import BillingAccount, Customer, Party
from utenza.parties.operations._finding import index_customer
from utenza.parties.operations._refs import CustomerRef, UnknownCustomer, locked_living_customer
from utenza.parties.operations.admission import (
    DuplicateCustomer,
    NameMissing,
    insert_node,
    name_key,
)
from utenza.parties.rules import is_below, moved_path, path_ids
from utenza.parties.states import CHILD_NODES, CUSTOMER_MOVES, AccountStatus, CustomerKind, CustomerStatus, PartyKind


class OnlyCompaniesBranch(Refusal):
    code = "only_companies_branch"
    text = N_("Customer %(number)s is a person: only a company has branches and departments.")


class NotAChildNode(Refusal):
    code = "not_a_child_node"
    text = N_("A %(node_kind)s cannot hang below a company: choose branch, department, cost centre or company.")


class WouldBeItsOwnAncestor(Refusal):
    code = "would_be_its_own_ancestor"
    text = N_("%(number)s cannot be moved below %(parent)s, which lies below it: choose another place.")


class OtherTree(Refusal):
    code = "other_tree"
    text = N_("%(number)s and %(parent)s belong to two different companies: a node moves only within its own.")


class RootStays(Refusal):
    code = "root_stays"
    text = N_("%(number)s is the top of its tree: it always pays itself and cannot be moved.")


class PayerLeftBehind(Refusal):
    code = "payer_left_behind"
    text = N_("%(number)s is paid by %(payer)s, which would no longer be above it: change who pays first.")


class PayerHasAccounts(Refusal):
    code = "payer_has_accounts"
    text = N_("%(number)s has the open billing account %(account)s: close it before another node pays.")


@demands_transaction
def add_branch(
    *,
    parent_customer_id: int,
    name: str,
    node_kind: str,
    pays_itself: bool,
    at: datetime,
    tax_code: str = "",
    vat_number: str = "",
) -> CustomerRef:
    """Add a branch, department, cost centre or subsidiary below a node of a company.

    A node that does not pay itself is paid by whoever pays for its parent. A node below an active parent is active at
    once. Only a subsidiary has tax numbers of its own; the others go by those of the node above.

    :raises OnlyCompaniesBranch: if the parent is a person.
    :raises NotAChildNode, NameMissing: if the input is wrong.
    :raises DuplicateCustomer: if the tax code or VAT number belongs to another party.
    """
    if not name.strip():
        raise NameMissing(field="name")
    if node_kind not in CHILD_NODES:
        raise NotAChildNode(field="node_kind", node_kind=node_kind)
    parent = _locked_in_tree(parent_customer_id)
    if parent.kind != CustomerKind.COMPANY:
        raise OnlyCompaniesBranch(number=parent.number)
    national = country_rules(parent.party.country)
    party = Party(
        kind=PartyKind.ORGANISATION,
        legal_name=" ".join(name.split()),
        country=parent.party.country,
        tax_code=national.validate_tax_code(tax_code, holder="any") if tax_code else "",
        vat_number=national.validate_vat_number(vat_number) if vat_number else "",
        language=parent.party.language,
    )
    party.sort_key = name_key(party)
    try:
        with savepoint():
            party.save(force_insert=True)
            node = insert_node(
                party, kind=parent.kind, node_kind=node_kind, parent=parent, pays_itself=pays_itself, at=at
            )
    except IntegrityError as error:
        _refuse_known(party, cause=error)
        raise
    node.credit_class = parent.credit_class
    node.since_date = local_date(at) if parent.status == CustomerStatus.ACTIVE else None
    node.save(update_fields=["credit_class", "since_date"])
    if node.since_date is not None:
        move(node, table=CUSTOMER_MOVES, to=CustomerStatus.ACTIVE)
        announce(CustomerAdmitted(at=at, customer_id=node.pk, customer_number=node.number))
    index_customer(node)
    announce(BranchAdded(at=at, customer_id=node.pk, root_id=node.root_id, customer_number=node.number))
    return CustomerRef(node.pk, party.pk, node.number)


def _refuse_known(party: Party, *, cause: Exception) -> None:
    for field in ("tax_code", "vat_number"):
        identifier = getattr(party, field)
        known = Customer.objects.filter(Q(**{f"party__{field}": identifier}), party__country=party.country)
        holder = known.order_by("id").first() if identifier else None
        if holder is not None:
            raise DuplicateCustomer(field=field, identifier=identifier, number=holder.number) from cause


def _locked_in_tree(customer_id: int) -> Customer:
    """Return a living node with the row of its root locked: whoever changes a tree holds that lock first."""
    root_id = Customer.objects.filter(pk=customer_id).values_list("root_id", flat=True).first()
    if root_id is None:
        raise UnknownCustomer(customer=customer_id)
    Customer.objects.select_for_update().get(pk=root_id)
    return locked_living_customer(customer_id)


@demands_transaction
def move_branch(*, customer_id: int, new_parent_id: int, at: datetime) -> None:
    """Hang a node, with everything below it, below another node of the same company. Safe to repeat.

    :raises RootStays: if the node is the top of the tree.
    :raises OtherTree: if the new parent belongs to another company.
    :raises WouldBeItsOwnAncestor: if the new parent is the node itself or lies below it.
    :raises PayerLeftBehind: if a node that moves is paid by one that would not be above it any more.
    """
    node = _locked_in_tree(customer_id)
    parent = locked_living_customer(new_parent_id)
    if node.parent_id is None:
        raise RootStays(number=node.number)
    if node.root_id != parent.root_id:
        raise OtherTree(number=node.number, parent=parent.number)
    if parent.pk == node.pk or is_below(path=parent.path, ancestor_path=node.path):
        raise WouldBeItsOwnAncestor(number=node.number, parent=parent.number)
    if node.parent_id == parent.pk:
        return
    subtree = list(
        Customer.objects.select_for_update(of=("self",))
        .filter(root=node.root_id, path__startswith=node.path)
        .select_related("paid_by")
        .order_by("path")
    )
    old_parent_path = node.path[: -len(node.path.rstrip("/").rsplit("/", 1)[1]) - 1]
    for member in subtree:
        member.path = moved_path(path=member.path, old_parent_path=old_parent_path, new_parent_path=parent.path)
        if member.paid_by_id not in path_ids(member.path):
            raise PayerLeftBehind(number=member.number, payer=member.paid_by.number)
    # The database holds parent and path together, so both are written by one statement.
    subtree[0].parent = parent
    Customer.objects.bulk_update(subtree, ["parent", "path"])
    announce(CustomerChanged(at=at, customer_id=node.pk, what="parent"))


@demands_transaction
def change_payer(*, customer_id: int, pays_itself: bool, at: datetime) -> None:
    """Have a node pay itself, or be paid by whoever pays for its parent. Safe to repeat.

    Nodes below that were paid by this node follow it to the new payer; nodes below that pay themselves stay.

    :raises RootStays: if the node is the top of the tree.
    :raises PayerHasAccounts: if the node would be paid by another while it has an open account.
    """
    node = _locked_in_tree(customer_id)
    if node.parent is None:
        raise RootStays(number=node.number)
    payer_id = node.pk if pays_itself else node.parent.paid_by_id
    if node.paid_by_id == payer_id:
        return
    if not pays_itself:
        account = BillingAccount.objects.filter(customer=node, status=AccountStatus.ACTIVE).order_by("id").first()
        if account is not None:
            raise PayerHasAccounts(number=node.number, account=account.number)
        followers = Customer.objects.select_for_update().filter(root=node.root_id, paid_by=node)
    else:
        followers = Customer.objects.select_for_update().filter(pk=node.pk)
    for follower in followers.order_by("path"):
        follower.paid_by_id = payer_id
        follower.save(update_fields=["paid_by"])
        announce(CustomerChanged(at=at, customer_id=follower.pk, what="payer"))
