"""The class of one row in plain Python, read off the table of the specification from top to bottom."""

import re
from collections.abc import Mapping
from typing import Any

PAIRS: dict[str, tuple[str, ...]] = {
    "income": ("PAYROLL", "INCOME"),
    "transfer": ("FINANCIAL/TRANSFERS", "TRANSFER", "TRANSFERS"),
    "payment": ("FINANCIAL/PAYMENTS",),
    "fee": ("FINANCIAL/FEES", "FEES"),
    "housing": ("BILLS & UTILITIES/MORTGAGE", "BILLS & UTILITIES/RENT", "RENT"),
    "loan": (
        "BILLS & UTILITIES/AUTO LOAN",
        "BILLS & UTILITIES/STUDENT LOAN",
        "BILLS & UTILITIES/PERSONAL LOAN",
    ),
    "insurance": ("SERVICES/INSURANCE", "FINANCIAL/INSURANCE PREMIUMS"),
    "utilities": (
        "BILLS & UTILITIES/UTILITIES",
        "BILLS & UTILITIES/INTERNET",
        "BILLS & UTILITIES/MOBILE PHONE",
        "BILLS",
    ),
    "groceries": ("GROCERIES", "FOOD & DRINK/GROCERIES"),
    "fuel": ("TRANSPORT/FUEL",),
    "dining": ("FOOD & DRINK",),
    "tax": ("FINANCIAL/TAX SERVICES", "TAXES"),
    "subscription": (
        "ENTERTAINMENT/STREAMING SERVICES",
        "SOFTWARE/CLOUD SERVICES",
        "HEALTH & FITNESS/GYM MEMBERSHIPS",
        "RETAIL/SUBSCRIPTION SERVICES",
        "ENTERTAINMENT/CLOUD SERVICES",
        "SUBSCRIPTIONS",
    ),
}
# A star means every code that begins so and belongs to no class above.
CODES: dict[str, tuple[str, ...]] = {
    "income": ("INCOME_*",),
    "transfer": ("TRANSFER_IN_*", "TRANSFER_OUT_*"),
    "payment": ("LOAN_PAYMENTS_CREDIT_CARD_PAYMENT",),
    "fee": ("BANK_FEES_*",),
    "housing": ("RENT_AND_UTILITIES_RENT", "LOAN_PAYMENTS_MORTGAGE_PAYMENT"),
    "loan": ("LOAN_PAYMENTS_*",),
    "insurance": ("GENERAL_SERVICES_INSURANCE",),
    "utilities": ("RENT_AND_UTILITIES_*",),
    "groceries": ("FOOD_AND_DRINK_GROCERIES",),
    "fuel": ("TRANSPORTATION_GAS",),
    "dining": ("FOOD_AND_DRINK_*",),
    "tax": ("GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT",),
    "subscription": (
        "ENTERTAINMENT_TV_AND_MOVIES",
        "ENTERTAINMENT_MUSIC_AND_AUDIO",
        "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS",
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    "income": ("payroll", "salary", "wages", "direct deposit", "direct dep"),
    "transfer": ("transfer",),
    "payment": ("credit card payment", "payment thank you"),
    "fee": ("fee", "fees"),
    "housing": ("rent", "landlord", "mortgage"),
    "loan": ("loan",),
    "insurance": ("insurance",),
    "utilities": ("electric", "water", "broadband", "internet", "mobile", "wireless"),
    "groceries": ("grocery", "groceries", "supermarket"),
    "fuel": ("fuel", "petrol"),
    "dining": ("coffee", "cafe", "restaurant", "pizza"),
    "tax": ("tax", "taxes"),
    "subscription": ("subscription", "membership"),
}
ORDER = (
    "income",
    "transfer",
    "payment",
    "interest",
    "fee",
    "housing",
    "loan",
    "insurance",
    "utilities",
    "groceries",
    "fuel",
    "dining",
    "tax",
    "subscription",
)


def words(text: str | None) -> str:
    """Lower-case words between single spaces and one at each end: a phrase is found as whole words only."""
    found = re.findall(r"[^\W_]+", (text or "").casefold())
    return f" {' '.join(found)} "


def holds(text: str | None, *phrases: str) -> bool:
    return any(f" {phrase} " in words(text) for phrase in phrases)


def flow_of(row: Mapping[str, Any]) -> str:
    primary, detailed = (row["category_primary"] or "").upper(), (row["category_detailed"] or "").upper()
    category = f"{primary}/{detailed}" if detailed else primary
    text = f"{row['merchant']} {row['description'] or ''}"
    for flow in ORDER:
        if flow == "interest":
            if (
                row["cents"] < 0
                and (holds(category, "interest") or holds(row["merchant"], "interest"))
                and not holds(f"{category} {text}", "earned", "paid to you")
            ):
                return flow
        elif category:
            if category in PAIRS[flow] or primary in PAIRS[flow] or any(_coded(detailed, code) for code in CODES[flow]):
                return flow
        elif holds(text, *WORDS[flow]) and (flow != "income" or row["cents"] > 0):
            return flow
    return "other"


def _coded(detailed: str, code: str) -> bool:
    return detailed.startswith(code[:-1]) if code.endswith("*") else detailed == code
