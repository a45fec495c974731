"""The awkward people: sixteen named ways in which a statement is not what one expects."""

from enum import StrEnum


class Awkward(StrEnum):
    SEVERAL_CARDS = "several_cards"
    NO_CARD = "no_card"
    NO_LIMIT = "no_limit"
    OVER_LIMIT = "over_limit"
    NEGATIVE_CHECKING = "negative_checking"
    NO_SAVINGS_LEDGER = "no_savings_ledger"
    IRREGULAR_INCOME = "irregular_income"
    TWO_PAYROLLS = "two_payrolls"
    WEEKLY_SUBSCRIPTIONS = "weekly_subscriptions"
    PRICE_RISES = "price_rises"
    CANCELLED_SUBSCRIPTIONS = "cancelled_subscriptions"
    REFUNDS = "refunds"
    PENDING_ROWS = "pending_rows"
    FUTURE_ROWS = "future_rows"
    ACCOUNTS_ONLY = "accounts_only"
    OTHER_CURRENCY = "other_currency"
