"""Reading accounts and transactions back: one's own, filtered as asked, in pages that stay true while data arrives."""

import base64
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories
from accounts.tests.factories import AccountFactory, LiabilityFactory, TransactionFactory
from accounts.tests.senders import load_all, send, statements_of

DAY = date(2025, 6, 10)
ACCOUNT_KEYS = {
    *("account_id", "name", "type", "subtype", "account_type", "mask", "balance", "balance_available", "limit"),
    *("iso_currency_code", "liability", "updated_at"),
}
TRANSACTION_KEYS = {
    *("transaction_id", "account_id", "date", "merchant", "merchant_key", "description", "amount"),
    *("iso_currency_code", "category", "category_primary", "category_detailed", "payment_channel", "pending"),
    *("upload_id", "created_at"),
}


@pytest.fixture
def checking(maya):
    return AccountFactory(user=maya, name="Everyday")


def row(account, amount="-10.00", day=DAY, **fields):
    return TransactionFactory(user=account.user, account=account, amount=Decimal(amount), date=day, **fields)


def told(answer):
    return answer.status_code, answer.json()["code"]


# -- GET /api/accounts


def test_accounts_come_by_type_and_name_with_what_is_owed(calling, maya, noor):
    savings = AccountFactory(user=maya, name="Zebra", subtype="savings", account_number_last4="0017")
    card = AccountFactory(user=maya, name="Card", type="credit", subtype="credit_card", limit=Decimal("5000.00"))
    LiabilityFactory(user=maya, account=card, minimum_payment_amount=Decimal("95.50"), is_overdue=False)
    AccountFactory(user=maya, name="Apple")
    AccountFactory(user=noor, name="Not hers")
    page = calling(maya).get("/api/accounts").json()
    assert (page["total"], page["limit"], page["offset"]) == (3, 50, 0)
    assert [item["name"] for item in page["items"]] == ["Card", "Apple", "Zebra"]
    first, last = page["items"][0], page["items"][2]
    assert set(first) == ACCOUNT_KEYS
    assert (first["account_id"], first["account_type"], first["limit"]) == (str(card.pk), "credit_card", 5000.00)
    assert first["liability"]["minimum_payment_amount"] == 95.50 and first["liability"]["is_overdue"] is False
    assert (last["account_id"], last["mask"], last["liability"]) == (str(savings.pk), "0017", None)


def test_a_person_without_consent_reads_their_own_money(calling, noor):
    row(AccountFactory(user=noor))
    assert calling(noor).get("/api/accounts").json()["total"] == 1
    assert len(calling(noor).get("/api/transactions").json()["items"]) == 1


@pytest.mark.parametrize("route", ["/api/accounts", "/api/transactions"])
def test_nobody_and_no_staff_read_money_here(calling, omar, junior, ada, route):
    assert told(calling().get(route)) == (401, "AUTH_REQUIRED")
    for staff in (omar, junior, ada):
        assert told(calling(staff).get(route)) == (403, "FORBIDDEN_ROLE")
    assert told(calling(omar).post(route)) in ((403, "FORBIDDEN_ROLE"), (405, "METHOD_NOT_ALLOWED"))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "offset=2147483648", "offset=9223372036854775808", "limit=ten"]
)
def test_accounts_have_the_limits_of_every_list(calling, maya, query):
    answer = calling(maya).get(f"/api/accounts?{query}")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_accounts_cost_the_same_at_any_number(calling, maya):
    client = calling(maya)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/accounts")
        return statements_of(captured)

    LiabilityFactory(user=maya)
    few = cost()
    for _ in range(8):
        LiabilityFactory(user=maya)
    assert len(cost()) == len(few) == 3, few  # who is calling, the rows, the total


# -- GET /api/transactions, what comes


def test_a_transaction_has_every_word_of_the_contract(calling, maya, checking):
    made = row(checking, "-12.34", category_primary="Food", category_detailed="Food/Groceries", pending=True)
    page = calling(maya).get("/api/transactions").json()
    assert set(page) == {"items", "limit", "next_cursor"} and (page["limit"], page["next_cursor"]) == (50, None)
    (item,) = page["items"]
    assert set(item) == TRANSACTION_KEYS
    assert (item["transaction_id"], item["account_id"]) == (str(made.id), str(checking.pk))
    assert (item["date"], item["amount"], item["pending"]) == ("2025-06-10", -12.34, True)
    assert (item["category"], item["category_primary"]) == ("Food/Groceries", "Food")


@pytest.fixture
def six(checking, maya):
    """Six rows by name; their amounts, days and kinds are in the filters below."""
    card = AccountFactory(user=maya, type="credit", subtype="credit_card")
    row(checking, "2000.00", date(2025, 6, 1), merchant="Northwind Payroll", category_primary="INCOME")
    row(checking, "-12.50", date(2025, 6, 3), merchant="Corner Grocer", category_detailed="Food & Drink/Groceries")
    row(checking, "-0.99", date(2025, 6, 4), merchant="Kiosk 100% _", category_primary="Food")
    row(card, "-12.51", date(2025, 6, 5), merchant="CORNER Café", category_primary="food", pending=True)
    row(card, "12.50", date(2025, 6, 6), merchant="Refund", category_primary="Food")
    row(card, "0.00", date(2025, 6, 7), merchant="Nothing")
    return {"checking": str(checking.pk), "card": str(card.pk)}


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", [7, 6, 5, 4, 3, 1]),
        ("end=&direction=", [7, 6, 5, 4, 3, 1]),  # an empty field of a form is one that was not filled in
        ("start=2025-06-04", [7, 6, 5, 4]),
        ("end=2025-06-04", [4, 3, 1]),
        ("start=2025-06-04&end=2025-06-04", [4]),
        ("start=2025-06-05&end=2025-06-04", []),
        ("category=FOOD", [6, 5, 4]),
        ("category=food %26 drink/groceries", [3]),
        ("category=foo", []),
        ("merchant=corner", [5, 3]),
        ("merchant=CAFÉ", [5]),
        ("merchant=%25", [4]),
        ("merchant=_", [4]),
        ("account_id={card}", [7, 6, 5]),
        ("account_id={checking}&direction=out", [4, 3]),
        ("min_amount=12.50", [6, 5, 3, 1]),
        ("max_amount=12.50", [7, 6, 4, 3]),
        ("min_amount=12.50&max_amount=12.50", [6, 3]),
        ("direction=in", [6, 1]),
        ("direction=out", [5, 4, 3]),
        ("pending=true", [5]),
        ("pending=false&category=food", [6, 4]),
        ("account_id=00000000-0000-4000-8000-000000000000", []),
    ],
)
def test_a_filter_leaves_exactly_its_rows(calling, maya, six, query, days):
    page = calling(maya).get(f"/api/transactions?{query.format(**six)}")
    assert [int(item["date"][-2:]) for item in page.json()["items"]] == days


def test_another_persons_account_is_an_account_without_rows(calling, noor, six):
    assert calling(noor).get(f"/api/transactions?account_id={six['card']}").json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        *("start=2025-02-30", "start=03/06/2025", "start=20250603x", "end=10000-01-01", "start=0"),
        *("account_id=mine", "min_amount=-1", "min_amount=abc", "max_amount=NaN", "max_amount=Infinity"),
        *("max_amount=1e400", "min_amount=1e-400000", "max_amount=1e999999999", "direction=sideways"),
        *("pending=maybe", "limit=0", "limit=201", "limit=-1", "limit=1.5", "merchant=a%00b", "category=a%00b"),
        *("cursor=%00", "merchant=" + "x" * 256),
    ],
)
def test_a_filter_that_cannot_be_meant_is_told_by_its_name(calling, maya, query):
    answer = calling(maya).get(f"/api/transactions?{query}")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert {error["field"] for error in answer.json()["errors"]} == {query.partition("=")[0]}
    assert all(error["message"] for error in answer.json()["errors"])


def coded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "====", "%C3%A9", coded(None), coded([]), coded({}), coded(5), coded(["2025-06-01"])),
        *(coded(["2025-06-01", 5]), coded([5, "00000000-0000-4000-8000-000000000000"]), coded([None, None])),
        *(coded(["2025-13-01", "00000000-0000-4000-8000-000000000000"]), coded(["2025-06-01", "x"]), coded("ab")),
        *(coded([["2025-06-01"], {}]), base64.urlsafe_b64encode(b"[" * 140).decode(), "x" * 201),
    ],
)
def test_a_cursor_that_we_did_not_give_is_refused(calling, maya, cursor):
    answer = calling(maya).get(f"/api/transactions?cursor={cursor}")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


# -- pages


def walk(client, limit, between=lambda: None, query=""):
    ids, cursor = [], ""
    while True:
        page = client.get(f"/api/transactions?limit={limit}{query}" + (f"&cursor={cursor}" if cursor else "")).json()
        ids += [item["transaction_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            return ids
        between()


def test_pages_cover_everything_once_in_order(calling, maya, checking):
    made = [row(checking, day=DAY - timedelta(days=n // 4)) for n in range(10)]  # four rows a day: ties on the date
    expected = [str(r.id) for r in sorted(made, key=lambda r: (r.date, r.id), reverse=True)]
    for limit in (1, 3, 4, 9, 10, 11, 200):
        assert walk(calling(maya), limit) == expected


def test_a_page_that_ends_with_the_last_row_is_the_last(calling, maya, checking):
    for _ in range(4):
        row(checking)
    first = calling(maya).get("/api/transactions?limit=2").json()
    last = calling(maya).get(f"/api/transactions?limit=2&cursor={first['next_cursor']}").json()
    assert first["next_cursor"] and len(last["items"]) == 2 and last["next_cursor"] is None


def test_rows_that_arrive_between_two_pages_neither_repeat_nor_hide_others(calling, maya, checking):
    made = [row(checking, day=DAY - timedelta(days=n // 3)) for n in range(9)]

    def arrive():
        row(checking, day=DAY + timedelta(days=1))  # newer than everything that was shown
        row(checking, day=DAY)  # on a day that was shown in part

    seen = walk(calling(maya), 4, arrive)
    assert len(seen) == len(set(seen))
    assert {str(r.id) for r in made} <= set(seen)


def test_older_rows_that_arrive_are_found_on_the_pages_to_come(calling, maya, checking):
    made = [row(checking, day=DAY - timedelta(days=n)) for n in range(4)]
    older = []

    def arrive():
        if not older:
            older.append(row(checking, day=DAY - timedelta(days=30)))

    assert walk(calling(maya), 2, arrive) == [str(r.id) for r in made + older]


def test_a_cursor_goes_on_within_its_filters(calling, maya, checking):
    for n in range(6):
        row(checking, "10.00" if n % 2 else "-10.00", DAY - timedelta(days=n))
    assert len(walk(calling(maya), 2, query="&direction=out")) == 3


def test_a_page_costs_the_same_after_twenty_rows_and_after_five_thousand(calling, maya, noor, own_store, now):
    def cost(user, rows):
        lines = (f"main,{date(2024, 1, 1) + timedelta(days=n % 500)},-{n + 1}.00,Shop {n}" for n in range(rows))
        send(calling(user), ("account_id,date,amount,merchant\n" + "\n".join(lines)).encode())
        load_all(user, now)
        client = calling(user)
        first = client.get("/api/transactions?limit=10&start=2024-01-01").json()
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"/api/transactions?limit=10&cursor={first['next_cursor']}").json()
        assert len(page["items"]) == 10
        return statements_of(captured)

    few, many = cost(noor, 21), cost(maya, 5000)
    assert len(few) == len(many) <= 3, many


def test_two_people_with_the_same_rows_read_their_own(calling, maya, checking):
    other = factories.consenting("theo")
    theirs, mine = row(AccountFactory(user=other)), row(checking)
    assert walk(calling(maya), 50) == [str(mine.id)]
    assert walk(calling(other), 50) == [str(theirs.id)]


@pytest.mark.parametrize("route", ["/api/accounts", "/api/transactions", "/api/uploads"])
def test_a_thousand_parameters_are_too_many_and_no_fault_of_ours(calling, maya, route):
    assert calling(maya).get(f"{route}?{'a=1&' * 1001}").status_code == 400
