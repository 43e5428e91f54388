"""Transactions: a shell or a job opens one, operations demand one, so that operations compose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection
from django.db import transaction as django_transaction
from django.db.utils import ProgrammingError

from utenza.infra import crash

P = ParamSpec("P")
R = TypeVar("R")


class TransactionDemanded(ProgrammingError):  # noqa: N818 - the word of the rule it upholds
    """An operation was called where no transaction is open: a mistake in the calling code."""


@contextmanager
def transaction() -> Iterator[None]:
    """Open the outermost transaction and commit it at the end, or roll it back when anything is raised.

    :raises RuntimeError: if a transaction is open already, since then the commit would not happen here.
    """
    with django_transaction.atomic(durable=True):
        yield
        crash.point("before-commit")
    crash.point("after-commit")


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in an outermost transaction of its own."""

    @wraps(function)
    def opened(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction():
            return function(*args, **kwargs)

    return opened


def demands_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run `function` unless a transaction is open.

    :raises TransactionDemanded: from the returned function, where none is.
    """

    @wraps(function)
    def demanded(*args: P.args, **kwargs: P.kwargs) -> R:
        demand_transaction(function.__qualname__)
        return function(*args, **kwargs)

    return demanded


def demand_transaction(what: str) -> None:
    """Raise TransactionDemanded, naming `what`, unless a transaction is open."""
    if not connection.in_atomic_block:
        raise TransactionDemanded(f"{what} needs an open transaction: call it within utenza.infra.transactions")


@contextmanager
def savepoint() -> Iterator[None]:
    """Undo what happens inside, and nothing more, when it raises. Needs an open transaction."""
    demand_transaction("savepoint")
    with django_transaction.atomic():
        yield


def after_commit(function: Callable[[], None]) -> None:
    """Call `function` once the open transaction is committed; never, if it is rolled back."""
    django_transaction.on_commit(function)
