"""Enough values of a signal for the linter: those that thresholds and bindings can tell apart."""

from collections.abc import Iterable
from decimal import Decimal

from personas.catalogue import CATALOGUE, Type
from personas.rules.goals import Value, around, step_of

Known = Value | None

# Where a binding changes what it says; a signal that is compared with another shares its values.
CUTS: dict[str, tuple[int, ...]] = {
    "credit.num_credit_cards": (1, 2),
    "credit.cards_not_below_30": (1,),
    "credit.highest_card_utilization_pct": (30, 50),
    "income.deposit_count": (2,),
    "income.payday_count": (2, 4),
    "income.median_pay_gap_days": (6, 8, 12, 15, 16, 18, 25, 35),
    "income.income_variability_pct": (10, 20),
    "savings.num_savings_accounts": (1,),
    "savings.emergency_fund_months": (1, 3, 6),
}
COMPARED = (
    ("credit.aggregate_utilization_pct", "credit.highest_card_utilization_pct"),
    ("credit.num_credit_cards", "credit.cards_not_below_30"),
    ("credit.interest_charged", "credit.interest_monthly"),
    ("credit.total_credit_limit", "credit.total_credit_available"),
    ("income.deposit_count", "income.payday_count"),
    ("spending.spend_total", "spending.monthly_spend"),
)
STEPS = {"income.median_pay_gap_days": Decimal("0.5")}  # a median of whole days


def values(path: str, thresholds: Iterable[Decimal]) -> tuple[Known, ...]:
    """Plain values first; null last, where the signal may be missing."""
    signal = CATALOGUE[path]
    absent = (None,) if signal.nullable else ()
    if signal.type is Type.FLAG:
        return (False, True, *absent)
    if signal.type is Type.WORD:
        return (*signal.words, *absent)
    step = STEPS.get(path, step_of(signal))
    edges = [Decimal(edge) for edge in (signal.low, signal.high, 0, *CUTS.get(path, ())) if edge is not None]
    near = {one for edge in (*edges, *thresholds) for one in around(edge, step)}
    low, high = signal.low, signal.high
    inside = (one for one in near if (low is None or one >= low) and (high is None or one <= high))
    return (*sorted(inside, key=lambda one: (one < 0, abs(one))), *absent)


def compared_with(path: str) -> frozenset[str]:
    """The signal itself and the one whose thresholds it shares."""
    return frozenset(one for pair in COMPARED if path in pair for one in pair) | {path}
