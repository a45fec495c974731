"""Refreshing what nobody would send on purpose: every number right, or said to be unknown; never an exception."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts import rowsecurity
from accounts.tests import factories
from personas import profiles
from personas.models import Assignment, Profile, Snapshot, Window
from personas.tests.factories import loaded, refreshed

pytestmark = pytest.mark.usefixtures("own_store")
JUNE = date(2025, 6, 30)
HEADER = "account_id,date,amount,merchant_name,category,pending\n"


def csv(*rows):
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def account(name, kind, subtype, balance, limit=None, currency="USD"):
    return {
        "account_id": name,
        "type": kind,
        "subtype": subtype,
        "iso_currency_code": currency,
        "balances": {"current": balance, "limit": limit},
    }


def row(name, day, amount, account_id="checking", **more):
    return {
        "transaction_id": name,
        "account_id": account_id,
        "date": f"{day}",
        "amount": amount,
        "merchant_name": "Corner Grocer",
        "personal_finance_category": {"primary": "Food & Drink", "detailed": "Food & Drink/Groceries"},
        **more,
    }


def file(*accounts, rows=()):
    return json.dumps({"accounts": accounts, "transactions": rows, "liabilities": []}).encode()


CHECKING = account("checking", "depository", "checking", 100.0)


@pytest.fixture
def sent(now):
    """Refresh somebody who sent this file, and answer their snapshots by window."""

    def send(user, data):
        if data is not None:
            loaded(user, data, now, "statement.json" if data.startswith(b"{") else "statement.csv")
        assert refreshed(user, now).measured == 1
        return snapshots(user)

    return send


def snapshots(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return {found.time_window: found for found in Snapshot.objects.all()}


def assigned(user, now, window=Window.DAYS_30):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return profiles.assign(
            user_ids=[user.pk], tenant_id=user.tenant_id, window=window, now=now + timedelta(minutes=2)
        )[user.pk]


def without_signals(user, now):
    """Nothing was assigned, being asked says so, and the mark keeps the question from being asked for ever."""
    assert isinstance(assigned(user, now), profiles.NoSignals)
    with rowsecurity.viewing(rowsecurity.of(user)):
        assert not Assignment.objects.exists()
        assert Profile.objects.get().persona is None
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        assert profiles.due(tenant_id=user.tenant_id) == []


def missing(found):
    return {(one["category"], one["reason"]) for one in found.meta["not_enough"]}


def test_nothing_was_ever_sent(maya, sent, now):
    found = sent(maya, None)
    assert {one.no_signals for one in found.values()} == {True} and len(found) == 3
    assert found["30d"].spending_spend_total == 0 and found["30d"].savings_total_savings_balance is None
    assert found["30d"].credit_aggregate_utilization_pct is None
    assert found["30d"].income_checking_balance is None
    without_signals(maya, now)


@pytest.mark.parametrize(
    ("kind", "subtype"), [("loan", "mortgage"), ("loan", "student"), ("depository", "savings"), ("depository", "cd")]
)
def test_loans_alone_and_savings_alone_are_no_signals(maya, sent, now, kind, subtype):
    found = sent(maya, file(account("only", kind, subtype, 5000.0)))
    assert {one.no_signals for one in found.values()} == {True}
    assert found["30d"].savings_total_savings_balance == (Decimal("5000.00") if kind == "depository" else None)
    assert found["30d"].credit_num_credit_cards == 0 and found["30d"].credit_total_credit_used is None
    without_signals(maya, now)


def test_accounts_without_rows_are_measured_by_their_balances(maya, sent, now):
    """A card at 4,000 of 5,000 is 80 %; what only rows can tell is unknown."""
    found = sent(maya, file(CHECKING, account("card", "credit", "credit_card", 4000.0, 5000.0)))
    for one in found.values():
        assert not one.no_signals and one.credit_aggregate_utilization_pct == Decimal("80.00")
        assert one.income_checking_balance == Decimal("100.00")
        assert (one.income_deposit_count, one.income_payday_count, one.spending_transaction_count) == (0, 0, 0)
        assert one.income_median_pay_gap_days is None and one.income_cash_flow_buffer_months is None
        assert one.savings_emergency_fund_months is None and one.subscriptions_subscription_share_pct == 0
        assert ("income", "few_paydays") in missing(one)
    assert assigned(maya, now).primary_persona == "high_utilization"


def test_pending_rows_alone_are_as_if_there_were_none(maya, sent, now):
    found = sent(maya, csv("main,2025-06-03,-40.00,Kiosk,Food,true", "main,2025-06-10,2000.00,Payroll,Income,true"))
    for one in found.values():
        assert one.meta["pending_excluded"] == 2 and one.as_of == now.date()
        assert (one.spending_spend_total, one.income_deposit_count) == (0, 0)
        assert one.income_monthly_income is None and one.income_last_pay_date is None
    given = assigned(maya, now)
    assert (given.primary_persona, given.primary_match_strength) == ("general_wellness", "default")


def test_one_row_is_a_window_that_is_told_to_be_partial(maya, sent, now):
    """12.50 on one day: a month counts at least 30 days, so it is 12.50 a month and not 375.00."""
    found = sent(maya, csv("main,2025-06-30,-12.50,Kiosk,Groceries,false"))
    for one in found.values():
        assert one.as_of == JUNE and one.meta["partial_window"]
        assert one.spending_spend_total == one.spending_monthly_spend == Decimal("12.50")
        assert (one.spending_transaction_count, one.spending_days_covered) == (1, 1)
        assert one.income_payment_frequency == "unknown" and one.income_median_pay_gap_days is None
        assert {("income", "few_paydays"), ("subscriptions", "short_history"), ("spending", "short_history")} <= (
            missing(one)
        )
    assert assigned(maya, now).primary_persona == "general_wellness"


def test_twenty_thousand_rows_are_added_up_to_the_cent(maya, sent, now):
    """200 rows of 1.01 on each of 100 days: 202.00 a day, 6,060.00 a month in every window."""
    rows = (
        f"main,{JUNE - timedelta(days=n % 100)},-1.01,Kiosk {n % 700},Groceries,false" for n in range(20_000)
    )  # 20,000 = 200 * 100
    found = sent(maya, csv(*rows))
    told = {
        window: (one.spending_transaction_count, one.spending_spend_total, one.spending_monthly_spend)
        for window, one in found.items()
    }
    month = Decimal("6060.00")
    assert told == {
        "30d": (6_000, month, month),
        "90d": (18_000, Decimal("18180.00"), month),
        "180d": (20_000, Decimal("20200.00"), month),
    }
    assert {one.subscriptions_recurring_merchant_count for one in found.values()} == {0}
    assert assigned(maya, now).primary_persona == "general_wellness"


@pytest.mark.parametrize("limit", [0.0, -100.0, None])
def test_a_card_without_a_limit_has_no_utilisation(maya, sent, now, limit):
    """Beside a card at 1,000 of 4,000, which alone makes the aggregate: 25 %."""
    cards = (
        account("card-a", "credit", "credit_card", 500.0, limit),
        account("card-b", "credit", "credit_card", 1000.0, 4000.0),
    )
    one = sent(maya, file(*cards))["30d"]
    assert one.credit_num_credit_cards == 2 and one.credit_cards_not_below_30 == 1
    assert one.credit_aggregate_utilization_pct == one.credit_highest_card_utilization_pct == Decimal("25.00")
    assert not one.credit_any_card_high_util
    assert [card["utilization_pct"] for card in one.cards] == ["25.00", None]
    assert assigned(maya, now).primary_persona == "general_wellness"


def test_limits_of_zero_alone_are_unknown_and_not_full(maya, sent, now):
    one = sent(maya, file(account("card", "credit", "credit_card", 500.0, 0.0)))["30d"]
    assert not one.no_signals
    assert one.credit_aggregate_utilization_pct is None and one.credit_highest_card_utilization_pct is None
    assert ("credit", "no_limit_or_balance") in missing(one)
    assert assigned(maya, now).primary_persona == "general_wellness"


def test_rows_of_the_future_are_left_out_and_counted(maya, sent, now):
    """Two days old: -10.00. Tomorrow and the day after: left out, and the day of the data stays behind them."""
    today = now.date()
    days = [(-2, -10.0), (1, -500.0), (2, -700.0)]
    rows = [row(f"t{ago}", today + timedelta(days=ago), amount) for ago, amount in days]
    for one in sent(maya, file(CHECKING, rows=rows)).values():
        assert one.as_of == today - timedelta(days=2) and one.meta["future_excluded"] == 2
        assert (one.spending_transaction_count, one.spending_spend_total) == (1, Decimal("10.00"))
    assert assigned(maya, now).as_of == today - timedelta(days=2)


def test_rows_of_the_future_alone_are_as_if_there_were_none(maya, sent, now):
    rows = [row("t1", now.date() + timedelta(days=1), -500.0)]
    for one in sent(maya, file(CHECKING, rows=rows)).values():
        assert one.as_of == now.date() and one.meta["future_excluded"] == 1
        assert (one.spending_transaction_count, one.spending_spend_total) == (0, Decimal("0.00"))
        assert one.spending_monthly_spend_90d == 0 and one.income_cash_flow_buffer_months is None


def test_three_currencies_are_never_added(maya, sent, now):
    """Three rows in euro make the euro the currency: 60.00; 1,000 dollars and 2,000 pounds are not in any number."""
    accounts = [
        account("eur", "depository", "checking", 30.0, currency="EUR"),
        account("usd", "depository", "checking", 7000.0, currency="USD"),
        account("gbp", "credit", "credit_card", 900.0, 1000.0, currency="GBP"),
    ]
    rows = [
        *(row(f"e{day}", f"2025-06-{day}", -20.0, "eur", iso_currency_code="EUR") for day in (10, 11, 12)),
        *(row(f"u{day}", f"2025-06-{day}", -500.0, "usd", iso_currency_code="USD") for day in (10, 11)),
        row("g", "2025-06-12", -2000.0, "gbp", iso_currency_code="GBP"),
    ]
    for one in sent(maya, file(*accounts, rows=rows)).values():
        assert one.meta["currency"] == "EUR" and one.meta["other_currency_excluded"] == 3
        assert (one.spending_transaction_count, one.spending_spend_total) == (3, Decimal("60.00"))
        assert one.income_checking_balance == Decimal("30.00") and one.credit_num_credit_cards == 0
        assert one.income_cash_flow_buffer_months == Decimal("0.50")  # 30.00 of 60.00 a month
    assert assigned(maya, now).primary_persona != "high_utilization"


EXTREME = {
    "a limit of a cent": file(account("card", "credit", "credit_card", 9_999_999_999.99, 0.01)),
    "the greatest rows there are": file(
        CHECKING, rows=[row(f"t{n}", f"2025-06-{n % 30 + 1:02}", -9_999_999_999.99) for n in range(300)]
    ),
}


@pytest.mark.parametrize("data", EXTREME.values(), ids=EXTREME)
def test_the_greatest_numbers_of_one_person_do_not_stop_the_others(maya, now, data):
    sam = factories.consenting("sam")
    loaded(sam, csv("main,2025-06-30,-12.50,Kiosk,Groceries,false"), now)
    loaded(maya, data, now, "statement.json")
    with rowsecurity.viewing(rowsecurity.pipeline(maya.tenant_id)):
        done = profiles.refresh(user_ids=[maya.pk, sam.pk], tenant_id=maya.tenant_id, now=now + timedelta(minutes=1))
    assert done.measured == 2
    assert snapshots(sam)["30d"].spending_spend_total == Decimal("12.50")
    assert len(snapshots(maya)) == 3


def test_a_batch_of_them_gives_each_what_they_get_alone(db, now):
    files = {
        "nothing": None,
        "loans": file(account("only", "loan", "mortgage", 5000.0)),
        "pending": csv("main,2025-06-03,-40.00,Kiosk,Food,true"),
        "single": csv("main,2025-06-30,-12.50,Kiosk,Groceries,false"),
        "unlimited": file(account("card", "credit", "credit_card", 500.0, 0.0)),
        "future": file(CHECKING, rows=[row("t1", now.date() + timedelta(days=1), -500.0)]),
    }
    people = {name: factories.consenting(name) for name in files}
    for name, data in files.items():
        if data:
            loaded(people[name], data, now, "s.json" if data.startswith(b"{") else "s.csv")
    tenant_id = people["nothing"].tenant_id
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        due = profiles.due(tenant_id=tenant_id)
        done = profiles.refresh(user_ids=due, tenant_id=tenant_id, now=now + timedelta(minutes=1))
    assert (done.measured, done.stored) == (6, 18)
    assert done.appended == 3 * 4  # pending, single, unlimited and future stand on the fallback
    for user in people.values():
        again = refreshed(user, now + timedelta(minutes=1))
        assert (again.measured, again.stored, again.appended) == (1, 0, 0)


def test_over_http_it_is_an_answer_and_never_a_fault(calling, maya):
    assert calling(maya).post("/api/personas/assign/me").json()["code"] == "NO_SIGNALS"
    loaded(maya, file(account("card", "credit", "credit_card", 500.0, 0.0)), timezone.now(), "s.json")
    given = calling(maya).post("/api/personas/assign/me")
    assert (given.status_code, given.json()["primary_persona"]) == (200, "general_wellness")
    credit = calling(maya).get("/api/users/me/signals").json()["signals"]["credit"]
    assert credit["aggregate_utilization_pct"] is None and credit["any_card_high_util"] is False
