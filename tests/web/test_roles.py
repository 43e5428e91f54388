"""Who may open and send what: the table that an operator reads, tried on every address with each role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from tests.factories import world
from tests.web.walking import addresses

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]

ROLES = {
    "c": "csr", "s": "sales", "a": "credit_analyst", "p": "product", "n": "network", "b": "billing",
    "o": "collections", "f": "finance", "u": "auditor", "A": "administrator",
}  # fmt: skip
TABLE = """
get  home                     c s a p n b o f u A
post preferences              c s a p n b o f u A
get  search                   c s a p n b o f u A
get  customers                c s a p n b o f u A
get  customer                 c s a p n b o f u A
get  customer_lines           c s a p n b o f u A
get  customer_bills           c s a . . b o f u A
get  customer_usage           c . . p n b o f u A
get  customer_cases           c s a p n b o f u A
get  customer_documents       c s a p n b o f u A
get  customer_letter          c s a . . b o f u A
post customer_send_again      c s a . n b o f . A
get  customer_tree            c s a p n b o f u A
post customer_note            c s a . n b o f . A
get  customer_fact            c s . . . . . . . A
post customer_fact            c s . . . . . . . A
get  offers                   c s a p n b o f u A
get  offer                    c s a p n b o f u A
get  applications             c s a . . . . . . A
get  application_new          c s a . . . . . . A
post application_new          c s a . . . . . . A
get  application              c s a . . . . . . A
get  application_step         c s a . . . . . . A
post application_step         c s a . . . . . . A
post application_submit       c s a . . . . . . A
post application_order        c s . . . . . . . A
post application_override     . . a . . . . . . .
post application_send_code    c s a . . . . . . A
post application_prove_code   c s a . . . . . . A
post application_withdraw     c s a . . . . . . A
post application_send_code    c s a . . . . . . A
post application_prove_code   c s a . . . . . . A
get  fraud_reviews            . . a . . . . . . .
post fraud_review             . . a . . . . . . .
get  fraud_rules              . . a . . . . . . A
post fraud_rules              . . a . . . . . . A
get  denied                   . . a . . . . . . .
post denied                   . . a . . . . . . .
post denied_lift              . . a . . . . . . .
get  orders                   c s a p n b o f u A
get  order                    c s a p n b o f u A
post order_retry              c . . . n . . . . A
get  order_cancel             c s . . . . . . . A
post order_cancel             c s . . . . . . . A
get  lines                    c s a p n b o f u A
get  line                     c s a p n b o f u A
get  line_suspend             c . . . n . o . . A
post line_suspend             c . . . n . o . . A
post line_resume              c . . . n . o . . A
get  work_orders              . . . . n . . . . A
post work_order_close         . . . . n . . . . A
get  commands                 . . . . n . . . u A
post command_retry            c . . . n . . . . A
get  line_usage               c . . p n b o f u A
get  usage_event              c . . p n b o f u A
get  usage                    c . . p n b o f u A
get  quarantine               c . . p n b o f u A
post quarantine_resend_many   . . . . n b . . . A
get  quarantined              . . . . n b . . . A
post quarantined              . . . . n b . . . A
get  bills                    c s a . . b o f u A
get  bill                     c s a . . b o f u A
get  credit_note              . . . . . b . . . A
post credit_note              . . . . . b . . . A
get  bill_pdf                 c s a . . b o f u A
get  bill_line                c s a . . b o f u A
get  dispute_open             c s a . n b o f . A
post dispute_open             c s a . n b o f . A
get  dispute_answer           . . . . . b . f . A
post dispute_answer           . . . . . b . f . A
get  bill_runs                . . . . . b . f . A
post bill_run_plan            . . . . . b . . . A
get  bill_run                 . . . . . b . f . A
post bill_run_step:calculate  . . . . . b . . . A
post bill_run_step:check      . . . . . b . . . A
post bill_run_step:approve    . . . . . b . f . .
post bill_run_step:issue      . . . . . b . . . A
get  payments                 c . a . . b o f u A
get  payment                  c . a . . b o f u A
get  payment_return           c . . . . b o f . A
post payment_return           c . . . . b o f . A
get  payment_take             c . . . . b o f . A
post payment_take             c . . . . b o f . A
get  deposit_take             c . . . . b o f . A
post deposit_take             c . . . . b o f . A
get  line_balance             c s a p n b o f u A
post line_recharge            c . . . . b o f . A
get  overdue                  c . a . . b o f u A
get  termination_request      c . . . . . o . . A
post termination_request      c . . . . . o . . A
get  termination_withdraw     c . . . . . o . . A
post termination_withdraw     c . . . . . o . . A
get  ledger                   . . . . . b . f u A
get  settings                 . . . . . . . . . A
post settings                 . . . . . . . . . A
get  users                    . . . . . . . . . A
get  user_new                 . . . . . . . . . A
post user_new                 . . . . . . . . . A
get  user                     . . . . . . . . . A
post user                     . . . . . . . . . A
get  audit                    . . . . . . . . u A
get  background               . . . . . . . . . A
post deliveries_retry         . . . . . . . . . A
post job_retry                . . . . . . . . . A
get  styleguide               c s a p n b o f u A
"""


def expected() -> dict[tuple[str, str], str]:
    """Return the table's letters by (method, name)."""
    rows = [line.split(maxsplit=2) for line in TABLE.strip().splitlines()]
    return {(method, name): letters.replace(" ", "") for method, name, letters in rows}


def outcome(client: Client, method: str, path: str) -> int:
    """Return the status of a request, whose doings are undone."""
    with transaction.atomic():
        transaction.get_connection().atomic_blocks[-1]._from_testcase = True  # to a view, this is the test's own
        status = int(getattr(client, method)(path).status_code)
        transaction.set_rollback(True)
    return status


def test_each_role_can_do_what_the_table_says_and_nothing_else(signed_in: SignedIn) -> None:
    values = world.build()
    clients = {letter: signed_in(role) for letter, role in ROLES.items()}
    stranger, found = Client(), {}
    for one in addresses():
        paths = list(one.filled(values))
        for path, method in ((path, method) for path in paths for method in ("get", "post")):
            name = one.name if len(paths) == 1 else f"{one.name}:{path.rstrip('/').rpartition('/')[2]}"
            answers = {letter: outcome(client, method, path) for letter, client in clients.items()}
            if 405 in answers.values():  # the view asks the method first, so all roles are told the same
                assert set(answers.values()) == {405}, path
                continue
            found[method, name] = "".join(letter if answers[letter] != 403 else "." for letter in ROLES)
            if not getattr(one.view, "public", False):
                assert outcome(stranger, method, path) in (302, 405), path
    assert found == expected(), "\n".join(
        f"{method:<5}{name:<25}{' '.join(letters)}" for (method, name), letters in found.items()
    )
