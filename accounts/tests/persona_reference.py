"""Signals and personas of one person in plain Python, read off the specification: an oracle to check by.

It knows no corrections and measures only what the rules of version 1 read.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import mean, median, stdev

from accounts.tests.class_reference import holds
from accounts.tests.person_reference import DAY, Person, Row, Signals, rounded
from accounts.tests.subscription_reference import subscriptions


def measure(person: Person, window: int) -> Signals:
    signals = {"days_covered": person.days_covered, "monthly_spend": rounded(person.monthly_spend(window))}
    for part in (credit, income, subscriptions, savings):
        signals |= {f"{part.__name__}.{name}": value for name, value in part(person, window).items()}
    return signals


def credit(person: Person, window: int) -> Signals:
    cards, known, owed, limits, not_below_30 = person.of("card"), [], 0, 0, 0
    for card in cards:
        balance, limit = card["balance_cents"], card["limit_cents"]
        if balance is None or limit is None or limit <= 0:
            not_below_30 += balance != 0
            continue
        use = rounded(Fraction(abs(balance) * 100, limit))
        known.append(use)
        owed, limits = owed + abs(balance), limits + limit
        not_below_30 += use >= 30
    interest = [
        row
        for row in person.within(window)
        if row["cents"] < 0
        and row["flow"] == "interest"
        and (
            row["kind"] == "card"
            or (row["kind"] == "checking" and row["category_detailed"] == "BANK_FEES_INTEREST_CHARGE")
        )
    ]
    due = [
        (card, person.liabilities[card["external_id"]]) for card in cards if card["external_id"] in person.liabilities
    ]
    return {
        "aggregate_utilization_pct": rounded(Fraction(owed * 100, limits)) if known else None,
        "any_card_high_util": any(use >= 50 for use in known),
        "cards_not_below_30": not_below_30,
        "any_interest_charges": bool(interest),
        "any_overdue": any(_overdue(liability, person.as_of) for _, liability in due),
        "any_minimum_payment_only": any(_minimum_only(person, card, liability) for card, liability in due),
    }


def _overdue(liability: Row, as_of: date) -> bool:
    if liability["is_overdue"] is not None:
        return liability["is_overdue"]
    due, paid = liability["next_payment_due_date"], liability["last_payment_date"]
    return due is not None and paid is not None and due < as_of and paid < due - 25 * DAY


def _minimum_only(person: Person, card: Row, liability: Row) -> bool:
    minimum, paid = liability["minimum_payment_cents"], liability["last_payment_cents"]
    if not minimum or minimum < 0:
        return False
    if paid is not None:
        statement = liability["last_statement_cents"]
        small = paid > 0 and (paid * 10 <= minimum * 11 or paid <= minimum + 500)
        return small and (statement is None or paid < statement)
    last = [
        row["cents"]
        for row in person.within(120)
        if row["account_external_id"] == card["external_id"] and row["cents"] > 0
    ][-3:]
    return sum(abs(cents - minimum) * 10 <= minimum for cents in last) >= 2


def income(person: Person, window: int) -> Signals:
    lookback = person.within(max(window, 180))
    inflows = [
        row
        for row in lookback
        if row["cents"] > 0 and row["kind"] in ("checking", "savings") and row["flow"] != "transfer"
    ]
    plain = Counter(row["merchant_key"] for row in inflows if _uncategorised(row) and row["cents"] >= 10_000)
    deposits = [
        row
        for row in inflows
        if row["flow"] == "income"
        or (_uncategorised(row) and row["cents"] >= 10_000 and plain[row["merchant_key"]] >= 3)
    ]
    days = sorted({row["date"] for row in deposits})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    gap = rounded(Fraction(median(gaps)), 1) if gaps else None
    amounts = [row["cents"] for row in deposits]
    variability = stdev(amounts) / mean(amounts) * 100 if len(amounts) > 1 else 0.0
    balances = [a["balance_cents"] for a in person.of("checking") if a["balance_cents"] is not None]
    spend = person.monthly_spend(window)
    return {
        "median_pay_gap_days": gap,
        "payment_frequency": frequency(days, gap),
        "income_variability_pct": rounded(Fraction(variability + 1e-9)),
        "cash_flow_buffer_months": rounded(Fraction(sum(balances), 100) / spend) if balances and spend else None,
    }


def _uncategorised(row: Row) -> bool:
    return not row["category_primary"] and not row["category_detailed"]


def frequency(days: list[date], gap: Decimal | None) -> str:
    if gap is None:
        return "unknown"
    if 6 <= gap <= 8:
        return "weekly"
    if 25 <= gap <= 35:
        return "monthly"
    if not 12 <= gap <= 18:
        return "irregular"
    if gap == 15 or (len(days) >= 4 and _two_spans({day.day for day in days})):
        return "semi_monthly"
    return "biweekly" if gap <= 16 else "irregular"


def _two_spans(days_of_month: set[int]) -> bool:
    """Whether two spans of at most 4 days hold all the days: the first begins at the smallest day."""
    rest = [day for day in sorted(days_of_month) if day > min(days_of_month) + 3]
    return not rest or rest[-1] - rest[0] <= 3


def savings(person: Person, window: int) -> Signals:
    held = person.of("savings")
    if not held:
        return dict.fromkeys(("net_savings_inflow", "savings_growth_rate_pct", "emergency_fund_months", "inferred"))
    inferred = not any(row["kind"] == "savings" for row in person.rows)
    if inferred:
        flow = -sum(
            row["cents"]
            for row in person.within(window)
            if row["kind"] == "checking" and (row["flow"] == "transfer" or holds(row["merchant"], "savings"))
        )
    else:
        flow = sum(row["cents"] for row in person.within(window) if row["kind"] == "savings")
    balances = [a["balance_cents"] for a in held if a["balance_cents"] is not None]
    start = sum(balances) - flow
    growth = Fraction(flow * 100, start) if start > 0 else Fraction(100 if flow > 0 else 0)
    fund = sum(a["balance_cents"] for a in held if a["balance_cents"] is not None and a["subtype"] != "hsa")
    spend = person.monthly_spend(90)
    return {
        "net_savings_inflow": rounded(Fraction(flow * 30, person.covered(window) * 100)),
        "savings_growth_rate_pct": rounded(growth) if balances else None,
        "inferred": inferred,
        "emergency_fund_months": rounded(Fraction(fund, 100) / spend) if spend else None,
    }


def evaluate(signals: Signals) -> tuple[list[str], str]:
    """All matches in order and the strength of the first, by rule set 1; what is missing meets nothing."""

    def at_least(name: str, threshold: float) -> bool:
        return signals[name] is not None and signals[name] >= threshold

    def above(name: str, threshold: float) -> bool:
        return signals[name] is not None and signals[name] > threshold

    def below(name: str, threshold: Decimal | int) -> bool:
        return signals[name] is not None and signals[name] < threshold

    use, buffer, cv = (
        "credit.aggregate_utilization_pct",
        "income.cash_flow_buffer_months",
        "income.income_variability_pct",
    )
    count, share = "subscriptions.recurring_merchant_count", "subscriptions.subscription_share_pct"
    growth, inflow = "savings.savings_growth_rate_pct", "savings.net_savings_inflow"
    matched = {
        "high_utilization": any(
            signals[f"credit.{name}"]
            for name in (
                "any_card_high_util",
                "any_interest_charges",
                "any_overdue",
                "any_minimum_payment_only",
            )
        ),
        "variable_income_budgeter": below(buffer, 1)
        and (
            above("income.median_pay_gap_days", 45)
            or (signals["income.payment_frequency"] == "irregular" and at_least(cv, 30))
        ),
        "subscription_heavy": at_least(count, 3)
        and (at_least("subscriptions.monthly_recurring_spend", 50) or at_least(share, 10)),
        "savings_builder": (at_least(growth, 2) or at_least(inflow, 200))
        and signals["credit.cards_not_below_30"] == 0
        and (signals["savings.inferred"] is False or at_least("savings.emergency_fund_months", 3)),
    }
    tiers = {
        "high_utilization": (
            at_least(use, 70) or signals["credit.any_overdue"],
            at_least(use, 50) and signals["credit.any_interest_charges"],
        ),
        "variable_income_budgeter": (
            below(buffer, Decimal("0.5")) and above(cv, 30),
            below(buffer, 1) and above(cv, 20),
        ),
        "subscription_heavy": (
            at_least(count, 5) and at_least(share, 15),
            at_least(count, 3) and at_least(share, 10),
        ),
        "savings_builder": (
            at_least(growth, 5) and at_least(inflow, 400),
            at_least(growth, 2) or at_least(inflow, 200),
        ),
    }
    matches = [persona for persona, holds in matched.items() if holds]
    if not matches:
        return ["general_wellness"], "default"
    strong, moderate = tiers[matches[0]]
    return matches, "strong" if strong else "moderate" if moderate else "weak"
