"""The one way to change a status."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Model

from utenza.core.errors import N_, Refusal


class ForbiddenMove(Refusal):
    code = "forbidden_move"
    text = N_("This %(thing)s is %(current)s and cannot become %(to)s: reload it to see what can be done now.")


def allowed(table: Mapping[str, Collection[str]], current: str) -> frozenset[str]:
    """Return the states that may follow `current`."""
    return frozenset(str(state) for state in table.get(current, ()))


def move(instance: Model, *, table: Mapping[str, Collection[str]], to: str, field: str = "status") -> None:
    """Change the status of `instance` to `to`, if `table` allows it, and save that field alone.

    The row is changed only if it still holds the status that `instance` shows, so that of two that race one fails.

    :raises ForbiddenMove: if the table does not allow the move, or another has moved the row meanwhile.
    """
    current = str(getattr(instance, field))
    target = str(to)
    thing = str(instance._meta.verbose_name)
    if target not in allowed(table, current):
        raise ForbiddenMove(thing=thing, current=current, to=target)
    rows = type(instance)._base_manager.filter(pk=instance.pk, **{field: current})
    if rows.update(**{field: target}) != 1:
        raise ForbiddenMove(thing=thing, current=current, to=target)
    setattr(instance, field, target)
