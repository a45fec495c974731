"""Sign policies: evidence, choice, and the stored sign."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements import Options, Statement, parse

HEADER = "account_id,date,amount,merchant_name,category\n"


def read(*rows: tuple[str, str], **options: str) -> Statement:
    text = HEADER + "".join(f"a,2025-01-05,{amount},Shop,{category}\n" for amount, category in rows)
    return parse(text.encode(), Options(file_type="csv", today=date(2025, 6, 1), account_key=b"k", **options))  # type: ignore[arg-type]


def outcome(statement: Statement) -> tuple[str | None, list[int], bool]:
    guessed = any(problem.code == "SIGN_POLICY_GUESSED" for problem in statement.problems)
    return statement.sign_policy, statement.transactions["cents"].to_list(), guessed


def test_positive_income_beside_negative_rows_means_inflow_positive() -> None:
    statement = read(("1500", "Payroll/Salary"), ("-20", "Groceries"))
    assert outcome(statement) == ("inflow_positive", [150000, -2000], False)
    assert statement.detected["sign_evidence"] == {
        "income_positive": 1,
        "income_negative": 0,
        "negative_rows": 1,
    }


def test_negative_income_means_the_vendor_convention() -> None:
    statement = read(("-1500", "INCOME_WAGES"), ("20", "Groceries"))
    assert outcome(statement) == ("plaid", [150000, -2000], False)


def test_without_negative_amounts_income_alone_is_money_in() -> None:
    statement = read(("1500", "Payroll/Salary"), ("20", "Financial/Transfers"), ("30", "Financial/Payments"))
    assert outcome(statement) == ("unsigned", [150000, -2000, -3000], True)


def test_negative_amounts_without_income_are_a_guess() -> None:
    assert outcome(read(("-20", "Groceries"))) == ("inflow_positive", [-2000], True)


def test_zero_amounts_are_no_evidence() -> None:
    statement = read(("0", "Payroll/Salary"), ("-20", "Groceries"))
    assert outcome(statement)[2] is True
    assert statement.detected["sign_evidence"] == {
        "income_positive": 0,
        "income_negative": 0,
        "negative_rows": 1,
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("inflow_positive", [150000, -2000, 500]),
        ("plaid", [-150000, 2000, -500]),
        ("unsigned", [150000, 2000, -500]),
    ],
)
def test_an_option_is_obeyed_without_a_warning(policy: str, expected: list[int]) -> None:
    statement = read(("1500", "Payroll/Salary"), ("-20", "Groceries"), ("5", "Groceries"), sign_policy=policy)
    assert outcome(statement) == (policy, expected, False)


def test_a_written_plus_or_credit_mark_is_money_in_where_signs_are_missing() -> None:
    statement = read(("20", "Groceries"), ("+100", "Financial/Payments"), ("7 CR", "Groceries"))
    assert outcome(statement) == ("unsigned", [-2000, 10000, 700], True)


def test_income_is_known_by_its_words_where_no_category_is() -> None:
    text = "account_id,date,amount,merchant_name\na,2025-01-05,-900,ACME PAYROLL\na,2025-01-06,30,Deli\n"
    statement = parse(text.encode(), Options(file_type="csv", today=date(2025, 6, 1), account_key=b"k"))
    assert (statement.sign_policy, statement.transactions["cents"].to_list()) == ("plaid", [90000, -3000])


amounts = st.lists(
    st.tuples(
        st.integers(-10_000, 10_000).map(lambda cents: f"{cents / 100:.2f}"),
        st.sampled_from(["Payroll", "Groceries"]),
    ),
    min_size=1,
    max_size=12,
)


@given(amounts)
@settings(max_examples=60, deadline=None)
def test_the_vendor_convention_is_the_opposite_of_ours(rows: list[tuple[str, str]]) -> None:
    ours = read(*rows, sign_policy="inflow_positive").transactions["cents"]
    theirs = read(*rows, sign_policy="plaid").transactions["cents"]
    assert ours.to_list() == (-theirs).to_list()
