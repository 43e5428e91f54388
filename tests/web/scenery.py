"""What the pictures show: staff, and a few customers in every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.factories.catalog import fibre_offer
from tests.factories.parties import account_of, company_with_branches, person_customer
from tests.web.serving import staff
from utenza.application import operations as application
from utenza.care import operations as care
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.transactions import transaction
from utenza.parties import operations as parties
from utenza.provisioning import operations as provisioning

EVERYTHING = (
    "csr", "sales", "credit_analyst", "product", "network", "billing", "collections", "finance", "auditor",
    "administrator",
)  # fmt: skip


def build() -> dict[str, str]:
    """Fill the database and return the pages to look at, by name."""
    staff("marta", *EVERYTHING, given_name="Marta", family_name="Conti")
    with transaction():
        now = clock.now()
        customer, company, line_id, draft = _people(now)
        offer = fibre_offer(at=now).offer_version_id
    return {
        "home": "/",
        "styleguide": "/styleguide/",
        "search": "/search/?q=bell",
        "customers": "/customers/",
        "customer": f"/customers/{customer}/",
        "customer-lines": f"/customers/{customer}/lines/",
        "customer-bills": f"/customers/{customer}/bills/",
        "customer-usage": f"/customers/{customer}/usage/",
        "customer-documents": f"/customers/{customer}/documents/",
        "line-usage": f"/lines/{line_id}/usage/",
        "lines": "/lines/",
        "orders": "/orders/",
        "usage": "/usage/",
        "quarantine": "/usage/quarantine/",
        "background": "/background/",
        "customer-cases": f"/customers/{customer}/cases/",
        "customer-fact": f"/customers/{customer}/facts/email/",
        "company": f"/customers/{company}/",
        "company-tree": f"/customers/{company}/tree/",
        "terminate": f"/customers/{customer}/terminate/",
        "line": f"/lines/{line_id}/",
        "line-suspend": f"/lines/{line_id}/suspend/",
        "work-orders": "/work-orders/",
        "commands": "/commands/",
        "applications": "/applications/?status=draft",
        "application-new": "/applications/new/",
        "application-who": f"/applications/{draft}/steps/who/",
        "application-contact": f"/applications/{draft}/steps/contact/",
        "application-branches": f"/applications/{draft}/steps/branches/",
        "application-offer": f"/applications/{draft}/steps/offer/",
        "application-summary": f"/applications/{draft}/steps/summary/",
        "payments": "/payments/",
        "overdue": "/overdue/",
        "bills": "/bills/",
        "bill-runs": "/bill-runs/",
        "offers": "/offers/",
        "offer": f"/offers/{offer}/",
        "ledger": "/ledger/",
        "users": "/users/",
        "user-new": "/users/new/",
        "settings": "/settings/",
        "audit": f"/history/?kind=customer&key={customer}",
        "two-step": "/accounts/2fa/",
        "password": "/accounts/password/change/",
        "error-404": "/nothing-here/",
    }


def _people(now: datetime) -> tuple[int, int, int, int]:
    long_ago = datetime(2026, 2, 3, 9, tzinfo=UTC)
    ref = person_customer(n=0, at=long_ago)  # Giulia Bellandi, whatever other tests made before
    account_of(ref, at=long_ago)
    parties.assign_credit_class(customer_id=ref.customer_id, credit_class="B", at=long_ago)
    for n in range(1, 7):
        account_of(person_customer(n=n, at=long_ago), at=long_ago)
    company = company_with_branches(at=long_ago)
    provisioning.add_number_range(kind="voice", first="390612340000", last="390612340020", at=long_ago, area="06")
    line = provisioning.create_line(
        customer_id=ref.customer_id,
        market="fixed",
        payment="postpaid",
        services=[
            provisioning.ServiceSpec(kind="internet", profile="fibre-100-20"),
            provisioning.ServiceSpec(kind="voice"),
        ],
        at=long_ago,
    )
    provisioning.activate(line_id=line.line_id, at=long_ago)
    provisioning.suspend(line_id=line.line_id, reason="lost", at=now - timedelta(days=2), note="The bag was stolen.")
    say = {"customer_id": ref.customer_id, "by": "Marta Conti"}
    care.add_note(**say, text="Prefers to be called after six.", key="n1", at=now - timedelta(days=40))
    care.log_call(
        **say,
        direction="inbound",
        text="The router blinks red since the storm.\nA technician comes on Tuesday.",
        key="n2",
        at=now - timedelta(hours=3),
    )
    care.record_fact(
        customer_id=ref.customer_id,
        kind="reminder",
        fact="overdue.reminder_sent",
        data={"overdue_micro": Money.of("24.90", "EUR").micro, "currency": "EUR"},
        about_kind="",
        about_key="",
        key="n3",
        at=now - timedelta(days=5),
    )
    draft = application.start(
        kind="company", channel="desk", market="fixed", payment="postpaid", at=now, by="Marta Conti"
    )
    application.save_step(
        application_id=draft.application_id,
        step="who",
        values={"legal_name": "Precipitevolissimevolmente & Figli Telecomunicazioni", "vat_number": "123"},
        at=now,
    )
    return ref.customer_id, company.company.customer_id, line.line_id, draft.application_id
