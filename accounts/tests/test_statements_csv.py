"""CSV files: layouts, sections, headers, lines."""

import csv
import io
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements import KnownAccount, Options, Severity, Statement, parse
from accounts.statements.records import cells_of, records

TODAY = date(2025, 6, 1)
HEADER = "account_id,date,amount,merchant_name\n"


def read(text: str | bytes, known: tuple[KnownAccount, ...] = (), **options: str) -> Statement:
    data = text.encode() if isinstance(text, str) else text
    return parse(data, Options(file_type="csv", today=TODAY, account_key=b"key", **options), known)  # type: ignore[arg-type]


def codes(statement: Statement, severity: Severity = Severity.ERROR) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in statement.problems if problem.severity is severity]


def test_accounts_transactions_and_liabilities_of_one_file_are_read_as_three_sections() -> None:
    """
    chk 1,100.00 and a card that owes 250.555; two purchases and a salary; the card's liability.
    """
    statement = read(
        "account_id,account_name,account_type,account_subtype,holder_category,balance_available,"
        "balance_current,balance_limit,iso_currency_code,mask\n"
        'chk,Daily,Depository,High Yield_Savings,individual,100.00,"1,100.00",,EUR,123456\n'
        "card,Gold,credit,Credit Card,,,-250.555,1000,USD,9999\n"
        "transaction_id,account_id,date,amount,merchant_name,merchant_entity_id,payment_channel,"
        "category_primary,category_detailed,pending,iso_currency_code\n"
        "t1,chk,2025-05-01,-12.30,Café  Zoë #12,,in-store,Food & Drink,Coffee Shops,false,\n"
        "t2,chk,2025-05-02,1500,ACME,ent_1,ach,Payroll,Salary,no,EUR\n"
        ",card,2025-05-03 10:11:12,-5,Uber,,contactless,Transport,Taxi,1,\n"
        "liability_account_id,apr_percentage,apr_type,minimum_payment_amount,last_payment_date,is_overdue\n"
        "card,24.99,purchase,25,2025-04-01,no\n"
    )
    assert statement.problems == ()
    assert statement.detected["sections"] == {"A": 1, "T": 1, "L": 1}
    assert statement.accounts.select("subtype", "mask", "balance_cents", "limit_cents").rows() == [
        ("high_yield_savings", "3456", 110000, None),
        ("credit_card", "9999", 25056, 100000),
    ]
    assert statement.transactions.select(
        "line",
        "date",
        "cents",
        "merchant",
        "merchant_key",
        "payment_channel",
        "pending",
        "iso_currency_code",
        "flow",
    ).rows() == [
        (5, date(2025, 5, 1), -1230, "Café Zoë #12", "café zoë", "in_store", False, "EUR", "dining"),
        (6, date(2025, 5, 2), 150000, "ACME", "acme", "ach", False, "EUR", "income"),
        (7, date(2025, 5, 3), -500, "Uber", "uber", "in_store", True, "USD", "other"),
    ]
    debt = statement.liabilities.row(0, named=True)
    assert (str(debt["apr_percentage"]), debt["minimum_payment_cents"], debt["is_overdue"]) == (
        "24.9900",
        2500,
        False,
    )
    assert statement.counts["transactions_valid"] == 3
    assert (statement.counts["first_date"], statement.counts["last_date"]) == ("2025-05-01", "2025-05-03")


def test_the_short_layout_with_an_id_is_read() -> None:
    statement = read("id,account_id,date,merchant,amount,category\nx1,a,2025-01-05,Shop,-3.50,Groceries\n")
    row = statement.transactions.row(0, named=True)
    assert (row["external_id"], row["derived"], row["cents"], row["flow"]) == ("x1", False, -350, "groceries")


def test_a_repeated_header_starts_another_section_and_a_blank_line_between_rows_is_told() -> None:
    row = "a,2025-01-05,-3.50,Shop\n"
    statement = read(HEADER + row + HEADER + row + "\n" + row + "\n\n")
    assert statement.detected["sections"] == {"T": 2}
    assert statement.transactions["line"].to_list() == [2, 4, 6]
    assert ("ROW_BLANK", 5) in codes(statement, Severity.WARNING)
    assert statement.warnings_total == 3


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(newline: str) -> None:
    statement = read((HEADER + "a,2025-01-05,-3.50,Shop\na,2025-01-06,-4,Bar\n").replace("\n", newline))
    assert statement.transactions["cents"].to_list() == [-350, -400]


def test_header_names_are_compared_without_case_spaces_hyphens_and_byte_order_mark() -> None:
    statement = read("\ufeff Account-ID ,DATE,Amount,Merchant Name\na,2025-01-05,-1,Shop\n")
    assert statement.detected["layout"] == "T"
    assert statement.transactions["merchant"].to_list() == ["Shop"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_under_which_a_header_is_found(delimiter: str) -> None:
    statement = read((HEADER + 'a,2025-01-05,-1.00,"x, y; z"\n').replace(",", delimiter, 6).replace("x;", "x,"))
    assert statement.detected["delimiter"] == delimiter
    assert statement.transactions.height == 1


def test_a_first_line_sep_sets_the_delimiter() -> None:
    statement = read("sep=;\naccount_id;date;amount\na;2025-01-05;-1,50\n")
    assert (statement.detected["delimiter"], statement.transactions["cents"].item()) == (";", -150)


def test_lines_above_the_header_are_listed_with_account_numbers_masked() -> None:
    statement = read("My Bank\nAccount 1234567890\n\n" + HEADER + "a,2025-01-05,-1,Shop\n")
    assert statement.detected["preamble_lines"] == 2
    assert statement.detected["preamble"] == ["My Bank", "Account …7890"]
    assert statement.transactions["line"].to_list() == [5]


def test_a_header_below_the_twentieth_line_is_not_looked_for() -> None:
    assert read("note\n" * 19 + HEADER + "a,2025-01-05,-1,x\n").ok
    assert codes(read("note\n" * 20 + HEADER + "a,2025-01-05,-1,x\n")) == [("HEADER_NOT_FOUND", None)]


def test_totals_below_the_rows_are_skipped_and_told() -> None:
    statement = read(HEADER + "a,2025-01-05,-1,Shop\n,,-1.00,Total\nend of list\n")
    assert statement.ok
    assert codes(statement, Severity.WARNING)[-2:] == [("FOOTER_SKIPPED", 3), ("FOOTER_SKIPPED", 4)]
    assert statement.transactions.height == 1


def test_a_row_without_a_day_among_others_is_an_error_not_a_footer() -> None:
    statement = read(HEADER + "a,,-1,Shop\na,2025-01-05,-1,Shop\n")
    assert codes(statement) == [("REQUIRED", 2)]


def test_a_file_of_rows_without_any_day_has_no_footers() -> None:
    assert codes(read(HEADER + "a,soon,-1,Shop\n")) == [("DATE_INVALID", 2)]


def test_rows_of_another_length_are_refused_but_empty_cells_at_the_end_are_not() -> None:
    row = "a,2025-01-05,-1,Shop"
    statement = read(HEADER + f"{row},,\n{row},extra\na,2025-01-05,-1\n{row}\n")
    assert codes(statement) == [("ROW_LENGTH", 3), ("ROW_LENGTH", 4)]
    assert statement.transactions["line"].to_list() == [2, 5]
    assert (statement.counts["transactions_processed"], statement.counts["transactions_invalid"]) == (4, 2)


def test_a_header_that_ends_in_empty_cells_asks_nothing_of_its_rows() -> None:
    statement = read("account_id,date,amount,,\na,2025-01-05,-1\na,2025-01-06,-2,x,\n")
    assert statement.transactions["cents"].to_list() == [-100, -200]
    assert [p.error for p in statement.problems if p.code == "COLUMN_IGNORED"] == [
        "Line 1: the column 4, which has no name, is not used."
    ]


def test_a_quoted_line_break_is_kept_as_one_space_and_lines_stay_true() -> None:
    statement = read(HEADER + 'a,2025-01-05,-1,"Corner\r\nShop ""West"""\na,2025-01-06,-2,5" pipe\n')
    assert statement.transactions["merchant"].to_list() == ['Corner Shop "West"', '5" pipe']
    assert statement.transactions["line"].to_list() == [2, 4]


def test_a_quote_that_never_closes_is_named_by_the_line_where_it_opens() -> None:
    statement = read(HEADER + 'a,2025-01-05,-1,x\na,2025-01-06,-1,"y\na,2025-01-07,-1,z\n')
    assert codes(statement) == [("QUOTE_UNTERMINATED", 3)]
    assert statement.transactions["line"].to_list() == [2, 4]


def test_an_open_quote_does_not_swallow_the_rows_up_to_the_next_quote() -> None:
    statement = read(HEADER + 'a,2025-01-05,-1,"x\na,2025-01-06,-2,"y"\na,2025-01-07,-3,z\n')
    assert codes(statement) == [("QUOTE_UNTERMINATED", 2)]
    assert statement.transactions["line"].to_list() == [3, 4]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("account_id,date,Date,amount\na,2025-01-05,2025-01-05,1\n", "HEADER_DUPLICATE"),
        ("account_id,date,am\u043eunt\na,2025-01-05,1\n", "COLUMN_MISSING"),
        ("2025-01-05,Shop,1\n", "HEADER_NOT_FOUND"),
        (HEADER, "NO_ROWS"),
        ("", "EMPTY_FILE"),
        ("\ufeff", "EMPTY_FILE"),
        (",".join(f"c{n}" for n in range(20_000)) + "\n", "TOO_MANY_COLUMNS"),
        (HEADER + "a,2025-01-05,1,x\0y\n", "NUL_BYTE"),
        (HEADER * 102 + "a,2025-01-05,1,x\n", "HEADER_DUPLICATE"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, code: str) -> None:
    statement = read(text)
    assert [problem.code for problem in statement.problems if problem.severity is Severity.ERROR] == [code]
    assert not statement.ok


def test_a_missing_column_is_named() -> None:
    (problem,) = read("account_id,date,am\u043eunt\na,2025-01-05,1\n").problems
    assert (problem.field, problem.line) == ("amount", 1)
    assert problem.error.startswith("Line 1 looks like the header, but lacks: amount.")


def test_more_rows_than_allowed_are_refused() -> None:
    statement = read("account_id,date,amount\n" + "a,2025-01-05,1\n" * 200_001)
    assert codes(statement) == [("TOO_MANY_ROWS", None)]


def test_unknown_columns_are_ignored_with_one_warning_each() -> None:
    statement = read("account_id,date,amount,role,mood\na,2025-01-05,-1,admin,good\n")
    ignored = [problem.field for problem in statement.problems if problem.code == "COLUMN_IGNORED"]
    assert ignored == ["role", "mood"]


def test_without_an_account_section_unknown_accounts_are_created_and_told() -> None:
    statement = read(HEADER + "a,2025-01-05,-1,x\nb,2025-01-05,-1,x\n", account_subtype="Credit Card", currency="EUR")
    assert statement.accounts.select("external_id", "type", "subtype", "balance_cents", "created").rows() == [
        ("a", "credit", "credit_card", None, True),
        ("b", "credit", "credit_card", None, True),
    ]
    assert statement.transactions["iso_currency_code"].to_list() == ["EUR", "EUR"]
    assert codes(statement, Severity.WARNING)[-2:] == [("ACCOUNT_CREATED", 2), ("ACCOUNT_CREATED", 3)]


def test_a_known_account_is_not_created_and_lends_its_currency() -> None:
    statement = read(HEADER + "a,2025-01-05,-1,x\n", (KnownAccount("a", "depository", "CHF"),))
    assert statement.accounts.height == 0
    assert statement.transactions["iso_currency_code"].item() == "CHF"


def test_beside_an_account_section_an_unknown_account_is_an_error() -> None:
    accounts = "account_id,account_type,account_subtype,balance_current,iso_currency_code\na,depository,cd,1,USD\n"
    statement = read(accounts + HEADER + "b,2025-01-05,-1,x\n")
    assert codes(statement) == [("UNKNOWN_ACCOUNT", 4)]


def test_a_row_of_a_refused_account_is_not_refused_for_it() -> None:
    accounts = "account_id,account_type,account_subtype,balance_current,iso_currency_code\na,piggy,cd,1,USD\n"
    statement = read(accounts + HEADER + "a,2025-01-05,-1,x\n")
    assert codes(statement) == [("ENUM", 2)]


def test_ids_and_extra_fields_of_somebody_else_change_nothing() -> None:
    statement = read("user_id,account_id,date,amount\nsomebody,a,2025-01-05,-1\n")
    assert statement.ok
    assert "user_id" not in statement.transactions.columns


def test_dangerous_text_is_stored_as_it_stands() -> None:
    texts = ["=cmd()|x", "<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE x"]
    statement = read(HEADER + "".join(f'a,2025-01-05,-1,"{text}"\n' for text in texts))
    assert statement.transactions["merchant"].to_list() == texts


cell = st.text(alphabet='ab,"\n ;é', max_size=6)


@given(st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_records_agree_with_the_csv_module(table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(table)
    lines = pl.Series("record", written.getvalue().removesuffix("\n").split("\n"), dtype=pl.String)
    frame, opened = records(lines, ",")
    assert opened == []
    expected = [[cell.replace("\n", " ") for cell in row] for row in table]
    assert [cells_of(record, ",") for record in frame["record"]] == expected


@given(st.lists(st.lists(st.text(alphabet='ab,"\n é', max_size=6), min_size=1, max_size=1), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_written_merchant_is_the_stored_merchant(table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([["a", "2025-01-05", "-1", *row] for row in table])
    stored = read(HEADER + written.getvalue()).transactions["merchant"].to_list()
    assert stored == [" ".join(row[0].split()) or "Unknown" for row in table]
