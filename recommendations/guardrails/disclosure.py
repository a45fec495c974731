"""The sentences that every item carries, verbatim."""

from accounts.words import Word

DISCLOSURE = "This is educational content, not financial advice. Consult a licensed advisor for personalized guidance."
PAID = "SpendSense may be paid if you take up this offer."


class Disclosed(Word):
    CREDIT = "credit"
    LOAN = "loan"
    SAVINGS = "savings"
    INVESTMENT = "investment"
    NONE = "none"


LINES = {
    Disclosed.CREDIT: "Interest and fees apply; the issuer's terms decide.",
    Disclosed.LOAN: "Borrowing has a cost; the lender's terms decide.",
    Disclosed.SAVINGS: "Rates can change.",
    Disclosed.INVESTMENT: "Investments can lose value.",
}
SENTENCES = (DISCLOSURE, PAID, *LINES.values())


def disclosure(*, offer: bool, kind: str | None, note: str | None = None) -> str:
    """What stands under an item; a house voice may add a note and takes nothing away."""
    line = LINES.get(Disclosed(kind)) if kind in Disclosed.values() else None
    return " ".join(filter(None, [DISCLOSURE, PAID if offer else None, line, note]))


def disclosed(text: str, *, offer: bool, kind: str | None, note: str | None = None) -> bool:
    return text == disclosure(offer=offer, kind=kind, note=note)
