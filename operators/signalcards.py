"""What a person's signals look like at a glance: a card for each category, with its marks said in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

UNKNOWN = "not known"


@dataclass(frozen=True)
class Fact:
    """One value in words; the mark says in a word what its tone says in a colour."""

    label: str
    value: str
    mark: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Card:
    title: str
    facts: tuple[Fact, ...]
    not_enough: str = ""


Marked = Callable[[Any], tuple[str, str]]
PLAIN: tuple[str, str] = ("", "")


def cards(signals: Mapping[str, Mapping[str, Any]]) -> list[Card]:
    """Of the object that the contract shows of one window."""
    lacking = {one["category"]: one["sentence"] for one in signals["meta"].get("not_enough", ())}
    return [
        Card(title, tuple(_fact(signals[category], *asked) for asked in wanted), lacking.get(category, ""))
        for category, (title, wanted) in WANTED.items()
    ]


def used(value: Any) -> tuple[str, str]:
    return ("high", "red") if value >= 50 else ("raised", "amber") if value >= 30 else PLAIN


def _varies(value: Any) -> tuple[str, str]:
    return ("varies", "red") if value > 20 else PLAIN


def _thin(value: Any) -> tuple[str, str]:
    return ("under a month", "red") if value < 1 else PLAIN


def _funded(value: Any) -> tuple[str, str]:
    return ("three months or more", "green") if value >= 3 else PLAIN


def _heavy(value: Any) -> tuple[str, str]:
    return ("a tenth or more", "amber") if value >= 10 else PLAIN


def _grows(value: Any) -> tuple[str, str]:
    return ("grows", "green") if value >= 2 else PLAIN


def _yes_is_bad(value: Any) -> tuple[str, str]:
    return ("look here", "red") if value else PLAIN


def money(value: Any) -> str:
    return f"{Decimal(str(value)):,.2f}"


def _percent(value: Any) -> str:
    return f"{Decimal(str(value)):,.2f} %"


def _months(value: Any) -> str:
    return f"{value} months"


def _days(value: Any) -> str:
    return f"{float(value):g} days"


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value).replace("_", " ")


Asked = tuple[str, str, Callable[[Any], str], Marked]
NOTHING: Marked = lambda value: PLAIN  # noqa: E731
WANTED: dict[str, tuple[str, tuple[Asked, ...]]] = {
    "credit": (
        "Credit",
        (
            ("Use of all limits", "aggregate_utilization_pct", _percent, used),
            ("Highest card", "highest_card_utilization_pct", _percent, used),
            ("Interest a month", "interest_monthly", money, NOTHING),
            ("Interest charged", "any_interest_charges", plain, _yes_is_bad),
            ("Overdue", "any_overdue", plain, _yes_is_bad),
            ("Only minimum payments", "any_minimum_payment_only", plain, _yes_is_bad),
        ),
    ),
    "income": (
        "Income",
        (
            ("Income a month", "monthly_income", money, NOTHING),
            ("Rhythm", "payment_frequency", plain, NOTHING),
            ("Days between pay days", "median_pay_gap_days", _days, NOTHING),
            ("Variability", "income_variability_pct", _percent, _varies),
            ("Buffer", "cash_flow_buffer_months", _months, _thin),
            ("Last pay day", "last_pay_date", plain, NOTHING),
        ),
    ),
    "savings": (
        "Savings",
        (
            ("Balance", "total_savings_balance", money, NOTHING),
            ("Set aside a month", "net_savings_inflow", money, NOTHING),
            ("Growth", "savings_growth_rate_pct", _percent, _grows),
            ("Emergency fund", "emergency_fund_months", _months, _funded),
        ),
    ),
    "subscriptions": (
        "Subscriptions",
        (
            ("Active", "recurring_merchant_count", plain, NOTHING),
            ("Cost a month", "monthly_recurring_spend", money, NOTHING),
            ("Share of spending", "subscription_share_pct", _percent, _heavy),
            ("Ended", "inactive_merchant_count", plain, NOTHING),
        ),
    ),
    "spending": (
        "Spending",
        (
            ("In this window", "spend_total", money, NOTHING),
            ("A month", "monthly_spend", money, NOTHING),
            ("Rows", "transaction_count", plain, NOTHING),
            ("Days covered", "days_covered", plain, NOTHING),
        ),
    ),
}


def _fact(values: Mapping[str, Any], label: str, name: str, say: Callable[[Any], str], marked: Marked) -> Fact:
    value = values.get(name)
    if value is None:
        return Fact(label, UNKNOWN)
    mark, tone = marked(value)
    return Fact(label, say(value), mark, tone)
