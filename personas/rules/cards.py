"""What would flip the criteria that cards decide: payments, days without interest, minimums."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import floor
from typing import Any

from personas.catalogue import Type
from personas.rules.goals import Goal, rounded
from personas.rules.objects import at, number
from personas.rules.situation import Remedy, Situation, joined, smallest, step
from personas.rules.wording import cents, money

HIGH, CALM = 50, 30  # percent of the limit, as the signals themselves define high and below 30
NEAR_MINIMUM, OVER_MINIMUM = Decimal("1.1"), Decimal(5)


def _label(card: Mapping[str, Any]) -> str:
    if card.get("mask"):
        return f"card ending {card['mask']}"
    return f"card {card['name']}" if card.get("name") else "card"


def _below(card: Mapping[str, Any], percent: int, currency: str) -> Remedy | None:
    """What brings one card below this share of its limit."""
    balance, limit = number(card.get("balance")), number(card.get("limit"))
    if balance is None or limit is None or limit <= 0:
        return None

    def use(paid: int) -> Decimal:
        return rounded(Fraction(max(abs(balance) - paid, Decimal(0))) * 100 / Fraction(limit), Type.PERCENT)

    paid = smallest(lambda paid: use(paid) < percent)
    if use(0) < percent or paid is None:
        return None
    said = f"Paying about {money(Decimal(paid), currency)} on the {_label(card)}"
    paying = step(card.get("account_id"), _label(card), paid, use(0), use(paid))
    return Remedy(f"{said} brings it below {percent} % of its limit.", (paying,))


def _cleared(card: Mapping[str, Any], currency: str) -> Remedy | None:
    """A card whose limit is not known is only below any share of it once nothing is owed."""
    balance = number(card.get("balance"))
    if number(card.get("utilization_pct")) is not None or not balance:
        return None
    owed = abs(balance).to_integral_value(ROUND_CEILING)
    said = f"Paying about {money(owed, currency)} clears the {_label(card)}, whose limit is not known."
    return Remedy(said, (step(card.get("account_id"), _label(card), owed, None, None),))


def high_cards(goal: Goal, situation: Situation) -> Remedy | None:
    if not goal.reached(False):
        return None
    found = [_below(card, HIGH, situation.currency) for card in situation.listed("credit.cards")]
    return joined([one for one in found if one])


def cards_not_below(goal: Goal, situation: Situation) -> Remedy | None:
    """As many cards as are too many, those first that need the least."""
    count, currency = situation.number(goal.criterion.signal.path), situation.currency
    cards = [
        found
        for card in situation.listed("credit.cards")
        if (found := _below(card, CALM, currency) or _cleared(card, currency))
    ]
    if count is None:
        return None
    enough = next((n for n in range(1, len(cards) + 1) if goal.reached(count - n)), None)
    if enough is None:
        return None
    cheapest = sorted(cards, key=lambda one: one.steps[0]["amount"])[:enough]
    return joined([one for one in cards if one in cheapest])


def interest(goal: Goal, situation: Situation) -> Remedy | None:
    """The last charge leaves the window on the day that is as many days after it as the window is long."""
    if not goal.reached(False):
        return None
    window, as_of, last = situation.window_days, situation.day("meta.as_of"), situation.day("credit.last_interest_on")
    if not (last and as_of):
        charged = situation.number("credit.interest_charged")
        told = f"; {cents(charged, situation.currency)} was charged in these {window}" if charged else ""
        return Remedy(f"At most {window} more days without an interest charge clear this{told}.")
    left = window - (as_of - last).days
    days, verb = ("day", "clears") if left == 1 else ("days", "clear")
    amount = number(at(situation.signals, "credit.last_interest_amount"))
    of = f"{cents(amount, situation.currency)} on" if amount is not None else "on"
    so_far = f"the last was {of} {last}"
    return Remedy(f"{left} more {days} without an interest charge {verb} this; {so_far}.")


def overdue(goal: Goal, situation: Situation) -> Remedy | None:
    if not goal.reached(False):
        return None
    remedies = []
    for card in situation.listed("credit.cards"):
        if card.get("is_overdue") is not True:
            continue
        due = number(card.get("minimum_payment"))
        at_least = f"; at least {cents(due, situation.currency)} is due" if due else ""
        said = f"Bringing the {_label(card)} up to date clears this{at_least}."
        paying = (step(card.get("account_id"), _label(card), due, True, False),) if due else ()
        remedies.append(Remedy(said, paying))
    return joined(remedies)


def minimum_only(goal: Goal, situation: Situation) -> Remedy | None:
    if not goal.reached(False):
        return None
    remedies = []
    for card in situation.listed("credit.cards"):
        minimum = number(card.get("minimum_payment"))
        if card.get("minimum_payment_only") is not True or not minimum:
            continue
        seen_in_rows = card.get("minimum_payment_basis") == "ledger"
        near = minimum * NEAR_MINIMUM if seen_in_rows else max(minimum * NEAR_MINIMUM, minimum + OVER_MINIMUM)
        limit = Decimal(floor(near * 100)) / 100
        payment, verb = ("Payments", "clear") if seen_in_rows else ("A payment", "clears")
        above = f"{payment} above {cents(limit, situation.currency)} on the {_label(card)}"
        said = f"{above}, instead of the minimum of {cents(minimum, situation.currency)}, {verb} this."
        paying = step(card.get("account_id"), _label(card), int(limit) + 1, True, False)
        remedies.append(Remedy(said, (paying,)))
    return joined(remedies)
