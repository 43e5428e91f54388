"""What a termination asks for, decided without the database."""

from __future__ import annotations

from datetime import date

from utenza.core.errors import N_, Refusal
from utenza.termination.states import TerminationReason


class TerminationInThePast(Refusal):
    code = "termination_in_the_past"
    text = N_("A service cannot be ended before today (%(today)s): choose today or a later day.")


class TerminationTooFar(Refusal):
    code = "termination_too_far"
    text = N_("A service can be ended at most a year ahead: choose a day before %(latest)s.")


class TerminationReasonUnknown(Refusal):
    code = "termination_reason_unknown"
    text = N_("'%(reason)s' is not a reason of leaving: choose one of %(known)s.")


def check_request(*, reason: str, effective_date: date, today: date) -> None:
    """Refuse a request whose day or reason makes no sense.

    :raises TerminationReasonUnknown: if the reason is not one of `TerminationReason`.
    :raises TerminationInThePast: if the day lies before `today`.
    :raises TerminationTooFar: if it lies more than 366 days ahead.
    """
    if reason not in set(TerminationReason):
        raise TerminationReasonUnknown(field="reason", reason=reason, known=", ".join(TerminationReason))
    if effective_date < today:
        raise TerminationInThePast(field="effective_date", today=today.isoformat())
    if (effective_date - today).days > 366:
        raise TerminationTooFar(field="effective_date", latest=today.replace(year=today.year + 1, day=1).isoformat())
