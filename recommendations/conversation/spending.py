"""Answers about what was spent in the days that a question means."""

from recommendations.conversation.draft import LISTED, Draft, listed, named
from recommendations.conversation.known import Spent
from recommendations.conversation.periods import Period
from recommendations.conversation.questions import Question
from recommendations.facts import day, percent

IN_WORDS = {
    "fee": "fees",
    "fuel": "fuel",
    "interest": "interest",
    "loan": "loans",
    "other": "other things",
    "subscription": "subscriptions",
    "tax": "taxes",
}


def total(draft: Draft, question: Question) -> list[str]:
    spent = draft.known.of_rows
    if spent.period is None or not spent.count:
        return _no_rows(draft, spent)
    words, window = _period(draft, spent.period), spent.period.window
    total = draft.money("spending.total", "Spending", spent.total, window)
    return [f"You spent {total} {words}, in {_times(draft, 'spending.count', spent.count, window)}."]


def by_category(draft: Draft, question: Question) -> list[str]:
    spent = draft.known.of_rows
    if spent.period is None or not spent.count:
        return _no_rows(draft, spent)
    words, window = _period(draft, spent.period), spent.period.window
    if question.flow:
        name, one = (
            _category(question.flow.value),
            next((s for s in spent.by_category if s.name == question.flow), None),
        )
        if one is None:
            return [f"You spent nothing on {name} {words}."]
        amount = draft.money(f"spending.{one.name}", name.capitalize(), one.amount, window)
        times = _times(draft, f"spending.{one.name}.count", one.count, window)
        share = draft.cite(f"spending.{one.name}.share_pct", "Share", percent(one.amount * 100 / spent.total), window)
        return [f"You spent {amount} on {name} {words}, in {times}; that is {share} of your spending."]
    total = draft.money("spending.total", "Spending", spent.total, window)
    parts = [
        f"{draft.money(f'spending.{one.name}', _category(one.name).capitalize(), one.amount, window)} on"
        f" {_category(one.name)}"
        for one in spent.by_category[:LISTED]
    ]
    return [f"You spent {total} {words}: {listed(parts)}."]


def merchant(draft: Draft, question: Question) -> list[str]:
    spent = draft.known.of_rows
    if spent.period is None:
        return _no_rows(draft, spent)
    words, window = _period(draft, spent.period), spent.period.window
    if question.merchant is None:
        return [f"Among what you spent {words} I find no merchant of that name."]
    name = named(question.merchant)
    one = next((one for one in spent.by_merchant if one.name == question.merchant), None)
    draft.cite("merchants.name", "Merchant", name, window)
    if one is None:
        return [f"You spent nothing at {name} {words}."]
    amount = draft.money("merchants.amount", name, one.amount, window)
    return [f"You spent {amount} at {name} {words}, in {_times(draft, 'merchants.count', one.count, window)}."]


def largest(draft: Draft, question: Question) -> list[str]:
    spent = draft.known.of_rows
    if spent.period is None or not spent.count:
        return _no_rows(draft, spent)
    words, window = _period(draft, spent.period), spent.period.window
    parts = []
    for n, one in enumerate(spent.largest[: question.count], 1):
        name = named(one.merchant)
        on = draft.cite(f"transactions.{n}.date", name, day(one.on), window)
        parts.append(f"{draft.money(f'transactions.{n}.amount', name, one.amount, window)} at {name} on {on}")
    said = "Your largest transaction" if len(parts) == 1 else "Your largest transactions"
    return [f"{said} {words}: {listed(parts)}."]


def _no_rows(draft: Draft, spent: Spent) -> list[str]:
    if spent.period:
        return [f"You spent nothing {_period(draft, spent.period)} that I know of."]
    first = draft.cite("data.first", "First day at hand", day(spent.first))
    last = draft.cite("data.as_of", "Last day", day(draft.known.person.as_of))
    return [f"I can look at the days from {first} to {last}; the ones you ask about are not among them."]


def _period(draft: Draft, period: Period) -> str:
    return draft.cite("period", "Days meant", period.words, period.window)


def _times(draft: Draft, point: str, count: int, window: str) -> str:
    return f"{draft.cite(point, 'Transactions', f'{count:,}', window)} transaction{'' if count == 1 else 's'}"


def _category(flow: str) -> str:
    return IN_WORDS.get(flow, flow)
