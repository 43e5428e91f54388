"""The closed vocabularies of parties, and the moves that a status may make."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PartyKind(TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class CustomerKind(TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    COMPANY = "company", _("Company")


class NodeKind(TextChoices):
    INDIVIDUAL = "individual", _("Person")
    HOUSEHOLD = "household", _("Household")
    COMPANY = "company", _("Company")
    BRANCH = "branch", _("Branch")
    DEPARTMENT = "department", _("Department")
    COST_CENTRE = "cost_centre", _("Cost centre")


# Which nodes can be the root of which kind of customer; every other node hangs below a company.
ROOT_NODES: dict[str, frozenset[str]] = {
    CustomerKind.INDIVIDUAL: frozenset({NodeKind.INDIVIDUAL, NodeKind.HOUSEHOLD}),
    CustomerKind.COMPANY: frozenset({NodeKind.COMPANY}),
}
CHILD_NODES: frozenset[str] = frozenset({NodeKind.COMPANY, NodeKind.BRANCH, NodeKind.DEPARTMENT, NodeKind.COST_CENTRE})


class CustomerStatus(TextChoices):
    PROSPECT = "prospect", _("Prospect")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


CUSTOMER_MOVES: dict[str, frozenset[str]] = {
    CustomerStatus.PROSPECT: frozenset({CustomerStatus.ACTIVE, CustomerStatus.ENDED}),
    CustomerStatus.ACTIVE: frozenset({CustomerStatus.ENDED}),
    CustomerStatus.ENDED: frozenset(),
}


class AccountStatus(TextChoices):
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")


# A closed account is opened again when a late bill or a refund needs it.
ACCOUNT_MOVES: dict[str, frozenset[str]] = {
    AccountStatus.ACTIVE: frozenset({AccountStatus.CLOSED}),
    AccountStatus.CLOSED: frozenset({AccountStatus.ACTIVE}),
}


class CreditClass(TextChoices):
    A = "A", _("A · excellent")
    B = "B", _("B · good")
    C = "C", _("C · fair")
    D = "D", _("D · weak: deposit")
    E = "E", _("E · prepaid only")


class Sex(TextChoices):
    FEMALE = "F", _("Female")
    MALE = "M", _("Male")


class Language(TextChoices):
    ENGLISH = "en", "English"
    ITALIAN = "it", "Italiano"


class DeliveryChannel(TextChoices):
    EMAIL = "email", _("E-mail")
    PORTAL = "portal", _("Portal")
    PAPER = "paper", _("Paper")


class PaymentMethod(TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    DIRECT_DEBIT = "direct_debit", _("Direct debit")
    CARD = "card", _("Card")
    CASH = "cash", _("Cash")


class ContactKind(TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Telephone")
    MOBILE = "mobile", _("Mobile phone")


class AddressPurpose(TextChoices):
    RESIDENCE = "residence", _("Residence")
    REGISTERED_OFFICE = "registered_office", _("Registered office")
    BILLING = "billing", _("Billing address")
    INSTALLATION = "installation", _("Installation address")


class ConsentPurpose(TextChoices):
    MARKETING = "marketing", _("Marketing messages")
    PROFILING = "profiling", _("Analysis of own use")
    THIRD_PARTIES = "third_parties", _("Passing data to partners")
    DIRECTORY = "directory", _("Entry in telephone directories")


class BlockKind(TextChoices):
    NEW_ORDERS = "new_orders", _("No new orders")
    RECHARGE = "recharge", _("No recharges")
    CHANGES = "changes", _("No changes of contract")


class BlockReason(TextChoices):
    DEBT = "debt", _("Debt")
    FRAUD = "fraud", _("Suspected fraud")
    IDENTITY = "identity", _("Identity in doubt")
    COURT = "court", _("Court order")
    CUSTOMER = "customer", _("Customer's wish")
    OPERATOR = "operator", _("Operator's decision")
