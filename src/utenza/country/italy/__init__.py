"""Italy: tax codes, VAT, documents, calendar, terms, places."""

from utenza.country.italy.rules import Italy

__all__ = ["Italy"]
