"""One of each thing that has a page, for tests that walk every address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.factories import billing as make
from tests.factories.application import filled_application
from tests.factories.owed import issued_bill, line_in_force
from tests.factories.parties import account_of, company_with_branches, person_customer
from tests.factories.provisioning import planned_line
from utenza.application.operations import deny_person
from utenza.billing import operations as billing
from utenza.billing.queries import bill
from utenza.care import operations as care
from utenza.core.money import Money
from utenza.delivery import operations as delivery
from utenza.infra import clock, users
from utenza.ordering import operations as ordering
from utenza.ordering.rules import ItemSpec
from utenza.parties import operations as parties
from utenza.payments import operations as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as lines
from utenza.provisioning.dispatch import carry_out_due
from utenza.termination import operations as termination
from utenza.usage import operations as usage
from utenza.usage.queries import quarantined
from utenza.usage.records import UsageRecord

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 9, tzinfo=UTC)


def build() -> dict[str, str]:
    """Fill the database within a test's transaction; return what to write in the holes of addresses, by their names."""
    customer = person_customer(at=JANUARY)
    account = account_of(customer, at=JANUARY)
    parties.assign_credit_class(customer_id=customer.customer_id, credit_class="B", at=JANUARY)
    company_with_branches(at=JANUARY)
    offer = make.fibre(at=JANUARY)
    line_in_force(customer_id=customer.customer_id, account_id=account.account_id, at=JANUARY, offer_version_id=offer)
    bill_id = issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=30, at=JANUARY)
    prepaid = planned_line(at=JANUARY, customer_id=customer.customer_id, payment="prepaid")
    provisioning.activate(line_id=prepaid.line_id, at=JANUARY)
    run_id = billing.plan_run(cycle_date=FEBRUARY.date(), at=FEBRUARY)
    application = filled_application(at=JANUARY)
    denial = deny_person(facts={"tax_code": "RSSMRA80A01H501U"}, reason="fraud", by="ann", at=JANUARY)
    user_id = users.create_user(username="walked", password="correct-horse-8", roles=["csr"])
    payment = payments.take_payment(
        account_id=account.account_id,
        amount=Money.of(5, "EUR"),
        method="card",
        reference="slip 1",
        received_at=FEBRUARY,
        idempotency_key="world",
        at=FEBRUARY,
    )
    ordered = ordering.place_order(
        customer_id=customer.customer_id, items=[ItemSpec(offer)], at=FEBRUARY, idempotency_key="world"
    )
    leaving = person_customer(at=JANUARY)
    left = account_of(leaving, at=JANUARY)
    line_in_force(customer_id=leaving.customer_id, account_id=left.account_id, at=JANUARY, offer_version_id=offer)
    termination_id = termination.request_termination(
        customer_id=leaving.customer_id,
        line_id=None,
        reason="moving",
        effective_date=(clock.now() + timedelta(days=40)).date(),
        by="tecla",
        at=clock.now(),
    )
    letter = delivery.send_letter(
        customer_id=customer.customer_id, template="services_restored", data={}, key="world", at=FEBRUARY
    )
    dispute_id = care.open_dispute(
        bill_line_id=bill(bill_id).lines[0].bill_line_id,
        amount=Money.of(1, "EUR"),
        reason="Not ordered.",
        by="tecla",
        idempotency_key="world",
        at=FEBRUARY,
    )
    unknown = UsageRecord(
        record_id="1", kind="voice", started_at=FEBRUARY, quantity=60, identifier="nobody", b_number="390612345678"
    )
    usage.push_batch(source="switch", identity="world", records=[unknown], at=FEBRUARY)
    while carry_out_due(at=clock.now()):
        pass
    [order, *_] = lines.open_work_orders()
    return {
        "customer_id": str(customer.customer_id),
        "account_id": str(account.account_id),
        "offer_version_id": str(offer),
        "line_id": str(prepaid.line_id),
        "bill_id": str(bill_id),
        "bill_line_id": str(bill(bill_id).lines[0].bill_line_id),
        "run_id": str(run_id),
        "application_id": str(application.application_id),
        "denial_id": str(denial.denial_id),
        "work_order_id": str(order.work_order_id),
        "command_id": "1",
        "user_id": str(user_id),
        "code": "who",
        "name": "email",
        "order_id": str(ordered.order_id),
        "payment_id": str(payment.payment_id),
        "termination_id": str(termination_id),
        "dispatch_id": str(letter),
        "quarantined_id": str(quarantined()[0].quarantined_id),
        "dispute_id": str(dispute_id),
        "month": "2026-02",
        "event_id": "1",
    }
