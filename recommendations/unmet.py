"""Why something was not for somebody, as a sentence to that person."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from personas.catalogue import Type
from personas.rules import Persona
from personas.rules.wording import plain
from recommendations.explaining import written
from recommendations.facts import ASKED

# Who is meant, and what is so for the one who asks.
MEANT: dict[str, tuple[str, str]] = {
    "accounts.count": ("who have connected {} accounts", "you have connected {}"),
    "credit.aggregate_utilization_pct": ("whose cards together use {} of their limits", "yours use {}"),
    "credit.cards_not_below_30": ("with {} cards at 30 % of their limit or above", "you have {}"),
    "credit.highest_card_utilization_pct": ("whose fullest card uses {} of its limit", "yours uses {}"),
    "credit.interest_charged": ("who were charged {} of interest", "you were charged {}"),
    "credit.interest_monthly": ("who are charged {} of interest a month", "you are charged {}"),
    "credit.num_credit_cards": ("with {} credit cards", "you have {}"),
    "income.cash_flow_buffer_months": ("whose checking covers {} of spending", "yours covers {}"),
    "income.income_variability_pct": ("whose deposits vary by {}", "yours vary by {}"),
    "income.median_pay_gap_days": ("whose paydays lie {} days apart", "yours lie {} apart"),
    "income.monthly_income": ("whose income is {} a month", "yours is {}"),
    "profile.monthly_income": ("whose income is {} a month", "yours is {}"),
    "savings.emergency_fund_months": ("whose emergency fund covers {}", "yours covers {}"),
    "savings.net_savings_inflow": ("whose savings grow by {} a month", "yours change by {}"),
    "savings.num_savings_accounts": ("with {} savings accounts", "you have {}"),
    "savings.savings_growth_rate_pct": ("whose savings grow by {}", "yours change by {}"),
    "savings.total_savings_balance": ("whose savings are {}", "yours are {}"),
    "subscriptions.monthly_recurring_spend": ("whose subscriptions cost {} a month", "yours cost {}"),
    "subscriptions.recurring_merchant_count": ("with {} active subscriptions", "you have {}"),
    "subscriptions.subscription_share_pct": ("whose subscriptions take {} of spending", "yours take {}"),
}
SO: dict[str, tuple[str, str]] = {
    "accounts.has_checking": ("without a checking account", "with a checking account"),
    "credit.any_card_high_util": ("with no card at 50 % of its limit", "with a card at 50 % of its limit or above"),
    "credit.any_interest_charges": ("who were charged no interest", "who were charged interest"),
    "credit.any_minimum_payment_only": (
        "who pay more than the minimum",
        "with a card that is paid with its minimum only",
    ),
    "credit.any_overdue": ("of whom no card is overdue", "of whom a card is overdue"),
}
REACHED = frozenset({"savings.emergency_fund_months", "income.cash_flow_buffer_months"})  # "covers" means at least
SIDES = {">=": "{} or more", ">": "more than {}", "<=": "{} or less", "<": "less than {}", "==": "exactly {}"}

OUTCOMES = {
    "live": "You have this already, among your recommendations.",
    "waiting": "This was proposed for you, and somebody at your institution reads it first.",
    "offered": "This fits you: it is proposed when your data are looked at next.",
    "not_servable": "This is shown to nobody at the moment.",
    "rejected_recently": "Somebody at your institution decided that this is not for you at present; "
    "for 90 days it is not proposed again.",
    "consent_missing": "This is shown to people who agreed to partner offers; you have not.",
    "product_type_unknown": "This kind of product is shown to nobody.",
    "predatory_product": "This kind of product is shown to nobody.",
    "already_held": "This is shown to people who do not have such a product; you have one.",
    "income_unknown": "This is shown to people whose income is known; yours is neither stated nor seen.",
    "rationale_unavailable": "Too little is known of you to say why you would see this.",
    "guardrail_failed": "What would be said of it to you does not pass our rules for texts.",
    "too_few": "This fits you, but too little else does: fewer than 3 items are not shown.",
}


def of_criteria(checks: Iterable[Mapping[str, Any]], currency: str) -> str:
    """Of what is not met the first: who is meant, and what is so for this person."""
    missed = next(one for one in checks if not one["met"])
    path, value = missed["signal"], missed["value"]
    if path in SO and isinstance(missed["threshold"], bool):
        who, so = SO[path][_wanted(missed)], "that is not known of you" if value is None else "that is not so for you"
        return f"This is shown to people {who}; {so}."
    named = path.partition(".")[2].removesuffix("_pct").replace("_", " ")
    who, yours = MEANT.get(path, (f"whose {named} is {{}}", "yours is {}"))
    told = "that is not known of you" if value is None else yours.format(_said(path, value, currency))
    return f"This is shown to people {who.format(_bound(missed, currency))}; {told}."


def of_overdue(value: Any) -> str:
    so = "one of yours is overdue" if value else "of yours that is not known"
    return f"This is shown to people whose cards are all paid in time; {so}."


def of_persona(suits: Iterable[str], own: str) -> str:
    names = sorted(Persona(slug).title_words for slug in suits)
    return f"This is shown to people whose profile is {' or '.join(names)}; yours is {Persona(own).title_words}."


def of_order(place: int, among: int, most: int) -> str:
    return f"Others fit you better: it stands at place {place} of {among}, and at most {most} are shown."


def _wanted(missed: Mapping[str, Any]) -> bool:
    return bool(missed["threshold"])


def _bound(missed: Mapping[str, Any], currency: str) -> str:
    path, threshold = missed["signal"], missed["threshold"]
    if isinstance(threshold, list | tuple):
        return " or ".join(_whole(path, one, currency) for one in threshold)
    text = _whole(path, threshold, currency)
    if (path in REACHED and missed["op"] == ">=") or isinstance(threshold, str):
        return text
    return SIDES[missed["op"]].format(text)


def _whole(path: str, value: Any, currency: str) -> str:
    """With its unit, where its sentence does not say it."""
    said = _said(path, value, currency)
    if path in ASKED and ASKED[path].type is Type.MONTHS:
        return f"{said} month" if said == "1" else f"{said} months"
    return said


def _said(path: str, value: Any, currency: str) -> str:
    if isinstance(value, Decimal | float | int) and not isinstance(value, bool) and ASKED[path].type is Type.MONTHS:
        return plain(Decimal(str(value)).quantize(Decimal("0.1")))
    if isinstance(value, str):
        return value.replace("_", " ")
    if isinstance(value, Decimal | float) and ASKED[path].type not in (Type.MONEY, Type.PERCENT):
        return plain(Decimal(str(value)))
    return str(written(path, value, currency))
