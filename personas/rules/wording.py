"""The words of a counterfactual: amounts, distances, and what is so; never what somebody should do."""

from decimal import Decimal

from personas.catalogue import Signal, Type
from personas.rules.document import Op
from personas.rules.goals import Goal, Value

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
COUNTS = ("no", "one", "two", "three", "four", "five", "six")
FLAGS: dict[str, tuple[str, str]] = {
    "credit.any_card_high_util": (
        "No card uses 50 % of its limit or more.",
        "A card uses 50 % of its limit or more.",
    ),
    "credit.any_interest_charges": ("No interest was charged.", "Interest was charged."),
    "credit.any_overdue": ("No card is overdue.", "A card is overdue."),
    "credit.any_minimum_payment_only": (
        "No card is paid with its minimum only.",
        "A card is paid with its minimum only.",
    ),
    "savings.inferred": (
        "The statement of the savings account shows the transfers themselves.",
        "The statement of the savings account would show the transfers themselves.",
    ),
}
WORDS: dict[tuple[str, str], str] = {
    ("income.payment_frequency", "irregular"): "Income has no steady rhythm.",
    ("income.payment_frequency", "unknown"): "Too few paydays are known to see a rhythm.",
}
STATES: dict[str, str] = {
    "credit.num_credit_cards": "Cards known: {}",
    "credit.aggregate_utilization_pct": "All cards together use {} of their limits",
    "credit.highest_card_utilization_pct": "The fullest card uses {} of its limit",
    "credit.cards_not_below_30": "Cards not known to be below 30 % of their limit: {}",
    "income.median_pay_gap_days": "Income comes every {} days",
    "income.payment_frequency": "Income comes in a {} rhythm",
    "income.income_variability_pct": "Deposits vary by {}",
    "income.cash_flow_buffer_months": "Checking holds {} of spending",
    "subscriptions.recurring_merchant_count": "Active subscriptions: {}",
    "subscriptions.monthly_recurring_spend": "Subscriptions cost {} a month",
    "subscriptions.subscription_share_pct": "Subscriptions take {} of spending",
    "savings.savings_growth_rate_pct": "Savings change by {}",
    "savings.net_savings_inflow": "Savings change by {} a month",
    "savings.emergency_fund_months": "Savings cover {} of spending",
    "savings.emergency_fund_level": "The emergency fund is {}",
}
COUNTED = (Type.INT, Type.DAYS)


def plain(number: Decimal) -> str:
    """Grouped, and without zeros that say nothing."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Decimal, currency: str) -> str:
    """To the cent, or without cents where there are none in a threshold or a step."""
    sign = SIGNS.get(currency, f"{currency} ")
    places = 0 if amount == amount.to_integral_value() else 2
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{places}f}"


def cents(amount: Decimal, currency: str) -> str:
    return f"{'-' if amount < 0 else ''}{SIGNS.get(currency, f'{currency} ')}{abs(amount):,.2f}"


def months(number: Decimal) -> str:
    if number == number.to_integral_value() and 0 <= number < len(COUNTS):
        return f"{COUNTS[int(number)]} month{'' if number == 1 else 's'}"
    return f"{plain(number)} months"


def amount(signal: Signal, number: Decimal, currency: str) -> str:
    if signal.type is Type.MONEY:
        return money(number, currency)
    if signal.type is Type.MONTHS:
        return months(number)
    return f"{plain(number)} %" if signal.type is Type.PERCENT else plain(number)


def toward(goal: Goal, text: str) -> str:
    """`below 50 %`, `to $200`, `above one month`."""
    if goal.op is Op.BELOW:
        return f"below {text}"
    return f"above {text}" if goal.op is Op.ABOVE else f"to {text}"


def state(goal: Goal, value: Value, currency: str) -> str:
    """What is so, and which values would change the answer."""
    signal = goal.criterion.signal
    if isinstance(value, bool):
        said = FLAGS.get(signal.path)
        return said[value] if said else f"{_subject(signal)} {'holds' if value else 'does not hold'}."
    template = STATES.get(signal.path, f"{_subject(signal)} is {{}}")
    if isinstance(value, str):
        return WORDS.get((signal.path, value)) or f"{template.format(value.replace('_', '-'))}."
    verb = "clear" if not goal.met else "meet"
    ending = "" if signal.type in COUNTED and goal.op else "s"
    so = template.format(amount(signal, value, currency))
    return f"{so}; {_wanted(goal, currency)} {verb}{ending} this."


def _subject(signal: Signal) -> str:
    words = signal.name.removesuffix("_pct").replace("_", " ")
    return words[0].upper() + words[1:]


def _wanted(goal: Goal, currency: str) -> str:
    signal = goal.criterion.signal
    if goal.op is None:
        if not goal.met:
            return "any other value"
        listed = " or ".join(amount(signal, Decimal(str(one)), currency) for one in goal.thresholds)
        return f"exactly {listed}"
    less = "fewer" if signal.type in COUNTED else "less"
    patterns = {
        Op.AT_LEAST: "{} or more",
        Op.ABOVE: "more than {}",
        Op.AT_MOST: f"{{}} or {less}",
        Op.BELOW: f"{less} than {{}}",
    }
    return patterns[goal.op].format(amount(signal, goal.bound, currency))
