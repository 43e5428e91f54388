"""Why a tariff or an event is declined."""

from __future__ import annotations

from utenza.core.errors import N_, Refusal


class TariffRefused(Refusal):
    """A tariff document that cannot be priced with certainty.

    `path` is where in the document (`voice[2].next_increment_s`), `reason` what is wrong there. `problems` holds every
    (path, reason) found, in the order of the document; `path` and `reason` are those of the first.
    """

    code = "tariff_refused"
    text = N_("The tariff is refused at %(path)s: %(reason)s")

    def __init__(self, *, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        path, reason = problems[0]
        super().__init__(field=path, path=path, reason=reason)


class EventsOutOfOrder(Refusal):
    code = "events_malformed"
    text = N_("The usage events cannot be priced: %(reason)s. Correct the columns that are handed over.")
