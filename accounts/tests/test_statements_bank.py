"""Bank exports: other names for the columns, debit and credit, types, account numbers, pending days."""

from datetime import date

import pytest

from accounts.statements import Options, Severity, Statement, parse

IBAN = "DE44 5001 0517 5407 3249 31"


def read(text: str, encoding: str = "utf-8", **options: str) -> Statement:
    options_of = Options(file_type="csv", today=date(2025, 6, 1), account_key=b"key", **options)  # type: ignore[arg-type]
    return parse(text.encode(encoding), options_of)


def codes(statement: Statement) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in statement.problems if problem.severity is Severity.ERROR]


def test_a_german_export_is_read() -> None:
    statement = read(
        "Konto;12\n\nBuchungstag;Valutadatum;Buchungstext;Verwendungszweck;Betrag;Währung\n"
        "02.03.2025;03.03.2025;Kartenzahlung;Bäckerei;-1.017,22;EUR\n",
        "latin-1",
    )
    assert statement.detected["encoding"] == "windows-1252"
    assert statement.detected["decimal_mark"] == ","
    row = statement.transactions.row(0, named=True)
    assert (row["date"], row["cents"], row["iso_currency_code"]) == (date(2025, 3, 2), -101722, "EUR")
    assert (row["merchant"], row["description"]) == ("Kartenzahlung", "Kartenzahlung Bäckerei")
    assert row["account_external_id"] == "main"


def test_the_value_date_serves_only_without_another() -> None:
    assert read("Value Date,Amount\n2025-03-02,-1\n").transactions["date"].item() == date(2025, 3, 2)
    both = read("Value Date,Date,Amount\n2025-03-02,2025-03-01,-1\n")
    assert both.transactions["date"].item() == date(2025, 3, 1)


def test_a_currency_in_the_header_of_a_money_column_is_that_of_the_rows() -> None:
    statement = read("Date,Details,Withdrawals (SGD),Deposits (SGD)\n13/04/2025,x,6.66,\n")
    assert statement.transactions.select("cents", "iso_currency_code").rows() == [(-666, "SGD")]
    assert statement.accounts["iso_currency_code"].item() == "SGD"


def test_debit_and_credit_are_magnitudes_and_exclude_each_other() -> None:
    statement = read("Date,Details,Debit,Credit\n13/04/2025,a,5.00,\n13/04/2025,b,,7\n13/04/2025,c,-2,0\n")
    assert statement.transactions["cents"].to_list() == [-500, 700, -200]
    assert statement.sign_policy == "inflow_positive"
    assert "SIGN_POLICY_GUESSED" not in [problem.code for problem in statement.problems]
    wrong = read("Date,Details,Debit,Credit\n13/04/2025,a,5,7\n13/04/2025,b,,\n13/04/2025,c,x,\n")
    assert codes(wrong) == [("BOTH_DEBIT_AND_CREDIT", 2), ("REQUIRED", 3), ("AMOUNT_INVALID", 4)]


def test_a_type_column_gives_the_direction() -> None:
    statement = read("Date,Amount,Type\n2025-04-13,5,debit\n2025-04-13,-7,CR\n2025-04-13,3,out\n")
    assert statement.transactions["cents"].to_list() == [-500, 700, -300]
    wrong = read("Date,Amount,D/C\n2025-04-13,5,D\n2025-04-13,7,C\n2025-04-13,7,X\n")
    assert codes(wrong) == [("ENUM", 4)]


def test_a_type_column_that_says_something_else_is_ignored() -> None:
    statement = read("Date,Amount,Type\n2025-04-13,-5,POS\n2025-04-13,-7,ATM\n")
    assert statement.transactions["cents"].to_list() == [-500, -700]
    assert "COLUMN_IGNORED" in [problem.code for problem in statement.problems]


def test_an_account_number_is_never_kept_whole() -> None:
    statement = read(f"Date,Amount,IBAN\n2025-04-13,-5,{IBAN}\n2025-04-14,-5,{IBAN.replace(' ', '')}\n")
    account = statement.accounts.row(0, named=True)
    assert statement.accounts.height == 1
    assert account["external_id"].startswith("acct_") and len(account["external_id"]) == 21
    assert account["mask"] == "4931"
    assert "5407" not in repr(statement.report()) + repr(statement.accounts.rows()) + repr(
        statement.transactions.rows()
    )


def test_another_key_gives_another_stand_in_and_a_short_name_stays() -> None:
    text = f"Date,Amount,Account\n2025-04-13,-5,{IBAN}\n2025-04-13,-5,Joint\n"
    first = read(text).accounts["external_id"].to_list()
    other = parse(text.encode(), Options(file_type="csv", today=date(2025, 6, 1), account_key=b"other"))
    assert first[0] != other.accounts["external_id"][0]
    assert first[1] == other.accounts["external_id"][1] == "Joint"


def test_a_pending_day_takes_that_of_the_next_dated_row() -> None:
    statement = read("Date,Amount\nPending,-1\nPending,-2\n12-Dec-2024,-3\n03-Dec-2024,-4\nPending,-5\n")
    assert statement.transactions.select("date", "pending").rows() == [
        (date(2024, 12, 12), True),
        (date(2024, 12, 12), True),
        (date(2024, 12, 12), False),
        (date(2024, 12, 3), False),
        (date(2024, 12, 3), True),
    ]
    assert statement.counts["pending"] == 3


@pytest.mark.parametrize(
    ("header", "cell", "pending"),
    [
        ("Status", "Pending", True),
        ("State", "authorised", True),
        ("Status", "Cleared", False),
        ("Cleared", "no", True),
    ],
)
def test_a_status_may_say_pending(header: str, cell: str, pending: bool) -> None:
    assert read(f"Date,Amount,{header}\n2025-04-13,-5,{cell}\n").transactions["pending"].item() is pending


def test_the_first_text_column_present_is_the_merchant_and_a_blank_one_gives_way() -> None:
    statement = read("Date,Memo,Payee,Amount\n2025-04-13,rent,Landlord,-5\n2025-04-13,note,,-5\n")
    assert statement.transactions["merchant"].to_list() == ["Landlord", "note"]
    assert statement.transactions["description"].to_list() == ["Landlord rent", "note"]


def test_the_options_name_account_kind_and_currency() -> None:
    statement = read("Date,Amount\n2025-04-13,-5\n", account_id="joint", account_subtype="savings", currency="EUR")
    assert statement.accounts.select("external_id", "subtype", "iso_currency_code").rows() == [
        ("joint", "savings", "EUR")
    ]


def test_an_account_number_before_the_header_is_not_repeated_whole():
    data = b"Account,666-666666-666\n\nDate,Description,Amount\n2025-06-01,Shop,-2.00\n2025-06-02,Shop,-3.00\n"
    read = parse(data, Options(file_type="csv", today=date(2025, 7, 1), account_key=b"key"))
    assert read.detected["preamble_lines"] >= 1
    assert read.detected["preamble"] == ["Account,…6666"]
