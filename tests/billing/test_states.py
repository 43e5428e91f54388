"""Every state against every move."""

from __future__ import annotations

from itertools import product

import pytest

from utenza.billing.states import (
    BILL_MOVES,
    RUN_ACCOUNT_MOVES,
    RUN_MOVES,
    BillStatus,
    RunAccountStatus,
    RunStatus,
)
from utenza.delivery.states import DISPATCH_MOVES, DispatchStatus

ALLOWED = {
    "run": {
        "planned>calculating", "calculating>calculated", "calculated>calculating", "calculated>checked",
        "checked>calculating", "checked>approved", "approved>issuing", "issuing>issued",
    },
    "account": {
        "planned>calculated", "planned>nothing", "planned>held", "calculated>planned", "calculated>issued",
        "calculated>nothing", "calculated>held", "nothing>planned", "held>planned",
    },
    "bill": {"draft>issued"},
    "dispatch": {
        "planned>sending", "planned>delivered", "planned>failed", "sending>delivered", "sending>failed",
        "failed>planned",
    },
}  # fmt: skip
CASES = [
    (name, table, left, right)
    for name, states, table in (
        ("run", RunStatus, RUN_MOVES),
        ("account", RunAccountStatus, RUN_ACCOUNT_MOVES),
        ("bill", BillStatus, BILL_MOVES),
        ("dispatch", DispatchStatus, DISPATCH_MOVES),
    )
    for left, right in product(states.values, repeat=2)
]


@pytest.mark.parametrize(("name", "table", "left", "right"), CASES)
def test_the_table_allows_this_move_if_and_only_if_it_is_meant(name: str, table: dict, left: str, right: str) -> None:
    assert (right in table[left]) == (f"{left}>{right}" in ALLOWED[name])
