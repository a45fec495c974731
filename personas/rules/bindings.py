"""What binds signals together in a window, as they are measured.

A binding never forbids what rows could show, so that what the linter calls impossible is impossible.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from personas.catalogue import Frequency, FundLevel, IncomeType, Type
from personas.rules.goals import rounded

WINDOWS = (30, 90, 180)
LOOKBACK = 180


@dataclass(frozen=True)
class Binding:
    signals: tuple[str, ...]
    allows: Callable[..., bool]


@cache
def bindings(window: int) -> tuple[Binding, ...]:
    scaled = _scaled_to_a_month(window)
    spend, rows, covered = "spending.spend_total", "spending.transaction_count", "spending.days_covered"
    in_90_days = "spending.monthly_spend_90d"
    found = [
        *_credit(scaled),
        *_income(),
        *_subscriptions(),
        *_savings(),
        _bind(scaled, spend, "spending.monthly_spend"),
        _bind(lambda total, n: not total or n >= 1, spend, rows),
        _bind(lambda n, days: not n or days >= 1, rows, covered),
    ]
    if window <= 90:
        found.append(_bind(lambda total, quarter: not total or quarter > 0, spend, in_90_days))
    if window >= 90:
        found.append(_bind(lambda total, quarter: not quarter or total > 0, spend, in_90_days))
    return tuple(found)


def _bind(allows: Callable[..., bool], *signals: str) -> Binding:
    return Binding(signals, allows)


def _scaled_to_a_month(window: int) -> Callable[[Decimal, Decimal], bool]:
    """An amount of the window and the same a month: divided by at least 30 and at most all of its days."""

    def allows(amount: Decimal, monthly: Decimal) -> bool:
        return rounded(Fraction(amount) * 30 / window, Type.MONEY) <= monthly <= amount

    return allows


def _credit(scaled: Callable[[Decimal, Decimal], bool]) -> list[Binding]:
    number, highest = "credit.num_credit_cards", "credit.highest_card_utilization_pct"
    together, not_below = "credit.aggregate_utilization_pct", "credit.cards_not_below_30"
    limit, used, charged = "credit.total_credit_limit", "credit.total_credit_used", "credit.interest_charged"
    available = "credit.total_credit_available"
    return [
        _bind(lambda n, high: high is None or n >= 1, number, highest),
        _bind(lambda all_, high: all_ <= high if _both(all_, high) else all_ is high, together, highest),
        _bind(lambda n, all_, high: n != 1 or all_ == high, number, together, highest),
        _bind(lambda high, flag: flag is bool(high and high >= 50), highest, "credit.any_card_high_util"),
        _bind(lambda n, count: count <= n, number, not_below),
        _bind(lambda high, count: high is None or high < 30 or count >= 1, highest, not_below),
        _bind(lambda n, high, count: high is None or high >= 30 or count < n, number, highest, not_below),
        _bind(lambda n, flag: n >= 1 or not flag, number, "credit.any_overdue"),
        _bind(lambda n, flag: n >= 1 or not flag, number, "credit.any_minimum_payment_only"),
        _bind(lambda flag, amount: flag is (amount > 0), "credit.any_interest_charges", charged),
        _bind(scaled, charged, "credit.interest_monthly"),
        *(_bind(lambda n, total: n >= 1 or total is None, number, path) for path in (limit, used, available)),
        _bind(lambda all_, rest: not _both(all_, rest) or rest <= all_, limit, available),
        _bind(lambda high, total: high is None or (total is not None and total > 0), highest, limit),
        _bind(lambda high, total: not high or (total is not None and total > 0), highest, used),
    ]


def _income() -> list[Binding]:
    deposits, paydays, gap = "income.deposit_count", "income.payday_count", "income.median_pay_gap_days"
    rhythm, spread, kind = "income.payment_frequency", "income.income_variability_pct", "income.income_type"
    buffer, checking, spend = (
        "income.cash_flow_buffer_months",
        "income.checking_balance",
        "spending.spend_total",
    )
    return [
        _bind(lambda d, p: p <= d and (p == 0) is (d == 0), deposits, paydays),
        _bind(_gap_fits, paydays, gap),
        _bind(lambda p, word: (word == Frequency.UNKNOWN) is (p < 2), paydays, rhythm),
        _bind(_rhythm_fits, gap, rhythm),
        _bind(lambda p, g, word: word != Frequency.SEMI_MONTHLY or g == 15 or p >= 4, paydays, gap, rhythm),
        _bind(lambda d, cv: d >= 2 or cv == 0, deposits, spread),
        _bind(lambda p, word: (word == IncomeType.UNKNOWN) is (p < 2), paydays, kind),
        _bind(_kind_fits, rhythm, spread, kind),
        _bind(lambda d, income: (income is None) is (d == 0), deposits, "income.monthly_income"),
        _bind(lambda held, b: b is None or (held is not None and _same_sign(held, b)), checking, buffer),
        _bind(lambda held, s, b: (b is None) is (held is None or s == 0), checking, spend, buffer),
    ]


def _gap_fits(paydays: Decimal, gap: Decimal | None) -> bool:
    """Half of the gaps are at least the median, the others at least a day, and all lie in the look-back."""
    if gap is None or paydays < 2:
        return gap is None and paydays < 2
    gaps = int(paydays) - 1
    wide = gaps // 2 + 1
    return gap * wide + (gaps - wide) <= LOOKBACK - 1


def _rhythm_fits(gap: Decimal | None, word: str) -> bool:
    if gap is None:
        return word == Frequency.UNKNOWN
    if 6 <= gap <= 8:
        return word == Frequency.WEEKLY
    if 25 <= gap <= 35:
        return word == Frequency.MONTHLY
    if gap == 15:
        return word == Frequency.SEMI_MONTHLY
    if 12 <= gap <= 16:
        return word in (Frequency.BIWEEKLY, Frequency.SEMI_MONTHLY)
    if 16 < gap <= 18:
        return word in (Frequency.IRREGULAR, Frequency.SEMI_MONTHLY)
    return word == Frequency.IRREGULAR


def _kind_fits(rhythm: str, spread: Decimal, kind: str) -> bool:
    if Frequency.UNKNOWN in (rhythm, kind):
        return rhythm == kind
    if rhythm != Frequency.IRREGULAR and spread < 10:
        return kind == IncomeType.PAYROLL
    return kind == (IncomeType.FREELANCE if spread >= 20 else IncomeType.MIXED)


def _subscriptions() -> list[Binding]:
    count, monthly = "subscriptions.recurring_merchant_count", "subscriptions.monthly_recurring_spend"
    share = "subscriptions.subscription_share_pct"
    return [
        _bind(lambda n, spend: spend >= n / 100 and (n > 0 or spend == 0), count, monthly),
        _bind(lambda n, part: n > 0 or part == 0, count, share),
        _bind(lambda spend, part: spend > 0 or part == 0, "spending.spend_total", share),
        _bind(lambda n, spend: n == 0 or spend > 0, count, "spending.monthly_spend_90d"),
    ]


def _savings() -> list[Binding]:
    number, inflow, growth = (
        "savings.num_savings_accounts",
        "savings.net_savings_inflow",
        "savings.savings_growth_rate_pct",
    )
    fund, deposit, withdrawal = (
        "savings.emergency_fund_months",
        "savings.largest_deposit",
        "savings.largest_withdrawal",
    )
    return [
        *(
            _bind(lambda n, value: (n == 0) is (value is None), number, path)
            for path in (inflow, "savings.inferred", deposit, withdrawal)
        ),
        *(
            _bind(lambda n, value: n > 0 or value is None, number, path)
            for path in ("savings.total_savings_balance", growth, fund)
        ),
        _bind(lambda spend, months: spend > 0 or months is None, "spending.monthly_spend_90d", fund),
        _bind(_level_fits, fund, "savings.emergency_fund_level"),
        _bind(lambda flow, rate: not _both(flow, rate) or flow * rate >= 0, inflow, growth),
        _bind(lambda flow, most: flow is None or flow <= 0 or bool(most), inflow, deposit),
        _bind(lambda flow, most: flow is None or flow >= 0 or bool(most), inflow, withdrawal),
    ]


def _level_fits(months: Decimal | None, level: str | None) -> bool:
    if months is None:
        return level is None
    if months >= 6:
        return level == FundLevel.EXCELLENT
    if months >= 3:
        return level == FundLevel.GOOD
    return level == (FundLevel.BUILDING if months >= 1 else FundLevel.LOW)


def _both(one: Any, other: Any) -> bool:
    return one is not None and other is not None


def _same_sign(amount: Decimal, quotient: Decimal) -> bool:
    """A small amount may round to nothing; nothing never rounds to an amount."""
    return quotient == 0 or ((amount > 0) is (quotient > 0) and amount != 0)
