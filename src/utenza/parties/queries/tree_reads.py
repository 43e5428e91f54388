"""The tree of a company, and the blocks that reach a node of it."""

from __future__ import annotations

from utenza.parties.models import Block, Customer
from utenza.parties.operations import UnknownCustomer
from utenza.parties.queries.customer_reads import party_name_of
from utenza.parties.queries.views import BlockView, TreeNode
from utenza.parties.rules import StandingBlock, blocks_reaching, path_ids

# Written out, since every page of a customer reads it.
_BLOCKS = "SELECT * FROM parties_block WHERE customer_id = ANY(%s) AND lifted_at IS NULL ORDER BY placed_at, id"


def paid_nodes(customer_id: int) -> list[TreeNode]:
    """Return the nodes that this one pays for, itself included, depth-first."""
    return [node for node in tree(customer_id) if node.paid_by_id == customer_id]


def tree(customer_id: int) -> list[TreeNode]:
    """Return the whole tree in which a customer stands, depth-first, the root first.

    :raises UnknownCustomer: if there is no such customer.
    """
    rows = list(
        Customer.objects.filter(root__in=Customer.objects.filter(pk=customer_id).values("root_id"))
        .select_related("party")
        .order_by("path")
    )
    if not rows:
        raise UnknownCustomer(customer=customer_id)
    return [_tree_node(row) for row in rows]


def subtree(customer_id: int) -> list[TreeNode]:
    """Return a node and everything below it, depth-first.

    :raises UnknownCustomer: if there is no such customer.
    """
    top = Customer.objects.filter(pk=customer_id).first()
    if top is None:
        raise UnknownCustomer(customer=customer_id)
    rows = Customer.objects.filter(root=top.root_id, path__startswith=top.path).select_related("party")
    return [_tree_node(row) for row in rows.order_by("path")]


def _tree_node(row: Customer) -> TreeNode:
    return TreeNode(
        customer_id=row.pk,
        number=row.number,
        name=party_name_of(row.party),
        node_kind=row.node_kind,
        status=row.status,
        depth=len(path_ids(row.path)) - 1,
        parent_id=row.parent_id,
        paid_by_id=row.paid_by_id,
    )


def blocks(customer_id: int, *, kind: str | None = None) -> list[BlockView]:
    """Return the open blocks that reach a node, its own and inherited ones, oldest first.

    :raises UnknownCustomer: if there is no such customer.
    """
    node = Customer.objects.filter(pk=customer_id).values_list("path", "paid_by_id").first()
    if node is None:
        raise UnknownCustomer(customer=customer_id)
    path, paid_by_id = node
    return blocks_on_path(path=path, paid_by_id=paid_by_id, kind=kind)


def blocks_on_path(*, path: str, paid_by_id: int, kind: str | None = None) -> list[BlockView]:
    """Return what `blocks` does of a node whose path and payer were read already, in one database query."""
    rows = Block.objects.raw(_BLOCKS, [list(path_ids(path))])
    by_key = {
        StandingBlock(row.customer_id, row.kind, row.reason): row for row in rows if kind is None or row.kind == kind
    }
    reaching = blocks_reaching(path=path, paid_by_id=paid_by_id, candidates=by_key)
    return [
        BlockView(customer_id=row.customer_id, kind=row.kind, reason=row.reason, note=row.note, placed_at=row.placed_at)
        for row in (by_key[block] for block in reaching)
    ]
