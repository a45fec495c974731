"""Subscriptions: what recurs, what it costs a month, and what was only bought three times."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.statements.classes import Flow
from personas.signals import Kind
from personas.tests.people import Row, account, day, person, row, signals

SUBSCRIPTION = Flow.SUBSCRIPTION
COUNT = "subscriptions.recurring_merchant_count"
INACTIVE = "subscriptions.inactive_merchant_count"
MONTHLY = "subscriptions.monthly_recurring_spend"
SHARE = "subscriptions.subscription_share_pct"
MERCHANTS = "subscriptions.merchants"


def charges(*pairs: tuple[str, str], merchant: str = "Flix", flow: Flow = SUBSCRIPTION, **more: Any) -> list[Row]:
    return [row(on, f"-{amount}", merchant, flow, **more) for on, amount in pairs]


def found(rows: list[Row], **more: Any) -> dict[str, Any]:
    return signals(person(rows, **more))["30d"]


def test_the_example_of_two_monthly_services():
    """04-12, 05-12, 06-12  Netflix         -15.99   gaps 30 and 31
    04-20, 05-20, 06-20  Spotify         -10.99   gaps 30 and 31
    06-05                Corner Grocer  -250.00
    06-25                Hardware Store  -72.02
    """
    rows = [
        *charges(("04-12", "15.99"), ("05-12", "15.99"), ("06-12", "15.99"), merchant="Netflix"),
        *charges(("04-20", "10.99"), ("05-20", "10.99"), ("06-20", "10.99"), merchant="Spotify"),
        row("06-05", "-250.00", "Corner Grocer", Flow.GROCERIES),
        row("06-25", "-72.02", "Hardware Store"),
    ]
    measured = signals(person(rows, since=None))
    short, quarter = measured["30d"], measured["90d"]
    assert (short[COUNT], short[INACTIVE], short[MONTHLY]) == (2, 0, Decimal("26.98"))
    assert short["spending.spend_total"] == Decimal("349.00")
    assert short[SHARE] == Decimal("7.73")  # 26.98 of 349.00
    assert quarter["spending.spend_total"] == Decimal("402.96")
    assert quarter["spending.monthly_spend"] == Decimal("151.11")  # 402.96 x 30 / 80
    assert quarter[SHARE] == Decimal("17.85")  # 26.98 of 151.11
    assert short[MERCHANTS] == [
        {
            "name": name,
            "merchant_key": name.casefold(),
            "amount": Decimal(amount),
            "average_charge": Decimal(amount),
            "frequency": "monthly",
            "rule": "cadence",
            "charges_in_window": 3,
            "first_charge_date": day(first),
            "last_charge_date": day(last),
            "active": True,
        }
        for name, amount, first, last in (
            ("Netflix", "15.99", "04-12", "06-12"),
            ("Spotify", "10.99", "04-20", "06-20"),
        )
    ]


def test_five_weekly_charges_are_fifty_two_twelfths_of_one_a_month():
    weekly = charges(*((f"06-{n:02}", "12.00") for n in (1, 8, 15, 22, 29)), flow=Flow.OTHER)
    measured = found(weekly)
    assert measured[MONTHLY] == Decimal("52.00")
    assert measured[MERCHANTS][0]["frequency"] == "weekly"


def test_a_price_rise_within_ten_percent_of_variation_is_one_plan():
    """15.49, 15.49, 17.99: mean 16.32, deviation 1.443, 8.84 %."""
    measured = found(charges(("04-10", "15.49"), ("05-10", "15.49"), ("06-09", "17.99"), flow=Flow.OTHER))
    assert measured[MONTHLY] == Decimal("16.32")
    assert measured[MERCHANTS][0]["rule"] == "cadence"


@pytest.mark.parametrize(("low", "high", "count"), [("90.00", "110.00", 1), ("89.99", "110.01", 0)])
def test_a_variation_of_exactly_ten_percent_is_the_most(low, high, count):
    """90, 100, 110: deviation 10 of 100; 89.99, 100, 110.01: deviation 10.01 of 100."""
    measured = found(charges(("04-10", low), ("05-10", "100.00"), ("06-09", high), flow=Flow.OTHER))
    assert measured[COUNT] == count


def test_two_plans_of_one_merchant_count_once_with_both_amounts():
    two = charges(*((f"{m}-{d}", a) for m in ("04", "05", "06") for d, a in (("06", "15.99"), ("11", "19.99"))))
    measured = found(two)
    assert (measured[COUNT], measured[MONTHLY]) == (1, Decimal("35.98"))
    assert measured[MERCHANTS][0]["charges_in_window"] == 6
    assert measured[MERCHANTS][0]["average_charge"] == Decimal("17.99")


def test_three_plans_still_count_once_and_four_are_shopping():
    months = ("04", "05", "06")
    three = [(f"{m}-{d}", a) for m in months for d, a in (("03", "5"), ("09", "10"), ("20", "20"))]
    four = [*three, *((f"{m}-25", "40") for m in months)]
    assert found(charges(*three, flow=Flow.OTHER))[MONTHLY] == Decimal("35.00")
    assert found(charges(*four, flow=Flow.OTHER))[COUNT] == 0


def test_a_weekly_and_a_monthly_plan_are_weekly():
    weekly = [(f"06-{n:02}", "4.00") for n in (1, 8, 15, 22, 29)]
    monthly = [(f"{m}-10", "30.00") for m in ("04", "05", "06")]
    measured = found(charges(*weekly, *monthly, flow=Flow.OTHER))
    assert measured[MONTHLY] == Decimal("47.33")  # 4.00 x 52/12 + 30.00
    assert measured[MERCHANTS][0]["frequency"] == "weekly"


def test_a_plan_with_an_odd_charge_beside_it_is_no_plan():
    rows = charges(("04-06", "15.99"), ("05-06", "15.99"), ("06-06", "15.99"), ("05-20", "99.00"), flow=Flow.OTHER)
    assert found(rows)[COUNT] == 0


def test_irregular_charges_recur_only_by_their_category():
    """9.99, 25.00, 14.50: variation 46.7 %, gaps 18 and 32, their median 25; 49.49 x 30 / 90."""
    pairs = (("05-02", "9.99"), ("05-20", "25.00"), ("06-21", "14.50"))
    merchant = found(charges(*pairs))[MERCHANTS][0]
    assert (merchant["amount"], merchant["rule"], merchant["frequency"]) == (Decimal("16.50"), "category", "monthly")
    assert merchant["average_charge"] == Decimal("16.50")  # 49.49 / 3 = 16.4967
    assert found(charges(*pairs, flow=Flow.OTHER))[COUNT] == 0


def test_charges_of_the_category_within_ten_days_are_irregular_and_beyond_forty_five_nothing():
    often = charges(("06-01", "5.00"), ("06-04", "9.00"), ("06-07", "5.00"))
    assert found(often)[MERCHANTS][0]["frequency"] == "irregular"
    seldom = charges(("04-02", "5.00"), ("05-18", "5.00"), ("06-30", "9.00"))  # gaps 46 and 43: 44.5
    later = charges(("04-02", "5.00"), ("05-17", "5.00"), ("06-30", "9.00"), ("06-30", "9.00"))  # 45 and 44
    never = charges(("04-02", "5.00"), ("05-18", "5.00"), ("05-18", "9.00"))  # two days only
    assert [found(rows)[COUNT] for rows in (seldom, later, never)] == [1, 1, 0]


@pytest.mark.parametrize(("last", "active"), [("05-16", 1), ("05-15", 0)])
def test_a_monthly_merchant_is_active_for_45_days(last, active):
    """as_of 06-30: 05-16 lies 45 days back, 05-15 46."""
    rows = [row(text, "-9.00", "Flix", SUBSCRIPTION) for text in ("04-03", "04-20", last)]
    measured = found(rows)
    assert (measured[COUNT], measured[INACTIVE]) == (active, 1 - active)
    assert measured[MERCHANTS][0]["active"] is bool(active)
    assert (measured[MONTHLY] > 0) is bool(active)


@pytest.mark.parametrize(("last", "active"), [(20, 1), (19, 0)])
def test_a_weekly_merchant_is_active_for_10_days(last, active):
    rows = charges(*((f"06-{n:02}", "3.00") for n in (last - 14, last - 7, last)), flow=Flow.OTHER)
    assert found(rows)[COUNT] == active


def test_a_charge_51_days_ago_makes_the_merchant_inactive():
    measured = found(charges(("04-02", "9.00"), ("04-25", "9.00"), ("05-10", "9.00")))
    assert (measured[COUNT], measured[INACTIVE], measured[MONTHLY]) == (0, 1, Decimal("0.00"))


@pytest.mark.parametrize(
    "flow",
    [
        Flow.HOUSING, Flow.INSURANCE, Flow.UTILITIES, Flow.GROCERIES, Flow.FUEL, Flow.DINING, Flow.LOAN,
        Flow.TAX, Flow.FEE, Flow.INTEREST, Flow.TRANSFER, Flow.PAYMENT, Flow.INCOME,
    ],
)  # fmt: skip
def test_bills_and_shopping_of_other_classes_are_no_candidates(flow):
    assert found(charges(("04-10", "9.00"), ("05-10", "9.00"), ("06-09", "9.00"), flow=flow))[COUNT] == 0


def test_three_charges_on_two_days_do_not_recur():
    assert found(charges(("05-10", "9.00"), ("06-09", "9.00"), ("06-09", "9.00")))[COUNT] == 0


def test_refunds_and_trial_rows_add_no_charge():
    two = charges(("05-10", "9.00"), ("06-09", "9.00"))
    refund, trial = row("04-10", "9.00", "Flix", SUBSCRIPTION), row("04-11", "0.00", "Flix", SUBSCRIPTION)
    assert found([*two, refund, trial])[COUNT] == 0


def test_charges_on_savings_and_on_accounts_nobody_knows_are_no_candidates():
    three = (("04-10", "9.00"), ("05-10", "9.00"), ("06-09", "9.00"))
    held = (account(Kind.SAVINGS), account(Kind.CARD))
    assert found(charges(*three, account="savings"), accounts=held)[COUNT] == 0
    assert found(charges(*three, account="elsewhere"), accounts=held)[COUNT] == 0
    assert found(charges(*three, account="card"), accounts=held)[COUNT] == 1


def test_unknown_is_nobody_however_often_it_comes():
    assert found(charges(("04-10", "9.00"), ("05-10", "9.00"), ("06-09", "9.00"), merchant="Unknown"))[COUNT] == 0


def test_rows_of_91_days_ago_are_not_looked_at():
    """as_of 06-30: the 90 days begin on 04-02."""
    assert found(charges(("04-01", "9.00"), ("05-01", "9.00"), ("06-01", "9.00")))[COUNT] == 0
    assert found(charges(("04-02", "9.00"), ("05-01", "9.00"), ("06-01", "9.00")))[COUNT] == 1


def test_a_merchant_bears_its_newest_name_and_the_dearest_comes_first():
    plain = charges(("04-10", "9.00"), ("05-10", "9.00"), merchant="flix", merchant_key="m1")
    renamed = charges(("06-09", "9.00"), merchant="FLIX Plus", merchant_key="m1")
    three = (("04-11", "9.00"), ("05-11", "9.00"), ("06-10", "9.00"))
    listed = found([*plain, *renamed, *charges(*three, merchant="Abc"), *charges(*three, merchant="Zzz")])[MERCHANTS]
    assert [one["name"] for one in listed] == ["Abc", "FLIX Plus", "Zzz"]
    dear = charges(("04-11", "9.01"), ("05-11", "9.01"), ("06-10", "9.01"), merchant="Zzz")
    assert [one["name"] for one in found([*plain, *renamed, *dear])[MERCHANTS]] == ["Zzz", "FLIX Plus"]


def test_without_spending_the_share_is_nothing():
    """The last charge, of 05-30, lies 31 days back."""
    measured = found(charges(("05-03", "9.00"), ("05-16", "9.00"), ("05-30", "9.00")))
    assert measured["spending.spend_total"] == Decimal("0.00")
    assert (measured[COUNT], measured[SHARE]) == (1, Decimal("0.00"))


def test_sums_of_thirds_are_rounded_as_if_they_were_exact():
    """Three means of 31.00 / 3, each 10.333..., and one of 1.005: together 32.005, which rounds up."""
    thirds = (("04-10", "10.00"), ("05-10", "10.50"), ("06-09", "10.50"))
    halves = (("04-02", "1.00"), ("05-02", "1.01"), ("06-01", "1.01"), ("06-30", "1.00"))
    rows = [one for merchant in "abc" for one in charges(*thirds, merchant=merchant)]
    assert found([*rows, *charges(*halves, merchant="d")])[MONTHLY] == Decimal("32.01")
