"""Governs which of fifteen classes a row belongs to: by its category, else by whole words of its text."""

from enum import StrEnum

import polars as pl


class Flow(StrEnum):
    INCOME = "income"
    TRANSFER = "transfer"
    PAYMENT = "payment"
    INTEREST = "interest"
    FEE = "fee"
    HOUSING = "housing"
    LOAN = "loan"
    INSURANCE = "insurance"
    UTILITIES = "utilities"
    GROCERIES = "groceries"
    FUEL = "fuel"
    DINING = "dining"
    TAX = "tax"
    SUBSCRIPTION = "subscription"
    OTHER = "other"


ORDER = list(Flow)
FLOW = pl.Enum([flow.value for flow in ORDER])

# A path of one word stands for all that is below it, where no other path does.
PATHS: dict[Flow, tuple[str, ...]] = {
    Flow.INCOME: ("payroll", "income"),
    Flow.TRANSFER: ("financial/transfers", "transfer", "transfers"),
    Flow.PAYMENT: ("financial/payments",),
    Flow.FEE: ("financial/fees", "fees"),
    Flow.HOUSING: ("bills & utilities/mortgage", "bills & utilities/rent", "rent"),
    Flow.LOAN: (
        "bills & utilities/auto loan", "bills & utilities/student loan", "bills & utilities/personal loan",
    ),
    Flow.INSURANCE: ("services/insurance", "financial/insurance premiums"),
    Flow.UTILITIES: (
        "bills & utilities/utilities", "bills & utilities/internet", "bills & utilities/mobile phone",
        "bills",
    ),
    Flow.GROCERIES: ("groceries", "food & drink/groceries"),
    Flow.FUEL: ("transport/fuel",),
    Flow.DINING: ("food & drink",),
    Flow.TAX: ("financial/tax services", "taxes"),
    Flow.SUBSCRIPTION: (
        "entertainment/streaming services", "software/cloud services", "health & fitness/gym memberships",
        "retail/subscription services", "entertainment/cloud services", "subscriptions",
    ),
}  # fmt: skip
FLOW_OF_PATH = {path: flow for flow, paths in PATHS.items() for path in paths}
# First match from the top; a code ending in _ stands for all that begin so.
FLOW_OF_CODE = (
    ("INCOME_", Flow.INCOME),
    ("TRANSFER_IN_", Flow.TRANSFER),
    ("TRANSFER_OUT_", Flow.TRANSFER),
    ("LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", Flow.PAYMENT),
    ("BANK_FEES_INTEREST_CHARGE", Flow.INTEREST),
    ("BANK_FEES_", Flow.FEE),
    ("RENT_AND_UTILITIES_RENT", Flow.HOUSING),
    ("LOAN_PAYMENTS_MORTGAGE_PAYMENT", Flow.HOUSING),
    ("LOAN_PAYMENTS_", Flow.LOAN),
    ("GENERAL_SERVICES_INSURANCE", Flow.INSURANCE),
    ("RENT_AND_UTILITIES_", Flow.UTILITIES),
    ("FOOD_AND_DRINK_GROCERIES", Flow.GROCERIES),
    ("TRANSPORTATION_GAS", Flow.FUEL),
    ("FOOD_AND_DRINK_", Flow.DINING),
    ("GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT", Flow.TAX),
    ("ENTERTAINMENT_TV_AND_MOVIES", Flow.SUBSCRIPTION),
    ("ENTERTAINMENT_MUSIC_AND_AUDIO", Flow.SUBSCRIPTION),
    ("PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS", Flow.SUBSCRIPTION),
)
WORDS = {
    Flow.INCOME: ("payroll", "salary", "wages", "direct deposit", "direct dep"),
    Flow.TRANSFER: ("transfer",),
    Flow.PAYMENT: ("credit card payment", "payment thank you"),
    Flow.FEE: ("fee", "fees"),
    Flow.HOUSING: ("rent", "landlord", "mortgage"),
    Flow.LOAN: ("loan",),
    Flow.INSURANCE: ("insurance",),
    Flow.UTILITIES: ("electric", "water", "broadband", "internet", "mobile", "wireless"),
    Flow.GROCERIES: ("grocery", "groceries", "supermarket"),
    Flow.FUEL: ("fuel", "petrol"),
    Flow.DINING: ("coffee", "cafe", "restaurant", "pizza"),
    Flow.TAX: ("tax", "taxes"),
    Flow.SUBSCRIPTION: ("subscription", "membership"),
}
EARLY = (Flow.INCOME, Flow.TRANSFER, Flow.PAYMENT)
INTEREST = ("interest",)
NOT_CHARGED = ("earned", "paid to you")
PHRASES = (INTEREST, NOT_CHARGED, *WORDS.values())
FRAGMENTS = sorted({phrase.split()[0] for phrases in PHRASES for phrase in phrases})


def of_category(primary: str | None, detailed: str | None) -> Flow:
    """The class of a category in either vocabulary, `Food & Drink/Bars` or `FOOD_AND_DRINK_BARS`."""
    first, second = (primary or "").strip().lower(), (detailed or "").strip().lower()
    path = second if "/" in second else "/".join(filter(None, (first, second)))
    code = (second or first).upper()
    matches = [
        FLOW_OF_PATH.get(path),
        FLOW_OF_PATH.get(path.partition("/")[0]),
        next((flow for known, flow in FLOW_OF_CODE if _has(code, known)), None),
    ]
    return min((flow for flow in matches if flow), key=ORDER.index, default=Flow.OTHER)


def _has(code: str, known: str) -> bool:
    return code == known or (known.endswith("_") and f"{code}_".startswith(known))


def classify(frame: pl.DataFrame, *, directed: bool = True) -> pl.Series:
    """The class of every row of category_primary, category_detailed, merchant, description and cents.

    Without `directed` the cents are not looked at (a sign policy asks before it has them).
    """
    return flows(marks(frame), frame["cents"] if directed else None)


def marks(frame: pl.DataFrame) -> pl.DataFrame:
    """What category and text say of every row, before the direction is known."""
    categorised = pl.any_horizontal(pl.col("category_primary", "category_detailed").is_not_null())
    # No phrase reaches over the line end, from the merchant into the description.
    text = (
        pl.when(categorised | pl.col("description").is_null())
        .then("merchant")
        .otherwise(pl.concat_str("merchant", "description", separator="\n", ignore_nulls=True))
    )
    rows = frame.select("category_primary", "category_detailed", text=text)
    rows = rows.join(
        _categories(rows),
        on=["category_primary", "category_detailed"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return rows.join(_texts(rows["text"]), on="text", how="left", nulls_equal=True, maintain_order="left")


def flows(marked: pl.DataFrame, cents: pl.Series | None) -> pl.Series:
    inflow = pl.lit(True) if cents is None else pl.lit(cents > 0)
    outflow = pl.lit(True) if cents is None else pl.lit(cents < 0)
    charged = pl.any_horizontal("category_interest", "text_interest") & ~pl.any_horizontal(
        "category_earned", "text_earned"
    )
    by_category = pl.col("category_flow")
    flow = (
        pl.when(by_category.is_in([flow.value for flow in EARLY]))
        .then(by_category)
        .when(by_category.is_null() & pl.col("text_paid") & inflow)
        .then(pl.lit(Flow.INCOME.value))
        .when(by_category.is_null() & pl.col("text_early").is_not_null())
        .then("text_early")
        .when(charged & outflow)
        .then(pl.lit(Flow.INTEREST.value))
        .otherwise(pl.coalesce("category_flow", "text_flow"))
    )
    return marked.select(flow.cast(FLOW).alias("flow"))["flow"]


def spelled(text: pl.Expr) -> pl.Expr:
    """Lower-case words between single spaces, one at each end: a phrase in it is a phrase of whole words."""
    plain = text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}\n]+", " ").str.replace("\n", " \n ", literal=True)
    return pl.concat_str(pl.lit(" "), plain, pl.lit(" "))


def holds(words: pl.Expr, phrases: tuple[str, ...]) -> pl.Expr:
    return words.str.contains_any([f" {phrase} " for phrase in phrases]).fill_null(False)


def _categories(frame: pl.DataFrame) -> pl.DataFrame:
    """One row for each category of the frame: few, so read one by one."""
    known = frame.select("category_primary", "category_detailed").unique(maintain_order=True)
    words = spelled(pl.concat_str("category_primary", "category_detailed", separator=" ", ignore_nulls=True))
    flows = [of_category(*pair).value if any(pair) else None for pair in known.iter_rows()]
    return known.with_columns(
        category_flow=pl.Series(flows, dtype=pl.String),
        category_interest=holds(words, INTEREST),
        category_earned=holds(words, NOT_CHARGED),
    )


def _texts(text: pl.Series) -> pl.DataFrame:
    known = text.unique(maintain_order=True).to_frame("text")
    # Most texts hold no word of any class: one pass finds those that may.
    told = known.filter(pl.col("text").str.contains_any(FRAGMENTS, ascii_case_insensitive=True))
    words = pl.col("words")
    said = told.with_columns(words=spelled(pl.col("text"))).select(
        "text",
        text_paid=holds(words, WORDS[Flow.INCOME]),
        text_early=_first(words, [Flow.TRANSFER, Flow.PAYMENT]),
        text_flow=_first(words, [flow for flow in WORDS if flow not in EARLY]),
        text_interest=holds(words, INTEREST),
        text_earned=holds(words, NOT_CHARGED),
    )
    return known.join(said, on="text", how="left", nulls_equal=True).with_columns(
        pl.col("text_paid", "text_interest", "text_earned").fill_null(False),
        pl.col("text_flow").fill_null(Flow.OTHER.value),
    )


def _first(words: pl.Expr, flows: list[Flow]) -> pl.Expr:
    return pl.coalesce(pl.when(holds(words, WORDS[flow])).then(pl.lit(flow.value)) for flow in flows)
