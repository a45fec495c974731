"""Answers about where a person stands, what was recommended to them, and what their data reach."""

from personas.rules import FALLBACK, Persona
from recommendations.conversation.draft import LISTED, Draft, listed
from recommendations.conversation.questions import Question
from recommendations.explaining import label, written
from recommendations.facts import day


def persona_why(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    name = draft.cite("persona.primary", "Profile", Persona(person.primary).title_words)
    if person.primary == FALLBACK:
        return [f"Your profile is {name}, because your numbers fit none of the others at present."]
    reasons = []
    for one in person.assignment["criteria"]:
        if one["met"] and one["persona"] == person.primary:
            window = person.window_of(one["signal"].partition(".")[0])
            said = f"{label(one['signal'], person)}: {written(one['signal'], one['value'], person.currency)}"
            bound = written(one["signal"], one["threshold"], person.currency)
            reasons.append(draft.cite(one["signal"], "Rule", f"{said} (the rule says {one['op']} {bound})", window))
    return (
        [f"Your profile is {name}, because of this. {'; '.join(reasons)}."] if reasons else [f"Your profile is {name}."]
    )


def persona_change(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    name = draft.cite("persona.primary", "Profile", Persona(person.primary).title_words)
    change = person.assignment.get("counterfactual")
    if not change or not change["sentences"]:
        return [f"Your profile is {name}; another one would follow when your numbers fit it."]
    then = (
        draft.cite("persona.then", "Profile after it", Persona(change["then"]).title_words) if change["then"] else None
    )
    sentences = [draft.cite("persona.counterfactual", "What would change it", one) for one in change["sentences"]]
    said = [f"Your profile is {name}. This is the smallest change that would end it.", *sentences]
    if change["then"]:
        then = draft.cite("persona.then", "Profile after it", Persona(change["then"]).title_words)
        said.append(f"After that it would be {then}.")
    return said


def recommendations(draft: Draft, question: Question) -> list[str]:
    titles = draft.known.titles
    if not titles:
        return ["You have no recommendations at the moment."]
    count = draft.cite("recommendations.count", "Recommendations", str(len(titles)))
    parts = [f'"{draft.cite("recommendations.title", "Title", title)}"' for title in titles[:LISTED]]
    return [f"You have {count} recommendation{'' if len(titles) == 1 else 's'}: {listed(parts)}."]


def data_status(draft: Draft, question: Question) -> list[str]:
    person = draft.known.person
    rows = draft.cite("data.transactions", "Transactions", f"{person.inputs.get('transaction_count') or 0:,}")
    held = draft.cite("accounts.count", "Accounts", str(len(person.accounts)))
    until = draft.cite("data.as_of", "Last day", day(person.as_of))
    first = f"I know {rows} of your transactions in {held} of your accounts, to {until}."
    return [first, "A newer statement would say more about today."] if draft.known.stale else [first]
