"""What is said to a question: sentences from templates, each figure from a fact that is cited."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from recommendations.conversation import holdings, profile, spending
from recommendations.conversation.draft import Draft
from recommendations.conversation.intents import Intent, Refusal
from recommendations.conversation.known import Fact, Known
from recommendations.conversation.questions import Question

HELP = (
    "I can tell you about your own money: what you spent in total, by category or at a merchant, your largest "
    "transactions, subscriptions, card utilization, interest, savings, emergency fund and income, why you have your "
    "profile and what would change it, your recommendations, and how recent your data are."
)
NOTHING_YET = "I have no transactions of yours to look at yet. Once a statement is loaded, I can answer."
CANNOT_SAY = "I cannot answer that in words that keep to our rules. Ask about your own spending, cards or savings."
REFUSALS = {
    Refusal.INSTRUCTIONS: "I only answer questions about your own money, whatever I am told to be or to ignore.",
    Refusal.OTHERS: "I only know your own data, and I tell nobody about anybody else's.",
    Refusal.SECURITIES: "I do not speak about investments. A licensed advisor can.",
    Refusal.TAX: "I do not give tax advice. A tax professional can.",
    Refusal.LEGAL: "I do not give legal advice. A lawyer can.",
    Refusal.ACT: "I can only tell you about your money; I change, move and cancel nothing.",
    Refusal.ADVICE: "I do not tell people what to do with their money. I can show you your numbers and what they mean.",
}


@dataclass(frozen=True)
class Answer:
    text: str
    facts: tuple[Fact, ...] = ()


def told(question: Question, known: Known | None) -> Answer:
    if question.refusal:
        return Answer(REFUSALS[question.refusal])
    if question.intent is Intent.HELP:
        return Answer(HELP)
    if known is None:
        return Answer(NOTHING_YET)
    draft = Draft(known)
    sentences = _BY_INTENT[question.intent](draft, question)
    return Answer(" ".join(sentences), tuple(dict.fromkeys(draft.facts)))


_BY_INTENT: dict[Intent, Callable[[Draft, Question], Iterable[str]]] = {
    Intent.SPENDING_TOTAL: spending.total,
    Intent.SPENDING_BY_CATEGORY: spending.by_category,
    Intent.MERCHANT_SPEND: spending.merchant,
    Intent.LARGEST_TRANSACTIONS: spending.largest,
    Intent.SUBSCRIPTIONS: holdings.subscriptions,
    Intent.CREDIT_UTILIZATION: holdings.credit,
    Intent.INTEREST: holdings.interest,
    Intent.SAVINGS: holdings.savings,
    Intent.EMERGENCY_FUND: holdings.emergency,
    Intent.INCOME: holdings.income,
    Intent.PERSONA_WHY: profile.persona_why,
    Intent.PERSONA_CHANGE: profile.persona_change,
    Intent.RECOMMENDATIONS: profile.recommendations,
    Intent.DATA_STATUS: profile.data_status,
}
