"""The catalogue of signals: every scalar path with its type, unit, range and what its absence means."""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    MONEY = "money"
    PERCENT = "percent"
    MONTHS = "months"
    DAYS = "days"
    INT = "int"
    FLAG = "flag"
    WORD = "word"
    DATE = "date"

    @property
    def places(self) -> int | None:
        """Decimal places of the stored value; None for what is no decimal number."""
        return {Type.MONEY: 2, Type.PERCENT: 2, Type.MONTHS: 2, Type.DAYS: 1}.get(self)


class Category(StrEnum):
    CREDIT = "credit"
    INCOME = "income"
    SUBSCRIPTIONS = "subscriptions"
    SAVINGS = "savings"
    SPENDING = "spending"


class Frequency(StrEnum):
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    SEMI_MONTHLY = "semi_monthly"
    MONTHLY = "monthly"
    IRREGULAR = "irregular"
    UNKNOWN = "unknown"


class IncomeType(StrEnum):
    PAYROLL = "payroll"
    FREELANCE = "freelance"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class FundLevel(StrEnum):
    EXCELLENT = "excellent"
    GOOD = "good"
    BUILDING = "building"
    LOW = "low"


@dataclass(frozen=True)
class Signal:
    """`null` says in words when the value is missing; a signal without it is never missing."""

    path: str
    type: Type
    unit: str
    null: str | None = None
    low: int | None = None
    high: int | None = None
    words: tuple[str, ...] = ()

    @property
    def category(self) -> Category:
        return Category(self.path.partition(".")[0])

    @property
    def name(self) -> str:
        return self.path.partition(".")[2]

    @property
    def column(self) -> str:
        """The name of its column in the table of snapshots."""
        return self.path.replace(".", "_")

    @property
    def nullable(self) -> bool:
        return self.null is not None


MONEY, PERCENT, MONTHS, DAYS, INT, FLAG, WORD, DATE = Type
A_MONTH = "a month"
NO_CARD, NO_USE = "no card", "no card with known utilisation"
NO_SAVINGS = "no savings account"
NO_FUND = "no savings account, or no spend in 90 days"


def _words(known: type[StrEnum]) -> tuple[str, ...]:
    return tuple(word.value for word in known)


CATALOGUE: dict[str, Signal] = {
    signal.path: signal
    for signal in (
        Signal("credit.num_credit_cards", INT, "cards", low=0),
        Signal("credit.aggregate_utilization_pct", PERCENT, "%", NO_USE, low=0),
        Signal("credit.highest_card_utilization_pct", PERCENT, "%", NO_USE, low=0),
        Signal("credit.any_card_high_util", FLAG, "flag"),
        Signal("credit.cards_not_below_30", INT, "cards", low=0),
        Signal("credit.any_interest_charges", FLAG, "flag"),
        Signal("credit.interest_charged", MONEY, "money", low=0),
        Signal("credit.interest_monthly", MONEY, A_MONTH, low=0),
        Signal("credit.any_overdue", FLAG, "flag"),
        Signal("credit.any_minimum_payment_only", FLAG, "flag"),
        Signal("credit.total_credit_limit", MONEY, "money", NO_CARD, low=0),
        Signal("credit.total_credit_used", MONEY, "money", NO_CARD, low=0),
        Signal("credit.total_credit_available", MONEY, "money", NO_CARD, low=0),
        Signal("income.deposit_count", INT, "deposits", low=0),
        Signal("income.payday_count", INT, "paydays", low=0),
        Signal("income.median_pay_gap_days", DAYS, "days", "fewer than 2 paydays", low=1, high=179),
        Signal("income.payment_frequency", WORD, "word", words=_words(Frequency)),
        Signal("income.income_variability_pct", PERCENT, "%", low=0),
        Signal("income.income_type", WORD, "word", words=_words(IncomeType)),
        Signal("income.cash_flow_buffer_months", MONTHS, "months", "no checking balance, or no spend"),
        Signal("income.checking_balance", MONEY, "money", "no checking account with a balance"),
        Signal("income.monthly_income", MONEY, A_MONTH, "no deposit in the look-back", low=0),
        Signal("income.last_pay_date", DATE, "date", "no deposit in the look-back"),
        Signal("income.lookback_days", INT, "days", low=180, high=180),
        Signal("subscriptions.recurring_merchant_count", INT, "merchants", low=0),
        Signal("subscriptions.inactive_merchant_count", INT, "merchants", low=0),
        Signal("subscriptions.monthly_recurring_spend", MONEY, A_MONTH, low=0),
        Signal("subscriptions.subscription_share_pct", PERCENT, "%", low=0),
        Signal("subscriptions.lookback_days", INT, "days", low=90, high=90),
        Signal("savings.num_savings_accounts", INT, "accounts", low=0),
        Signal("savings.total_savings_balance", MONEY, "money", NO_SAVINGS),
        Signal("savings.net_savings_inflow", MONEY, A_MONTH, NO_SAVINGS),
        Signal("savings.savings_growth_rate_pct", PERCENT, "%", "no savings account, or no known balance"),
        Signal("savings.emergency_fund_months", MONTHS, "months", NO_FUND),
        Signal("savings.emergency_fund_level", WORD, "word", NO_FUND, words=_words(FundLevel)),
        Signal("savings.largest_deposit", MONEY, "money", NO_SAVINGS, low=0),
        Signal("savings.largest_withdrawal", MONEY, "money", NO_SAVINGS, low=0),
        Signal("savings.inferred", FLAG, "flag", NO_SAVINGS),
        Signal("spending.spend_total", MONEY, "money", low=0),
        Signal("spending.monthly_spend", MONEY, A_MONTH, low=0),
        Signal("spending.monthly_spend_90d", MONEY, A_MONTH, low=0),
        Signal("spending.transaction_count", INT, "rows", low=0),
        Signal("spending.days_covered", INT, "days", low=0),
    )
}
