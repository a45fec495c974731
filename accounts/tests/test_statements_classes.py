"""Classes: both category vocabularies, whole words, direction."""

import polars as pl
import pytest

from accounts.statements.classes import Flow, classify, of_category


def flow(
    merchant: str,
    cents: int = -100,
    primary: str | None = None,
    detailed: str | None = None,
    text: str | None = None,
) -> str:
    frame = pl.DataFrame(
        {
            "category_primary": [primary],
            "category_detailed": [detailed],
            "merchant": [merchant],
            "description": [text],
            "cents": [cents],
        },
        schema={
            **dict.fromkeys(("category_primary", "category_detailed", "merchant", "description"), pl.String),
            "cents": pl.Int64,
        },
    )
    return str(classify(frame).item())


@pytest.mark.parametrize(
    ("primary", "detailed", "expected"),
    [
        ("Payroll", "Salary", Flow.INCOME),
        ("INCOME", "INCOME_WAGES", Flow.INCOME),
        ("income", None, Flow.INCOME),
        ("Financial", "Transfers", Flow.TRANSFER),
        ("TRANSFER_OUT", "TRANSFER_OUT_SAVINGS", Flow.TRANSFER),
        ("TRANSFER_IN", None, Flow.TRANSFER),
        ("Transfer", None, Flow.TRANSFER),
        ("Financial", "Payments", Flow.PAYMENT),
        ("LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", Flow.PAYMENT),
        ("BANK_FEES", "BANK_FEES_INTEREST_CHARGE", Flow.INTEREST),
        ("BANK_FEES", "BANK_FEES_ATM_FEES", Flow.FEE),
        ("Financial", "Fees", Flow.FEE),
        ("Fees", None, Flow.FEE),
        ("Bills & Utilities", "Rent", Flow.HOUSING),
        ("Rent", None, Flow.HOUSING),
        ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT", Flow.HOUSING),
        ("LOAN_PAYMENTS", "LOAN_PAYMENTS_MORTGAGE_PAYMENT", Flow.HOUSING),
        ("Bills & Utilities", "Student Loan", Flow.LOAN),
        ("LOAN_PAYMENTS", "LOAN_PAYMENTS_CAR_PAYMENT", Flow.LOAN),
        ("Services", "Insurance", Flow.INSURANCE),
        ("GENERAL_SERVICES", "GENERAL_SERVICES_INSURANCE", Flow.INSURANCE),
        ("GENERAL_SERVICES", "GENERAL_SERVICES_EDUCATION", Flow.OTHER),
        ("Bills", None, Flow.UTILITIES),
        ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_WATER", Flow.UTILITIES),
        ("Groceries", "Supermarket", Flow.GROCERIES),
        ("Food & Drink", "Groceries", Flow.GROCERIES),
        ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES", Flow.GROCERIES),
        ("Transport", "Fuel", Flow.FUEL),
        ("TRANSPORTATION", "TRANSPORTATION_GAS", Flow.FUEL),
        ("Food & Drink", "Bars", Flow.DINING),
        ("FOOD_AND_DRINK", None, Flow.DINING),
        ("Taxes", None, Flow.TAX),
        ("Entertainment", "Streaming Services", Flow.SUBSCRIPTION),
        ("Subscriptions", None, Flow.SUBSCRIPTION),
        ("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES", Flow.SUBSCRIPTION),
        ("Entertainment", "Cinema", Flow.OTHER),
        ("Rent", "Flat", Flow.HOUSING),
        ("Financial", "Financial/Transfers", Flow.TRANSFER),
        ("food & drink", "groceries", Flow.GROCERIES),
    ],
)
def test_a_category_has_its_class(primary: str, detailed: str | None, expected: Flow) -> None:
    assert of_category(primary, detailed) == expected
    assert flow("Payroll Rent Loan", 100, primary, detailed) == expected


@pytest.mark.parametrize(
    ("merchant", "cents", "expected"),
    [
        ("ACME PAYROLL", 100, "income"),
        ("ACME PAYROLL", -100, "other"),
        ("Direct Dep 123", 100, "income"),
        ("Transfer to savings", -100, "transfer"),
        ("Transferwise", -100, "other"),
        ("PAYMENT - THANK YOU", 100, "payment"),
        ("Credit card payment", -100, "payment"),
        ("INTEREST CHARGED", -100, "interest"),
        ("Interest paid to you", 100, "other"),
        ("Interest earned", -1, "other"),
        ("Monthly fee", -100, "fee"),
        ("Coffee", -100, "dining"),
        ("Feeling good", -100, "other"),
        ("Landlord", -100, "housing"),
        ("Parent shop", -100, "other"),
        ("Car loan", -100, "loan"),
        ("City water", -100, "utilities"),
        ("Watermelon", -100, "other"),
        ("Green grocery", -100, "groceries"),
        ("Petrol 24", -100, "fuel"),
        ("Pizza Place", -100, "dining"),
        ("City tax", -100, "tax"),
        ("Taxi", -100, "other"),
        ("Gym membership", -100, "subscription"),
        ("Unknown", -100, "other"),
        ("Café Fée", -100, "other"),
        ("ACME_PAYROLL_7", 100, "income"),
    ],
)
def test_whole_words_decide_where_no_category_does(merchant: str, cents: int, expected: str) -> None:
    assert flow(merchant, cents) == expected
    assert flow(merchant.upper(), cents) == expected


def test_a_phrase_does_not_reach_from_the_merchant_into_the_description() -> None:
    assert flow("Credit card", text="payment") == "other"
    assert flow("ACME", text="credit card payment") == "payment"


def test_interest_needs_an_outflow_and_may_stand_in_any_category() -> None:
    assert flow("Bank", -100, "Financial", "Interest Charges") == "interest"
    assert flow("Bank", 100, "Financial", "Interest Charges") == "other"
    assert flow("Purchase interest", -100, "Shops", None) == "interest"
    assert flow("Interest paid to you", -100, "Shops", None) == "other"
    assert flow("Purchase interest", -100, "Financial", "Transfers") == "transfer"


def test_without_direction_words_of_income_are_enough() -> None:
    frame = pl.DataFrame(
        {
            "category_primary": [None],
            "category_detailed": [None],
            "merchant": ["Salary"],
            "description": [None],
        },
        schema=dict.fromkeys(("category_primary", "category_detailed", "merchant", "description"), pl.String),
    )
    assert classify(frame, directed=False).to_list() == ["income"]
