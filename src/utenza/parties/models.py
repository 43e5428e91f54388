"""Tables of parties: thin, with their rules as named constraints.

Party ──< Customer (tree: parent, root, paid_by) ──< BillingAccount ── PaymentStanding
  │            └──< Block
  └──< ContactMedium, Address, Consent
"""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from utenza.infra.encryption import EncryptedTextField
from utenza.parties.states import (
    AccountStatus,
    AddressPurpose,
    BlockKind,
    BlockReason,
    ConsentPurpose,
    ContactKind,
    CreditClass,
    CustomerKind,
    CustomerStatus,
    DeliveryChannel,
    Language,
    NodeKind,
    PartyKind,
    PaymentMethod,
    Sex,
)


@pghistory.track()
class Party(models.Model):
    """A person or an organisation, once, whatever number of customers it is."""

    kind = models.CharField(max_length=12, choices=PartyKind.choices)
    given_name = models.CharField(max_length=80, blank=True, default="")
    family_name = models.CharField(max_length=80, blank=True, default="")
    birth_date = models.DateField(null=True, blank=True)
    birth_place = models.CharField(max_length=80, blank=True, default="")
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True, default="")
    legal_name = models.CharField(max_length=160, blank=True, default="")
    legal_form = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2)
    tax_code = models.CharField(max_length=28, blank=True, default="")
    vat_number = models.CharField(max_length=28, blank=True, default="")
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.ITALIAN)
    sort_key = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_party_kind", condition=Q(kind__in=PartyKind.values)),
            models.CheckConstraint(name="parties_party_sex", condition=Q(sex__in=["", *Sex.values])),
            models.CheckConstraint(name="parties_party_language", condition=Q(language__in=Language.values)),
            models.CheckConstraint(
                name="parties_party_named",
                condition=(Q(kind=PartyKind.PERSON) & ~Q(family_name=""))
                | (Q(kind=PartyKind.ORGANISATION) & ~Q(legal_name="")),
            ),
            models.UniqueConstraint(
                name="parties_party_one_per_tax_code", fields=["country", "tax_code"], condition=~Q(tax_code="")
            ),
            models.UniqueConstraint(
                name="parties_party_one_per_vat_number", fields=["country", "vat_number"], condition=~Q(vat_number="")
            ),
        ]
        indexes = [models.Index(name="parties_party_by_name", fields=["sort_key"])]


@pghistory.track()
class Customer(models.Model):
    """A node of a customer's tree. `path` holds the ids from the root to the node, `/0000000001/0000000007/`."""

    number = models.CharField(max_length=16, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="customers")
    kind = models.CharField(max_length=12, choices=CustomerKind.choices)
    node_kind = models.CharField(max_length=12, choices=NodeKind.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    root = models.ForeignKey("self", on_delete=models.PROTECT, related_name="nodes")
    path = models.TextField(unique=True)
    paid_by = models.ForeignKey("self", on_delete=models.PROTECT, related_name="paid_nodes")
    status = models.CharField(max_length=12, choices=CustomerStatus.choices, default=CustomerStatus.PROSPECT)
    admitted_at = models.DateTimeField()
    since_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)
    credit_class = models.CharField(max_length=1, choices=CreditClass.choices, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_customer_kind", condition=Q(kind__in=CustomerKind.values)),
            models.CheckConstraint(name="parties_customer_status", condition=Q(status__in=CustomerStatus.values)),
            models.CheckConstraint(
                name="parties_customer_credit_class", condition=Q(credit_class__in=["", *CreditClass.values])
            ),
            models.CheckConstraint(
                name="parties_customer_node_kind",
                condition=(
                    Q(kind=CustomerKind.INDIVIDUAL)
                    & Q(node_kind__in=[NodeKind.INDIVIDUAL, NodeKind.HOUSEHOLD])
                    & Q(parent__isnull=True)
                )
                | (Q(kind=CustomerKind.COMPANY) & Q(node_kind=NodeKind.COMPANY))
                | (
                    Q(kind=CustomerKind.COMPANY)
                    & Q(node_kind__in=[NodeKind.BRANCH, NodeKind.DEPARTMENT, NodeKind.COST_CENTRE])
                    & Q(parent__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="parties_customer_root_is_itself_or_above",
                condition=(Q(parent__isnull=True) & Q(root=F("id"))) | (Q(parent__isnull=False) & ~Q(root=F("id"))),
            ),
            models.CheckConstraint(
                name="parties_customer_active_since",
                condition=~Q(status=CustomerStatus.ACTIVE) | Q(since_date__isnull=False),
            ),
            models.CheckConstraint(
                name="parties_customer_ended_on",
                condition=~Q(status=CustomerStatus.ENDED) | Q(ended_date__isnull=False),
            ),
            models.UniqueConstraint(
                name="parties_customer_one_living_per_party",
                fields=["party", "kind"],
                condition=Q(parent__isnull=True) & ~Q(status=CustomerStatus.ENDED),
            ),
        ]
        indexes = [models.Index(name="parties_customer_by_root", fields=["root", "path"])]


@pghistory.track()
class BillingAccount(models.Model):
    """Who is billed, when, how and in which language. Belongs to a node that pays itself."""

    number = models.CharField(max_length=16, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=160)
    currency = models.CharField(max_length=3)
    bill_day = models.PositiveSmallIntegerField()
    cycle_months = models.PositiveSmallIntegerField(default=1)
    payment_terms_days = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=2, choices=Language.choices)
    delivery_channel = models.CharField(max_length=8, choices=DeliveryChannel.choices)
    email = models.CharField(max_length=254, blank=True, default="")
    payment_method = models.CharField(max_length=12, choices=PaymentMethod.choices, default=PaymentMethod.TRANSFER)
    iban = EncryptedTextField(blank=True, default="")
    e_invoice_code = models.CharField(max_length=7, blank=True, default="")
    pec = models.CharField(max_length=254, blank=True, default="")
    status = models.CharField(max_length=8, choices=AccountStatus.choices, default=AccountStatus.ACTIVE)
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_billingaccount_bill_day", condition=Q(bill_day__range=(1, 31))),
            models.CheckConstraint(name="parties_billingaccount_cycle_months", condition=Q(cycle_months__in=[1, 2])),
            models.CheckConstraint(name="parties_billingaccount_terms", condition=Q(payment_terms_days__lte=365)),
            models.CheckConstraint(name="parties_billingaccount_language", condition=Q(language__in=Language.values)),
            models.CheckConstraint(
                name="parties_billingaccount_channel", condition=Q(delivery_channel__in=DeliveryChannel.values)
            ),
            models.CheckConstraint(
                name="parties_billingaccount_email_for_email",
                condition=~Q(delivery_channel=DeliveryChannel.EMAIL) | ~Q(email=""),
            ),
            models.CheckConstraint(
                name="parties_billingaccount_method", condition=Q(payment_method__in=PaymentMethod.values)
            ),
            models.CheckConstraint(name="parties_billingaccount_status", condition=Q(status__in=AccountStatus.values)),
            models.CheckConstraint(
                name="parties_billingaccount_closed_on",
                condition=~Q(status=AccountStatus.CLOSED) | Q(closed_date__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="parties_account_by_bill_day",
                fields=["bill_day", "cycle_months"],
                condition=Q(status=AccountStatus.ACTIVE),
            )
        ]


@pghistory.track()
class ContactMedium(models.Model):
    """A way to reach a party; the open one of a kind (`valid_to` null) is the one in use."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=8, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_contactmedium_kind", condition=Q(kind__in=ContactKind.values)),
            models.CheckConstraint(name="parties_contactmedium_value", condition=~Q(value="")),
            models.CheckConstraint(
                name="parties_contactmedium_validity",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="parties_contactmedium_one_open", fields=["party", "kind"], condition=Q(valid_to__isnull=True)
            ),
        ]
        indexes = [
            models.Index(name="parties_contact_by_value", fields=["kind", "value"], condition=Q(valid_to__isnull=True))
        ]


@pghistory.track()
class Address(models.Model):
    """Where a party lives, has its seat, wants its letters or its line; one open for each purpose."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="addresses")
    purpose = models.CharField(max_length=20, choices=AddressPurpose.choices)
    street = models.CharField(max_length=120)
    house_number = models.CharField(max_length=16, blank=True, default="")
    postcode = models.CharField(max_length=12)
    city = models.CharField(max_length=80)
    province = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=2)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_address_purpose", condition=Q(purpose__in=AddressPurpose.values)),
            models.CheckConstraint(
                name="parties_address_validity", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(
                name="parties_address_one_open", fields=["party", "purpose"], condition=Q(valid_to__isnull=True)
            ),
        ]


@pghistory.track()
class Consent(models.Model):
    """A permission that a person gave for one purpose, to one wording, until it is withdrawn."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=16, choices=ConsentPurpose.choices)
    text_version = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_consent_purpose", condition=Q(purpose__in=ConsentPurpose.values)),
            models.CheckConstraint(
                name="parties_consent_withdrawn_after_given",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
            ),
            models.UniqueConstraint(
                name="parties_consent_one_open", fields=["party", "purpose"], condition=Q(withdrawn_at__isnull=True)
            ),
        ]


@pghistory.track()
class Block(models.Model):
    """Something that a customer may not do for now, for one reason; reasons stack."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=12, choices=BlockKind.choices)
    reason = models.CharField(max_length=12, choices=BlockReason.choices)
    note = models.TextField(blank=True, default="")
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="parties_block_kind", condition=Q(kind__in=BlockKind.values)),
            models.CheckConstraint(name="parties_block_reason", condition=Q(reason__in=BlockReason.values)),
            models.CheckConstraint(
                name="parties_block_lifted_after_placed",
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("placed_at")),
            ),
            models.UniqueConstraint(
                name="parties_block_one_open",
                fields=["customer", "kind", "reason"],
                condition=Q(lifted_at__isnull=True),
            ),
        ]


class PaymentStanding(models.Model):
    """How an account pays, as overdue last wrote it. A running figure: it has no history of its own."""

    account = models.OneToOneField(BillingAccount, on_delete=models.PROTECT, related_name="standing", primary_key=True)
    overdue_micro = models.BigIntegerField(default=0)
    oldest_due_date = models.DateField(null=True, blank=True)
    reminders_12m = models.PositiveIntegerField(default=0)
    bills_paid_on_time = models.PositiveIntegerField(default=0)
    bills_paid_late = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="parties_paymentstanding_overdue",
                condition=(Q(overdue_micro=0) & Q(oldest_due_date__isnull=True))
                | (Q(overdue_micro__gt=0) & Q(oldest_due_date__isnull=False)),
            )
        ]
