"""What would flip a criterion: the smallest whole amount after which the recomputed signal shows it."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from personas.catalogue import Type
from personas.rules import cards
from personas.rules.document import Op
from personas.rules.goals import DOWNWARD, UPWARD, Goal, rounded
from personas.rules.situation import Remedy, Situation, smallest, step
from personas.rules.wording import amount, cents, money, plain, toward


def remedy(goal: Goal, situation: Situation) -> Remedy | None:
    """None where no amount or day can be named for this signal and direction."""
    known = REMEDIES.get(goal.criterion.signal.path)
    return known(goal, situation) if known else None


def _buffer(goal: Goal, situation: Situation) -> Remedy | None:
    balance, spend = situation.number("income.checking_balance"), situation.monthly_spend
    if goal.op not in UPWARD or balance is None or not spend:
        return None

    def buffer(more: int) -> Decimal:
        return rounded((Fraction(balance) + more) / spend, Type.MONTHS)

    more = smallest(lambda more: goal.reached(buffer(more)))
    if more is None:
        return None
    reach = toward(goal, f"{_bound(goal, situation)} of spending")
    said = f"Keeping about {_whole(more, situation)} more in checking brings the buffer {reach}."
    return Remedy(said, (step(None, "checking", more, buffer(0), buffer(more)),))


def _count(goal: Goal, situation: Situation) -> Remedy | None:
    count = situation.number(goal.criterion.signal.path)
    if goal.op not in DOWNWARD or count is None:
        return None
    ended = next((n for n in range(1, int(count) + 1) if goal.reached(count - n)), None)
    if ended is None:
        return None
    said = f"Ending {ended} of {plain(count)} subscriptions leaves {plain(count - ended)}"
    largest = situation.largest_subscription
    if largest:
        name, monthly = largest
        said += f"; the largest is {name} at {cents(monthly, situation.currency)} a month"
    return Remedy(f"{said}.")


def _recurring(goal: Goal, situation: Situation) -> Remedy | None:
    monthly = situation.number(goal.criterion.signal.path)
    if goal.op not in DOWNWARD or monthly is None:
        return None
    less = smallest(lambda less: goal.reached(monthly - less))
    if less is None or less > monthly:
        return None
    now, reach = cents(monthly, situation.currency), toward(goal, _bound(goal, situation))
    return Remedy(f"Subscriptions cost {now} a month; {_whole(less, situation)} less brings them {reach}.")


def _share(goal: Goal, situation: Situation) -> Remedy | None:
    """What is cut from subscriptions is taken to be spent on something else, so that spending stays."""
    monthly, spend = situation.number("subscriptions.monthly_recurring_spend"), situation.monthly_spend
    if goal.op not in DOWNWARD or monthly is None or not spend:
        return None
    less = smallest(lambda less: goal.reached(rounded((Fraction(monthly) - less) * 100 / spend, Type.PERCENT)))
    if less is None or less > monthly:
        return None
    reach = toward(goal, _bound(goal, situation))
    return Remedy(f"Cutting {_whole(less, situation)} a month brings them {reach} of spending.")


def _growth(goal: Goal, situation: Situation) -> Remedy | None:
    """More savings raise the balance and the flow alike, so what the window began with stays."""
    balance = situation.number("savings.total_savings_balance")
    inflow = situation.number("savings.net_savings_inflow")
    if goal.op not in UPWARD or balance is None or inflow is None:
        return None
    flow = Fraction(inflow) * situation.days / 30
    start = Fraction(balance) - flow

    def growth(more: int) -> Decimal:
        if start <= 0:
            return Decimal("100.00") if flow + more > 0 else Decimal("0.00")
        return rounded((flow + more) * 100 / start, Type.PERCENT)

    more = smallest(lambda more: goal.reached(growth(more)))
    if more is None:
        return None
    period = "this month" if situation.window_days == 30 else f"in these {situation.window_days} days"
    reach = toward(goal, _bound(goal, situation))
    said = f"About {_whole(more, situation)} more in savings {period} brings growth {reach}."
    return Remedy(said, (step(None, "savings", more, growth(0), growth(more)),))


def _inflow(goal: Goal, situation: Situation) -> Remedy | None:
    inflow = situation.number(goal.criterion.signal.path)
    if goal.op not in UPWARD or inflow is None:
        return None
    more = smallest(lambda more: goal.reached(inflow + more))
    if more is None:
        return None
    reach = toward(goal, _bound(goal, situation))
    said = f"Setting aside {_whole(more, situation)} more a month brings the inflow {reach}."
    return Remedy(said, (step(None, "savings", more, inflow, inflow + more),))


def _fund(goal: Goal, situation: Situation) -> Remedy | None:
    covered = situation.number(goal.criterion.signal.path)
    spend = situation.number("spending.monthly_spend_90d")
    balance = situation.number("savings.total_savings_balance")
    if goal.op not in UPWARD or covered is None or balance is None or not spend:
        return None
    # Health savings count in the total and not in the fund: then the fund itself says what it holds.
    whole = rounded(Fraction(balance) / Fraction(spend), Type.MONTHS) == covered
    held = Fraction(balance) if whole else Fraction(covered) * Fraction(spend)

    def fund(more: int) -> Decimal:
        return rounded((held + more) / Fraction(spend), Type.MONTHS)

    more = smallest(lambda more: goal.reached(fund(more)))
    if more is None:
        return None
    than = "more than " if goal.op is Op.ABOVE else ""
    covers = f"covers {than}{_bound(goal, situation)} of spending"
    said = f"About {_whole(more, situation)} more in savings {covers}."
    return Remedy(said, (step(None, "savings", more, fund(0), fund(more)),))


def _whole(dollars: int, situation: Situation) -> str:
    return money(Decimal(dollars), situation.currency)


def _bound(goal: Goal, situation: Situation) -> str:
    return amount(goal.criterion.signal, goal.bound, situation.currency)


REMEDIES: dict[str, Callable[[Goal, Situation], Remedy | None]] = {
    "credit.any_card_high_util": cards.high_cards,
    "credit.cards_not_below_30": cards.cards_not_below,
    "credit.any_interest_charges": cards.interest,
    "credit.any_overdue": cards.overdue,
    "credit.any_minimum_payment_only": cards.minimum_only,
    "income.cash_flow_buffer_months": _buffer,
    "subscriptions.recurring_merchant_count": _count,
    "subscriptions.monthly_recurring_spend": _recurring,
    "subscriptions.subscription_share_pct": _share,
    "savings.savings_growth_rate_pct": _growth,
    "savings.net_savings_inflow": _inflow,
    "savings.emergency_fund_months": _fund,
}
