"""What the pictures show: staff, and a few customers in every state."""

from __future__ import annotations

from tests.web.serving import staff

EVERYTHING = (
    "csr", "sales", "credit_analyst", "product", "network", "billing", "collections", "finance", "auditor",
    "administrator",
)  # fmt: skip


def build() -> dict[str, str]:
    """Fill the database and return the pages to look at, by name."""
    staff("marta", *EVERYTHING, given_name="Marta", family_name="Conti")
    return {"home": "/", "styleguide": "/styleguide/", "search": "/search/?q=rossi", "error-404": "/nothing-here/"}
