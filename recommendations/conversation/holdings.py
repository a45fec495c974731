"""Answers about what a person holds, owes, earns and pays again and again."""

from recommendations.conversation.draft import LISTED, Draft, back, decimal, listed, named
from recommendations.conversation.questions import Question
from recommendations.facts import day, percent


def subscriptions(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    window = person.window_of("subscriptions")
    count = person.values["subscriptions.recurring_merchant_count"] or 0
    said = draft.cite("subscriptions.recurring_merchant_count", "Active subscriptions", str(count), window)
    if not count:
        return [f"I see {said} active subscriptions."]
    monthly = draft.signal("subscriptions.monthly_recurring_spend")
    share = draft.signal("subscriptions.subscription_share_pct")
    merchants = sorted(
        (one for one in person.signals[window]["subscriptions"].get("merchants", ()) if one["active"]),
        key=lambda one: (-decimal(one["amount"]), one["name"]),
    )
    parts = [
        f"{named(one['name'])} ({draft.money('subscriptions.merchants', named(one['name']), one['amount'], window)})"
        for one in merchants[:LISTED]
    ]
    noun = "subscription" if count == 1 else "subscriptions"
    first = f"You have {said} active {noun}, together {monthly} a month, which is {share} of your spending."
    return [first, f"By their monthly amount: {listed(parts)}."] if parts else [first]


def credit(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    window = person.window_of("credit")
    cards = person.signals[window]["credit"].get("cards", ())
    sentences = []
    for card in sorted(cards, key=lambda one: (-decimal(one["utilization_pct"] or 0), str(one["account_id"])))[:LISTED]:
        if card["utilization_pct"] is None or card["balance"] is None or card["limit"] is None:
            continue
        name = named(f"{card['name']} ending {card['mask']}" if card["mask"] else card["name"])
        point = f"credit.cards.{card['mask'] or card['account_id']}"
        used = draft.cite(f"{point}.utilization_pct", name, percent(decimal(card["utilization_pct"])), window)
        balance = draft.money(f"{point}.balance", name, card["balance"], window)
        limit = draft.money(f"{point}.limit", name, card["limit"], window)
        sentences.append(f"Your {name} is at {used} of its limit ({balance} of {limit}).")
    if len(sentences) > 1:
        sentences.append(f"Together your cards use {draft.signal('credit.aggregate_utilization_pct')} of their limits.")
    return sentences or ["I know no credit card of yours with both a balance and a limit."]


def interest(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    window = back(draft, person.window_of("credit"))
    if not person.values["credit.any_interest_charges"]:
        return [f"You were charged no interest {window}."]
    return [f"You were charged {draft.signal('credit.interest_charged')} of interest {window}."]


def savings(draft: Draft, question: Question) -> list[str]:
    balance = draft.signal("savings.total_savings_balance")
    if balance is None:
        return ["I know no savings account of yours with a balance."]
    sentences = [f"Your savings are {balance}."]
    if inflow := draft.signal("savings.net_savings_inflow"):
        sentences.append(f"They change by {inflow} a month.")
    growth = draft.known.person.values.get("savings.savings_growth_rate_pct")
    if growth is not None:
        window = draft.known.person.window_of("savings")
        said = draft.cite("savings.savings_growth_rate_pct", "Savings growth", percent(decimal(growth), 1), window)
        sentences.append(f"That is {said} {back(draft, window)}.")
    return sentences


def emergency(draft: Draft, question: Question) -> list[str]:
    months = draft.known.person.values.get("savings.emergency_fund_months")
    if months is None:
        return ["I cannot tell how long your savings would last: I know no savings balance, or no spending."]
    said = draft.cite("savings.emergency_fund_months", "Emergency fund", f"{decimal(months):.1f}", "180d")
    balance = draft.signal("savings.total_savings_balance")
    return [f"Your savings of {balance} cover about {said} months of your usual spending."]


def income(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    monthly = draft.signal("income.monthly_income")
    if monthly is None:
        return ["I see no income in your transactions."]
    sentences = [f"Your income comes to {monthly} a month."]
    if (on := person.values.get("income.last_pay_date")) is not None:
        paid = draft.cite("income.last_pay_date", "Last payday", day(on), person.window_of("income"))
        sentences.append(f"You were last paid on {paid}.")
    if (gap := person.values.get("income.median_pay_gap_days")) is not None:
        days = draft.cite("income.median_pay_gap_days", "Days between paydays", f"{decimal(gap):.0f}", "180d")
        sentences.append(f"Paydays lie about {days} days apart.")
    return sentences
