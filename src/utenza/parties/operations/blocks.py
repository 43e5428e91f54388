"""Blocks: what a customer may not do for now, and why. Reasons stack; lifting one leaves the others."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from utenza.core.errors import N_, Refusal
from utenza.core.events.parties import BlockLifted, BlockPlaced
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.parties.models import Block
from utenza.parties.operations._refs import locked_customer
from utenza.parties.states import BlockKind, BlockReason


class UnknownBlock(Refusal):
    code = "unknown_block"
    text = N_("There is no block of kind '%(kind)s' for reason '%(reason)s': choose from the lists.")


@demands_transaction
def place_block(*, customer_id: int, kind: str, reason: str, at: datetime, note: str = "") -> bool:
    """Place a block for one reason, and tell whether it is new. Safe to repeat.

    :raises UnknownBlock: if there is no such kind or reason.
    """
    _check(kind, reason)
    customer = locked_customer(customer_id)
    if _open_blocks(customer.pk, kind, reason).exists():
        return False
    Block.objects.create(customer=customer, kind=kind, reason=reason, note=note, placed_at=at)
    announce(BlockPlaced(at=at, customer_id=customer.pk, reason=reason))
    return True


@demands_transaction
def lift_block(*, customer_id: int, kind: str, reason: str, at: datetime) -> bool:
    """Lift the block that stands for this one reason, and tell whether one stood. Safe to repeat.

    :raises UnknownBlock: if there is no such kind or reason.
    """
    _check(kind, reason)
    customer = locked_customer(customer_id)
    block = _open_blocks(customer.pk, kind, reason).first()
    if block is None:
        return False
    block.lifted_at = max(at, block.placed_at)
    block.save(update_fields=["lifted_at"])
    announce(BlockLifted(at=at, customer_id=customer.pk, reason=reason))
    return True


def _check(kind: str, reason: str) -> None:
    if kind not in BlockKind.values or reason not in BlockReason.values:
        raise UnknownBlock(field="kind" if kind not in BlockKind.values else "reason", kind=kind, reason=reason)


def _open_blocks(customer_id: int, kind: str, reason: str) -> QuerySet[Block]:
    return Block.objects.select_for_update().filter(
        customer=customer_id, kind=kind, reason=reason, lifted_at__isnull=True
    )
