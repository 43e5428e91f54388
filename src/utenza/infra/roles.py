"""The roles that a member of staff may hold; pure, so that tables and rules share it."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    CSR = "csr", _("Customer service")
    SALES = "sales", _("Sales")
    CREDIT_ANALYST = "credit_analyst", _("Credit analyst")
    PRODUCT = "product", _("Product manager")
    NETWORK = "network", _("Network engineer")
    BILLING = "billing", _("Billing")
    COLLECTIONS = "collections", _("Collections")
    FINANCE = "finance", _("Finance")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
