"""Why a bill differs from the one before: the causes, largest first, each with its part of the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line as the customer sees it, with tax. `days` are the days it covers, `usage_kind` is '' but for usage."""

    kind: str
    agreement_id: int | None
    text: str
    gross_micro: int
    period_start: date
    period_end: date
    usage_kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason, as a code with its subject; `change_micro` is what it adds to the total (or takes off)."""

    code: str
    subject: str
    change_micro: int


def causes_of_difference(
    *, current: Sequence[ShownLine], previous: Sequence[ShownLine] | None, most: int = 3
) -> list[Cause]:
    """Return at most `most` causes, the largest change first; none where nothing changed or no bill came before."""
    if previous is None:
        return []
    causes = [
        *_agreement_causes(current, previous),
        *_named_causes("discount", current, previous),
        *_named_causes("one_off", current, previous),
        *_named_causes("adjustment", current, previous),
        *_named_causes("deposit", current, ()),
        *_usage_causes(current, previous),
    ]
    causes = [cause for cause in causes if cause.change_micro]
    return sorted(causes, key=lambda cause: (-abs(cause.change_micro), cause.code, cause.subject))[:most]


def _sums(lines: Iterable[ShownLine]) -> int:
    return sum(line.gross_micro for line in lines)


def _agreement_causes(current: Sequence[ShownLine], previous: Sequence[ShownLine]) -> list[Cause]:
    now, before = _by_agreement(current), _by_agreement(previous)
    causes = []
    for agreement_id in sorted({*now, *before}, key=lambda key: key or 0):
        mine, theirs = now.get(agreement_id, []), before.get(agreement_id, [])
        change = _sums(mine) - _sums(theirs)
        subject = (mine or theirs)[0].text
        causes.append(Cause(code=_recurring_code(mine, theirs), subject=subject, change_micro=change))
    return causes


def _by_agreement(lines: Sequence[ShownLine]) -> dict[int | None, list[ShownLine]]:
    found: dict[int | None, list[ShownLine]] = defaultdict(list)
    for line in lines:
        if line.kind == "recurring":
            found[line.agreement_id].append(line)
    return found


def _recurring_code(now: Sequence[ShownLine], before: Sequence[ShownLine]) -> str:
    if not before:
        return "began"
    if not now:
        return "ended"
    if any(line.gross_micro < 0 for line in now):
        return "refunded"
    if {line.text for line in now} != {line.text for line in before}:
        return "changed"
    if _days(now) != _days(before):
        return "fewer_days" if _days(now) < _days(before) else "more_days"
    return "price"


def _days(lines: Sequence[ShownLine]) -> int:
    return sum((line.period_end - line.period_start).days * (1 if line.gross_micro >= 0 else -1) for line in lines)


def _named_causes(kind: str, current: Sequence[ShownLine], previous: Sequence[ShownLine]) -> list[Cause]:
    texts = sorted({line.text for line in (*current, *previous) if line.kind == kind})
    causes = []
    for text in texts:
        now = [line for line in current if line.kind == kind and line.text == text]
        before = [line for line in previous if line.kind == kind and line.text == text]
        moment = "new" if not before else ("gone" if not now else "other")
        causes.append(Cause(code=f"{kind}_{moment}", subject=text, change_micro=_sums(now) - _sums(before)))
    return causes


def _usage_causes(current: Sequence[ShownLine], previous: Sequence[ShownLine]) -> list[Cause]:
    kinds = sorted({line.usage_kind for line in (*current, *previous) if line.kind == "usage"})
    causes = []
    for kind in kinds:
        now = _sums(line for line in current if line.kind == "usage" and line.usage_kind == kind)
        before = _sums(line for line in previous if line.kind == "usage" and line.usage_kind == kind)
        causes.append(
            Cause(code="usage_more" if now > before else "usage_less", subject=kind, change_micro=now - before)
        )
    return causes
