"""Public writes of charging; each demands an open transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from utenza.charging import rules
from utenza.charging.models import BalanceEntry, MonthlyFee, OneOffFee, PrepaidBalance
from utenza.charging.states import Channel, EntryKind
from utenza.core.errors import N_, Refusal
from utenza.core.events.charging import BalanceExhausted, BalanceRecharged, RechargeTakenBack
from utenza.core.money import Money, minor_step_micro
from utenza.country import rules as country_rules
from utenza.infra import idempotency
from utenza.infra.operator import local_date, profile
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as lines

NO_CREDIT = "no_credit"


class LineNotPrepaid(Refusal):
    code = "line_not_prepaid"
    text = N_("Line %(line)s is paid by bill and has no balance: take a payment for its account instead.")


class LineIsOver(Refusal):
    code = "line_is_over"
    text = N_("Line %(line)s is ceased and can no longer be recharged: choose a line in use.")


class RechargeNotPositive(Refusal):
    code = "recharge_not_positive"
    text = N_("A recharge must be more than zero: write the sum that was paid.")


class RechargeNotWholeCents(Refusal):
    code = "recharge_not_whole_cents"
    text = N_("%(amount)s has more decimals than the currency knows: write whole cents.")


class RechargeCurrencyDiffers(Refusal):
    code = "recharge_currency_differs"
    text = N_("The balance is kept in %(expected)s and the recharge is in %(given)s: recharge in the line's currency.")


class UnknownChannel(Refusal):
    code = "unknown_channel"
    text = N_("'%(channel)s' is not a way to recharge: choose one of %(known)s.")


@dataclass(frozen=True, slots=True)
class RechargeRef:
    """A recharge that was booked, and the balance after it (a fee that waited is debited afterwards)."""

    entry_id: int
    balance: Money


@dataclass(frozen=True, slots=True)
class FeeOutcome:
    """How many months were debited, and whether the balance sufficed for all that was owed."""

    months: int
    paid_up: bool


@demands_transaction
def open_balance(*, line_id: int, at: datetime) -> int:
    """Open the balance of a prepaid line, empty, and return its id. Safe to repeat.

    :raises UnknownLine: if there is no such line.
    :raises LineNotPrepaid: if it is paid by bill.
    """
    line = lines.line(line_id)
    if line.payment != "prepaid":
        raise LineNotPrepaid(line=line.number)
    balance, _new = PrepaidBalance.objects.get_or_create(
        line_id=line_id, defaults={"currency": profile().currency, "opened_at": at}
    )
    return balance.pk


@demands_transaction
def recharge(
    *, line_id: int, amount: Money, channel: str, reference: str, idempotency_key: str, at: datetime
) -> RechargeRef:
    """Add paid money to a prepaid line, debit the fee that waited for it, and lift the bar for want of credit.

    The bar stays while the balance cannot pay the fee that is owed. Safe to repeat with the same key and input.

    :raises RechargeNotPositive, RechargeNotWholeCents, RechargeCurrencyDiffers: if the amount cannot be taken.
    :raises UnknownChannel: if `channel` is none of `Channel`.
    :raises UnknownLine, LineNotPrepaid, LineIsOver: if the line has no balance to recharge.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    if amount.micro <= 0:
        raise RechargeNotPositive(field="amount")
    if not amount.is_minor:
        raise RechargeNotWholeCents(field="amount", amount=str(amount))
    if channel not in Channel.values:
        raise UnknownChannel(field="channel", channel=channel, known=", ".join(Channel.values))
    payload = {
        "line_id": line_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "channel": channel,
        "reference": reference,
    }

    def book() -> dict[str, int]:
        return _book_recharge(
            line_id=line_id, amount=amount, channel=channel, reference=reference, key=idempotency_key, at=at
        )

    done = idempotency.once(key=idempotency_key, scope="charging.recharge", payload=payload, operation=book)
    return RechargeRef(int(done["entry_id"]), Money(int(done["balance_micro"]), amount.currency))


@demands_transaction
def take_back_recharge(
    *, line_id: int, amount: Money, channel: str, reference: str, idempotency_key: str, at: datetime
) -> Money:
    """Take the money of a recharge off the balance again, since the payer's bank took it back; return the balance.

    The balance may fall below zero; the line is closed for want of credit then, and a recharge that makes up for it
    opens it again. Safe to repeat with the same key and input.

    :raises RechargeNotPositive, RechargeCurrencyDiffers, UnknownChannel: if the amount cannot have been a recharge.
    :raises UnknownLine, LineNotPrepaid: if the line has no balance.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    if amount.micro <= 0:
        raise RechargeNotPositive(field="amount")
    if channel not in Channel.values:
        raise UnknownChannel(field="channel", channel=channel, known=", ".join(Channel.values))

    def book() -> dict[str, int]:
        balance = _locked(line_id=line_id, at=at)
        if amount.currency != balance.currency:
            raise RechargeCurrencyDiffers(field="amount", expected=balance.currency, given=amount.currency)
        return _book_return(balance, amount=amount, channel=channel, reference=reference, key=idempotency_key, at=at)

    payload = {
        "line_id": line_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "channel": channel,
        "reference": reference,
    }
    done = idempotency.once(key=idempotency_key, scope="charging.take_back", payload=payload, operation=book)
    return Money(int(done["balance_micro"]), amount.currency)


@demands_transaction
def agree_fee(
    *, line_id: int, agreement_id: int, amount: Money, from_date: date, at: datetime, tax_category: str = "standard"
) -> None:
    """Have an agreement of a prepaid line cost `amount` a month, tax included; zero is allowed. Safe to repeat.

    The first month is owed on `from_date`. For an agreement that is known already, the next debit takes the new
    amount, and the month that was paid stays as it is.

    :raises UnknownLine, LineNotPrepaid: if the line has no balance.
    :raises RechargeCurrencyDiffers: if the fee is in another currency than the balance.
    """
    balance = _locked(line_id=line_id, at=at)
    if amount.currency != balance.currency:
        raise RechargeCurrencyDiffers(field="amount", expected=balance.currency, given=amount.currency)
    fee = MonthlyFee.objects.filter(agreement_id=agreement_id).first()
    if fee is None:
        MonthlyFee.objects.create(
            balance=balance,
            agreement_id=agreement_id,
            amount_micro=amount.micro,
            tax_category=tax_category,
            next_date=from_date,
            anchor_day=from_date.day,
        )
        return
    fee.amount_micro, fee.tax_category = amount.micro, tax_category
    fee.save(update_fields=["amount_micro", "tax_category"])


@demands_transaction
def agree_one_off(
    *,
    line_id: int,
    agreement_id: int,
    price_id: int,
    amount: Money,
    from_date: date,
    at: datetime,
    tax_category: str = "standard",
) -> None:
    """Have an agreement of a prepaid line cost `amount` once, tax included, from `from_date` on. Safe to repeat.

    :raises UnknownLine, LineNotPrepaid: if the line has no balance.
    :raises RechargeCurrencyDiffers: if the fee is in another currency than the balance.
    """
    balance = _locked(line_id=line_id, at=at)
    if amount.currency != balance.currency:
        raise RechargeCurrencyDiffers(field="amount", expected=balance.currency, given=amount.currency)
    OneOffFee.objects.get_or_create(
        agreement_id=agreement_id,
        price_id=price_id,
        defaults={
            "balance": balance,
            "amount_micro": amount.micro,
            "tax_category": tax_category,
            "from_date": from_date,
        },
    )


@demands_transaction
def end_fee(*, agreement_id: int, end_date: date) -> None:
    """Debit no month of an agreement that would begin on `end_date` or later. Safe to repeat; unknown ones pass.

    What it costs once stays owed, unless it never ran.
    """
    MonthlyFee.objects.filter(agreement_id=agreement_id).update(end_date=end_date)
    OneOffFee.objects.filter(agreement_id=agreement_id, from_date__gte=end_date, paid_at__isnull=True).delete()


@demands_transaction
def debit_fee(*, line_id: int, at: datetime) -> FeeOutcome:
    """Debit the fees of a prepaid line, one-off and monthly, that are owed by the day of `at`. Safe to repeat.

    Where the balance does not suffice, nothing of that fee is taken, the line is closed for want of credit and
    BalanceExhausted is announced, once; a recharge tries again.

    :raises UnknownLine, LineNotPrepaid: if the line has no balance.
    """
    balance = _locked(line_id=line_id, at=at)
    if _is_over(lines.line(line_id)):
        return FeeOutcome(months=0, paid_up=True)
    return _debit(balance, at=at)


def _book_recharge(
    *, line_id: int, amount: Money, channel: str, reference: str, key: str, at: datetime
) -> dict[str, int]:
    balance = _locked(line_id=line_id, at=at)
    line = lines.line(line_id)
    if _is_over(line):
        raise LineIsOver(field="line", line=line.number)
    if amount.currency != balance.currency:
        raise RechargeCurrencyDiffers(field="amount", expected=balance.currency, given=amount.currency)
    after_micro = _move(balance, amount.micro)
    entry = BalanceEntry.objects.create(
        balance=balance,
        kind=EntryKind.RECHARGE,
        key=f"recharge:{key}",
        amount_micro=amount.micro,
        balance_after_micro=after_micro,
        at=at,
        channel=channel,
        reference=reference,
    )
    post(
        key=f"charging:{entry.pk}",
        at=at,
        description=f"Recharge of line {line.number}",
        postings=[
            Posting(account_code=f"cash.{channel}", amount=amount),
            Posting(account_code="prepaid_liability", owner=f"line:{line_id}", amount=-amount),
        ],
        source_kind="recharge",
        source_key=str(entry.pk),
    )
    announce(
        BalanceRecharged(
            at=at,
            customer_id=line.customer_id,
            line_id=line_id,
            amount_micro=amount.micro,
            currency=amount.currency,
            balance_micro=after_micro,
            channel=channel,
        )
    )
    if _debit(balance, at=at).paid_up:
        provisioning.resume(line_id=line_id, reason=NO_CREDIT, at=at)
    return {"entry_id": entry.pk, "balance_micro": after_micro}


def _book_return(
    balance: PrepaidBalance, *, amount: Money, channel: str, reference: str, key: str, at: datetime
) -> dict[str, int]:
    line = lines.line(balance.line_id)
    after_micro = _move(balance, -amount.micro)
    entry = BalanceEntry.objects.create(
        balance=balance,
        kind=EntryKind.RETURN,
        key=f"return:{key}",
        amount_micro=-amount.micro,
        balance_after_micro=after_micro,
        at=at,
        channel=channel,
        reference=reference,
    )
    post(
        key=f"charging:{entry.pk}",
        at=at,
        description=f"Recharge of line {line.number} taken back",
        postings=[
            Posting(account_code="prepaid_liability", owner=f"line:{balance.line_id}", amount=amount),
            Posting(account_code=f"cash.{channel}", amount=-amount),
        ],
        source_kind="recharge_return",
        source_key=str(entry.pk),
    )
    announce(
        RechargeTakenBack(
            at=at,
            customer_id=line.customer_id,
            line_id=balance.line_id,
            amount_micro=amount.micro,
            currency=amount.currency,
            balance_micro=after_micro,
        )
    )
    if after_micro < 0 and not _is_over(line):
        _close(balance, at=at)
    return {"balance_micro": after_micro}


def _debit(balance: PrepaidBalance, *, at: datetime) -> FeeOutcome:
    """Debit what is owed while the locked balance suffices; close the line at the first fee that it cannot pay."""
    day = local_date(at)
    months = 0
    if balance.balance_micro < 0:
        _close(balance, at=at)
        return FeeOutcome(months=0, paid_up=False)
    for once in balance.one_offs.filter(from_date__lte=day, paid_at__isnull=True).order_by("from_date", "pk"):
        if balance.balance_micro < once.amount_micro:
            _exhaust(balance, fee=once, day=day, at=at)
            return FeeOutcome(months=0, paid_up=False)
        _take_once(balance, fee=once, at=at)
    for fee in balance.fees.filter(next_date__lte=day).order_by("next_date", "pk"):
        while fee.next_date <= day and (fee.end_date is None or _month_start(fee, day) < fee.end_date):
            if balance.balance_micro < fee.amount_micro:
                _exhaust(balance, fee=fee, day=day, at=at)
                return FeeOutcome(months=months, paid_up=False)
            _take_month(balance, fee=fee, day=day, at=at)
            months += 1
    return FeeOutcome(months=months, paid_up=True)


def _month_start(fee: MonthlyFee, day: date) -> date:
    # The days without credit were days without service: the month then begins when it is paid.
    return fee.next_date if fee.unpaid_since is None else day


def _take_month(balance: PrepaidBalance, *, fee: MonthlyFee, day: date, at: datetime) -> None:
    start = _month_start(fee, day)
    anchor = fee.anchor_day if fee.unpaid_since is None else start.day
    period = rules.month_from(start, anchor_day=anchor)
    if fee.amount_micro:
        _book_fee(balance, fee=fee, start=period.start, end=period.end, at=at)
    fee.next_date, fee.anchor_day, fee.unpaid_since = period.end, anchor, None
    fee.save(update_fields=["next_date", "anchor_day", "unpaid_since"])


def _take_once(balance: PrepaidBalance, *, fee: OneOffFee, at: datetime) -> None:
    split = _split(fee, unit=balance.currency, on_date=local_date(at))
    entry = BalanceEntry.objects.create(
        balance=balance,
        kind=EntryKind.ONE_OFF,
        key=f"one_off:{fee.agreement_id}:{fee.price_id}",
        amount_micro=-fee.amount_micro,
        balance_after_micro=_move(balance, -fee.amount_micro),
        tax_micro=split.tax_micro,
        at=at,
        agreement_id=fee.agreement_id,
        price_id=fee.price_id,
    )
    what = f"One-off fee {fee.price_id} of agreement {fee.agreement_id}"
    _post_debit(balance, entry=entry, split=split, description=what, source_kind="prepaid_one_off")
    fee.paid_at, fee.unpaid_since = at, None
    fee.save(update_fields=["paid_at", "unpaid_since"])


def _book_fee(balance: PrepaidBalance, *, fee: MonthlyFee, start: date, end: date, at: datetime) -> None:
    split = _split(fee, unit=balance.currency, on_date=start)
    entry = BalanceEntry.objects.create(
        balance=balance,
        kind=EntryKind.FEE,
        key=f"fee:{fee.agreement_id}:{start.isoformat()}",
        amount_micro=-fee.amount_micro,
        balance_after_micro=_move(balance, -fee.amount_micro),
        tax_micro=split.tax_micro,
        at=at,
        agreement_id=fee.agreement_id,
        period_start=start,
        period_end=end,
    )
    what = f"Monthly fee of agreement {fee.agreement_id}, {start.isoformat()} to {end.isoformat()}"
    _post_debit(balance, entry=entry, split=split, description=what, source_kind="prepaid_fee")


def _split(fee: MonthlyFee | OneOffFee, *, unit: str, on_date: date) -> rules.Split:
    return rules.split_gross(
        gross_micro=fee.amount_micro,
        rate_bp=country_rules(profile().country).vat_rate(fee.tax_category, on_date),
        step_micro=minor_step_micro(unit),
    )


def _post_debit(
    balance: PrepaidBalance, *, entry: BalanceEntry, split: rules.Split, description: str, source_kind: str
) -> None:
    unit = balance.currency
    owner = f"line:{balance.line_id}"
    post(
        key=f"charging:{entry.pk}",
        at=entry.at,
        description=description,
        postings=[
            Posting(account_code="prepaid_liability", owner=owner, amount=Money(-entry.amount_micro, unit)),
            Posting(account_code="revenue.prepaid", amount=Money(-split.net_micro, unit)),
            Posting(account_code="tax.vat", amount=Money(-split.tax_micro, unit)),
        ],
        source_kind=source_kind,
        source_key=str(entry.pk),
    )


def _exhaust(balance: PrepaidBalance, *, fee: MonthlyFee | OneOffFee, day: date, at: datetime) -> None:
    if fee.unpaid_since is None:
        fee.unpaid_since = day
        fee.save(update_fields=["unpaid_since"])
    _close(balance, at=at)


def _close(balance: PrepaidBalance, *, at: datetime) -> None:
    outcome = provisioning.suspend(line_id=balance.line_id, reason=NO_CREDIT, at=at)
    if not outcome.changed:
        return
    announce(
        BalanceExhausted(
            at=at,
            customer_id=lines.line(balance.line_id).customer_id,
            line_id=balance.line_id,
            balance_micro=balance.balance_micro,
            currency=balance.currency,
        )
    )


def _locked(*, line_id: int, at: datetime) -> PrepaidBalance:
    """Lock the balance of a line, opened if it was not; every movement begins here."""
    return PrepaidBalance.objects.select_for_update().get(pk=open_balance(line_id=line_id, at=at))


def _move(balance: PrepaidBalance, micro: int) -> int:
    balance.balance_micro += micro
    balance.save(update_fields=["balance_micro"])
    return balance.balance_micro


def _is_over(line: lines.LineView) -> bool:
    """Say whether nothing of the line is to be served any more, confirmed by the network or not."""
    return line.status == "ceased" or all(service.desired_state == "ceased" for service in line.services)
