"""The one shape of a refusal, so that each shell can say it in the user's language."""

from __future__ import annotations

from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """Mark `text` for translation and return it unchanged; shells translate when they show it."""
    return text


class Refusal(Exception):  # noqa: N818 - the domain's word
    """A request that the domain declines, with a code, a sentence and its data.

    A subclass stands beside the function that raises it. `text` is an English sentence with `%(name)s` slots, marked
    with `N_`: what happened, why, and the way out. `field` names the input that was at fault, if one was.
    `retryable` says whether the same request may succeed later without being changed.
    """

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = N_("This cannot be done.")
    retryable: ClassVar[bool] = False

    def __init__(self, *, field: str | None = None, **data: Any) -> None:
        self.field = field
        self.data = data
        super().__init__(self.text % data if data else self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is rebuilt from its positional arguments, which a refusal does not take.
        return _remade, (type(self), str(self)), self.__dict__


def _remade(kind: type[Refusal], sentence: str) -> Refusal:
    return kind.__new__(kind, sentence)
