"""The life of an application, and the closed vocabularies of its checks."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApplicationKind(TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    COMPANY = "company", _("Company")


class Market(TextChoices):
    ANY = "", _("Mobile and fixed")
    MOBILE = "mobile", _("Mobile")
    FIXED = "fixed", _("Fixed")


class Payment(TextChoices):
    ANY = "", _("Prepaid and postpaid")
    PREPAID = "prepaid", _("Prepaid")
    POSTPAID = "postpaid", _("Postpaid")


class Channel(TextChoices):
    DESK = "desk", _("Shop")
    PHONE = "phone", _("Telephone")
    WEB = "web", _("Web")
    AGENT = "agent", _("Agent")


class ApplicationStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    CHECKING = "checking", _("Being checked")
    REVIEW = "review", _("For review")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ORDERED = "ordered", _("Ordered")


_S = ApplicationStatus
APPLICATION_MOVES: dict[str, frozenset[str]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.SUBMITTED: frozenset({_S.CHECKING, _S.DRAFT, _S.WITHDRAWN}),
    _S.CHECKING: frozenset({_S.REVIEW, _S.ACCEPTED, _S.REFUSED}),
    # An analyst decides, or sends the form back to be corrected.
    _S.REVIEW: frozenset({_S.ACCEPTED, _S.REFUSED, _S.DRAFT, _S.WITHDRAWN}),
    # A refusal may be overridden by an analyst, or answered by taking prepaid instead.
    _S.REFUSED: frozenset({_S.ACCEPTED}),
    _S.ACCEPTED: frozenset({_S.ORDERED}),
    _S.WITHDRAWN: frozenset(),
    _S.ORDERED: frozenset(),
}


class CheckResult(TextChoices):
    PASS = "pass", _("Passed")
    REVIEW = "review", _("For review")
    FAIL = "fail", _("Failed")


class Outcome(TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    PREPAID_ONLY = "prepaid_only", _("Prepaid only")
    REVIEW = "review", _("For review")
    REFUSED = "refused", _("Refused")


class ProofKind(TextChoices):
    EMAIL = "email", _("E-mail")


class CallStatus(TextChoices):
    """How far a question to a provider is; one that was never answered is silent."""

    WAITING = "waiting", _("Waiting")
    ANSWERED = "answered", _("Answered")
    SILENT = "silent", _("No answer")


class FraudReview(TextChoices):
    NOT_NEEDED = "not_needed", _("Not needed")
    OPEN = "open", _("To review")
    CLEARED = "cleared", _("Cleared")
    CONFIRMED = "confirmed", _("Fraud confirmed")


class DenialReason(TextChoices):
    FRAUD = "fraud", _("Fraud")
    IDENTITY = "identity", _("Stolen or false identity")
    DEBT = "debt", _("Unpaid debt")
    COURT = "court", _("Court order")
