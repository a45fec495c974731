"""What a person can agree to, and the text they agree to in each version."""

from accounts.words import Word


class Purpose(Word):
    ANALYSIS = "analysis"
    PARTNER_OFFERS = "partner_offers"
    NOTES = "notes"


CURRENT_VERSION = "1.0"
TEXTS: dict[tuple[Purpose, str], str] = {
    (Purpose.ANALYSIS, "1.0"): (
        "SpendSense may read the transactions I upload, measure my subscriptions, savings, credit and income, "
        "and show the result and the education chosen from it to me and to the staff of my institution. "
        "I can withdraw this at any time; from that moment nobody but me sees any of it."
    ),
    (Purpose.PARTNER_OFFERS, "1.0"): (
        "Besides education, SpendSense may show me offers of partners that my own numbers make me eligible for. "
        "Partners learn nothing about me from this. I can withdraw it at any time."
    ),
    (Purpose.NOTES, "1.0"): (
        "Staff of my institution may keep notes about conversations with me in a dossier that I can read and "
        "have deleted. I can withdraw this at any time; the dossier is hidden from that moment."
    ),
}
