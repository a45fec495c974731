from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from personas import rules
from personas.catalogue import Type
from personas.rules.goals import rounded

RULES = rules.shipped()
CARD = {
    "account_id": "a-1",
    "name": "Everyday",
    "mask": "4523",
    "balance": Decimal("3400.00"),
    "limit": Decimal("5000.00"),
    "utilization_pct": Decimal("68.00"),
    "minimum_payment": Decimal("95.00"),
    "minimum_payment_only": True,
    "minimum_payment_basis": "liability",
    "is_overdue": True,
}
CALM = CARD | {
    "account_id": "a-2",
    "mask": "0017",
    "balance": Decimal("1200.00"),
    "limit": Decimal("10000.00"),
    "utilization_pct": Decimal("12.00"),
    "minimum_payment": None,
    "minimum_payment_only": False,
    "is_overdue": False,
}
CREDIT = {
    "any_card_high_util": True,
    "cards_not_below_30": 1,
    "any_interest_charges": True,
    "interest_charged": Decimal("62.10"),
    "last_interest_on": "2025-06-18",
    "last_interest_amount": Decimal("62.10"),
    "any_overdue": True,
    "any_minimum_payment_only": True,
    "cards": [CARD, CALM],
}
META = {"as_of": "2025-06-30", "currency": "USD"}
INCOME = {
    "checking_balance": Decimal("1200.00"),
    "cash_flow_buffer_months": Decimal("0.80"),
    "median_pay_gap_days": Decimal("50.0"),
    "payment_frequency": "irregular",
    "income_variability_pct": Decimal("37.85"),
}


def spending(total, quarter=None):
    return {"spend_total": Decimal(total), "monthly_spend_90d": Decimal(quarter or total), "days_covered": 200}


def whole(window_days=30, document=RULES, **signals):
    return rules.counterfactual({"meta": META, **signals}, document, window_days=window_days)


def said(name, window_days=30, document=RULES, **signals):
    answered = whole(window_days, document, **signals)
    return next(one for persona in answered["personas"] for one in persona["criteria"] if one["id"] == name)


def sentence(name, **signals):
    return said(name, **signals)["sentence"]


def test_a_card_at_68_percent_needs_901_dollars_to_be_below_50():
    one = said("hu_card_50", credit=CREDIT)
    assert one == {
        "id": "hu_card_50",
        "signal": "credit.any_card_high_util",
        "op": "==",
        "threshold": True,
        "current": True,
        "met": True,
        "flips": True,
        "gap": None,
        "unit": "flag",
        "sentence": "Paying about $901 on the card ending 4523 brings it below 50 % of its limit.",
        "steps": [
            {
                "account_id": "a-1",
                "label": "card ending 4523",
                "amount": Decimal("901.00"),
                "from": Decimal("68.00"),
                "to": Decimal("49.98"),
            }
        ],
    }


def test_the_same_card_needs_more_to_let_savings_count():
    one = said("sb_cards", credit=CREDIT)
    assert one["sentence"] == "Paying about $1,901 on the card ending 4523 brings it below 30 % of its limit."
    assert (one["gap"], one["current"], one["flips"]) == (1, 1, True)


def test_every_high_card_has_its_own_step():
    second = CARD | {"account_id": "a-3", "mask": None, "balance": Decimal("600.00"), "limit": Decimal("1000.00")}
    one = said("hu_card_50", credit=CREDIT | {"cards": [CARD, second]})
    assert one["sentence"] == (
        "Paying about $901 on the card ending 4523 brings it below 50 % of its limit. "
        "Paying about $101 on the card Everyday brings it below 50 % of its limit."
    )
    assert [step["amount"] for step in one["steps"]] == [901, 101]


def test_a_card_of_unknown_limit_is_below_30_percent_when_nothing_is_owed():
    unknown = CARD | {"balance": Decimal("250.50"), "limit": None, "utilization_pct": None}
    one = said("sb_cards", credit={"cards_not_below_30": 1, "cards": [unknown]})
    assert one["sentence"] == "Paying about $251 clears the card ending 4523, whose limit is not known."


def test_a_card_of_which_nothing_is_known_gets_no_amount():
    unknown = CARD | {"balance": None, "limit": None, "utilization_pct": None}
    one = said("sb_cards", credit={"cards_not_below_30": 1, "cards": [unknown]})
    assert one["sentence"] == "Cards not known to be below 30 % of their limit: 1; exactly 0 meets this."
    assert one["steps"] == []


def test_interest_leaves_the_window_by_itself():
    expected = "18 more days without an interest charge clear this; the last was $62.10 on 2025-06-18."
    assert sentence("hu_interest", credit=CREDIT) == expected
    late = CREDIT | {"last_interest_on": "2025-06-01"}
    assert sentence("hu_interest", credit=late).startswith("1 more day without an interest charge clears this;")


def test_without_the_day_of_the_last_charge_the_window_is_the_bound():
    credit = {key: value for key, value in CREDIT.items() if not key.startswith("last_")}
    assert sentence("hu_interest", credit=credit) == (
        "At most 30 more days without an interest charge clear this; $62.10 was charged in these 30."
    )


def test_an_overdue_card_is_named_with_what_is_due():
    expected = "Bringing the card ending 4523 up to date clears this; at least $95.00 is due."
    assert sentence("hu_overdue", credit=CREDIT) == expected
    unknown = CREDIT | {"cards": [CARD | {"minimum_payment": None}]}
    assert sentence("hu_overdue", credit=unknown) == "Bringing the card ending 4523 up to date clears this."


def test_the_minimum_payment_has_a_bound_that_clears_it():
    one = said("hu_minimum_only", credit=CREDIT)
    assert one["sentence"] == (
        "A payment above $104.50 on the card ending 4523, instead of the minimum of $95.00, clears this."
    )
    assert one["steps"][0]["amount"] == 105
    small = CREDIT | {"cards": [CARD | {"minimum_payment": Decimal("20.00")}]}
    assert "above $25.00" in sentence("hu_minimum_only", credit=small)


def test_a_buffer_of_080_months_needs_293_dollars():
    one = said("vib_buffer", income=INCOME, spending=spending("1500.00"))
    assert one["sentence"] == "Keeping about $293 more in checking brings the buffer to one month of spending."
    assert (one["gap"], one["unit"]) == (Decimal("0.20"), "months")
    assert one["steps"] == [
        {
            "account_id": None,
            "label": "checking",
            "amount": Decimal("293.00"),
            "from": Decimal("0.80"),
            "to": Decimal("1.00"),
        }
    ]


def test_a_short_history_scales_the_spending_of_the_buffer():
    short = spending("1500.00") | {"days_covered": 80}
    one = said("vib_buffer", income=INCOME | {"checking_balance": Decimal("450.00")}, spending=short, window_days=180)
    # 1,500.00 in 80 days are 562.50 a month; 0.995 of it are 559.69, which is 109.69 more than 450.00.
    assert (one["steps"][0]["amount"], one["steps"][0]["from"]) == (110, Decimal("0.80"))


def test_income_is_told_as_it_is():
    assert sentence("vib_gap", income=INCOME) == "Income comes every 50 days; 45 or fewer clear this."
    assert sentence("vib_irregular", income=INCOME) == "Income has no steady rhythm."
    assert sentence("vib_variability", income=INCOME) == "Deposits vary by 37.85 %; less than 30 % clears this."
    assert said("vib_gap", income=INCOME)["gap"] == Decimal("5.0")
    assert said("vib_variability", income=INCOME)["gap"] == Decimal("7.86")


def subscriptions(count, monthly, share, merchants=()):
    return {
        "recurring_merchant_count": count,
        "monthly_recurring_spend": Decimal(monthly),
        "subscription_share_pct": Decimal(share),
        "merchants": list(merchants),
    }


EIGHT = subscriptions(
    8,
    "186.94",
    "10.68",
    [
        {"name": "HelloFresh", "amount": Decimal("69.99"), "active": True},
        {"name": "Old Club", "amount": Decimal("90.00"), "active": False},
        {"name": "Netflix", "amount": Decimal("15.99"), "active": True},
    ],
)


def test_subscriptions_name_how_many_how_much_and_the_largest():
    signals = {"subscriptions": EIGHT, "spending": spending("1750.00")}
    assert sentence("sh_count", **signals) == (
        "Ending 6 of 8 subscriptions leaves 2; the largest is HelloFresh at $69.99 a month."
    )
    assert sentence("sh_spend", **signals) == ("Subscriptions cost $186.94 a month; $137 less brings them below $50.")
    assert sentence("sh_share", **signals) == "Cutting $13 a month brings them below 10 % of spending."
    assert said("sh_count", **signals)["gap"] == 6
    assert said("sh_spend", **signals)["gap"] == Decimal("136.95")


def savings(inflow="100.00", balance="6500.00", growth="1.56", fund="1.47", inferred=True):
    return {
        "net_savings_inflow": Decimal(inflow),
        "total_savings_balance": Decimal(balance),
        "savings_growth_rate_pct": Decimal(growth),
        "emergency_fund_months": Decimal(fund),
        "inferred": inferred,
    }


def test_100_on_6400_needs_28_dollars_to_grow_by_two_percent():
    one = said("sb_growth", savings=savings(), spending=spending("2000.00"))
    assert one["sentence"] == "About $28 more in savings this month brings growth to 2 %."
    assert (one["steps"][0]["from"], one["steps"][0]["to"]) == (Decimal("1.56"), Decimal("2.00"))
    assert one["gap"] == Decimal("0.44")


def test_an_inflow_of_155_40_needs_45_dollars():
    one = said("sb_inflow", savings=savings(inflow="155.40"))
    assert one["sentence"] == "Setting aside $45 more a month brings the inflow to $200."
    assert one["gap"] == Decimal("44.60")


def test_a_fund_of_2940_at_2000_a_month_needs_3050_dollars():
    one = said("sb_fund", savings=savings(balance="2940.00"), spending=spending("2000.00"))
    assert one["sentence"] == "About $3,050 more in savings covers three months of spending."
    assert one["steps"][0]["to"] == Decimal("3.00")


def test_inferred_savings_would_be_shown_by_their_own_statement():
    expected = "The statement of the savings account would show the transfers themselves."
    assert sentence("sb_ledger", savings=savings()) == expected


def test_other_currencies_are_not_dollars():
    signals = {"income": INCOME, "spending": spending("1500.00")}
    euro = rules.counterfactual({"meta": META | {"currency": "EUR"}, **signals}, RULES, window_days=30)
    franc = rules.counterfactual({"meta": META | {"currency": "CHF"}, **signals}, RULES, window_days=30)
    first = [answer["personas"][1]["criteria"][0]["sentence"] for answer in (euro, franc)]
    assert first[0].startswith("Keeping about €293 more")
    assert first[1].startswith("Keeping about CHF 293 more")


def test_what_need_not_change_says_so_by_direction():
    calm = {"any_card_high_util": False, "any_interest_charges": True, "any_overdue": False}
    leaving = said("hu_overdue", credit=calm | {"any_minimum_payment_only": False})
    assert (leaving["sentence"], leaving["flips"], leaving["gap"]) == ("Already clear.", False, None)
    reaching = said("sb_inflow", savings=savings(inflow="250.00"), credit={"cards_not_below_30": 1})
    assert (reaching["sentence"], reaching["flips"], reaching["gap"]) == ("Already met.", False, 0)


def test_a_missing_value_is_not_known():
    one = said("sb_inflow")
    assert (one["sentence"], one["current"], one["gap"], one["flips"]) == ("Not known from the data.", None, None, True)


def persona(slug, **signals):
    return next(one for one in whole(**signals)["personas"] if one["persona"] == slug)


def test_leaving_an_any_takes_all_its_met_branches():
    found = persona("high_utilization", credit=CREDIT | {"any_overdue": False})
    assert (found["direction"], found["matched"]) == ("leave", True)
    assert found["smallest_change"] == ["hu_card_50", "hu_interest", "hu_minimum_only"]
    assert found["then"] == "general_wellness"


def test_leaving_an_all_takes_one_the_earliest():
    found = persona("variable_income_budgeter", income=INCOME)
    assert (found["smallest_change"], found["then"]) == (["vib_buffer"], "general_wellness")


def test_reaching_takes_what_is_unmet_and_the_fewest_of_alternatives():
    found = persona("subscription_heavy", subscriptions=subscriptions(2, "20.00", "3.00"))
    assert (found["direction"], found["smallest_change"]) == ("reach", ["sh_count", "sh_spend"])
    assert found["then"] == "subscription_heavy"
    with_share = persona("subscription_heavy", subscriptions=subscriptions(2, "20.00", "12.00"))
    assert with_share["smallest_change"] == ["sh_count"]


def test_then_is_still_a_persona_of_higher_priority():
    found = persona("savings_builder", credit=CREDIT, savings=savings())
    assert found["smallest_change"] == ["sb_growth", "sb_cards", "sb_ledger"]
    assert found["then"] == "high_utilization"


def test_the_answer_names_the_primary_and_the_four_personas_in_order():
    answered = whole(credit=CREDIT)
    assert (answered["primary_persona"], answered["primary_match_strength"]) == ("high_utilization", "strong")
    assert [one["persona"] for one in answered["personas"]] == [rule.persona for rule in RULES.personas]
    assert whole() == whole()


def test_no_sentence_tells_anybody_what_to_do():
    answers = [
        whole(credit=CREDIT, income=INCOME, subscriptions=EIGHT, savings=savings(), spending=spending("1750.00")),
        whole(),
        whole(
            credit={"any_interest_charges": False, "cards_not_below_30": 0},
            income=INCOME | {"payment_frequency": "weekly"},
        ),
    ]
    for answer in answers:
        for found in answer["personas"]:
            for one in found["criteria"]:
                assert one["sentence"].endswith(".")
                assert not {"should", "must", "need", "try"} & set(one["sentence"].lower().split())


@pytest.mark.parametrize("amount", [Decimal("1e40"), "1e-90", -1, 0])
def test_absurd_amounts_raise_nothing(amount):
    card = CARD | {"balance": amount, "limit": amount, "minimum_payment": amount}
    whole(
        credit=CREDIT | {"cards": [card], "interest_charged": amount},
        income=INCOME | {"checking_balance": amount, "cash_flow_buffer_months": amount},
        subscriptions=EIGHT | {"monthly_recurring_spend": amount},
        savings=savings(inflow=str(amount), balance=str(amount), fund=str(amount)),
        spending={"spend_total": amount, "monthly_spend_90d": amount, "days_covered": amount},
    )


def test_what_rounds_to_nothing_has_no_sign():
    tiny = savings(inflow="-0.01", balance="100000.00", growth="0.00")
    assert str(said("sb_growth", savings=tiny, spending=spending("900.00"))["steps"][0]["from"]) == "0.00"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1e9", "-0", "1."]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
a_card = st.fixed_dictionaries({}, optional=dict.fromkeys(CARD, anything)) | anything


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(CREDIT, anything) | {"cards": st.lists(a_card, max_size=3) | anything}),
    st.fixed_dictionaries(dict.fromkeys(INCOME, anything)),
    st.fixed_dictionaries(dict.fromkeys(EIGHT, anything)),
    st.fixed_dictionaries(dict.fromkeys(savings(), anything)),
    st.fixed_dictionaries(dict.fromkeys(spending("1"), anything)),
)
def test_whatever_stands_in_the_object_nothing_is_raised(credit, income, subscribed, saved, spent):
    answered = whole(credit=credit, income=income, subscriptions=subscribed, savings=saved, spending=spent)
    assert all(one["sentence"] for found in answered["personas"] for one in found["criteria"])


@pytest.mark.parametrize("garbage", [{}, {"credit": []}, {"credit": {"cards": "x", "any_card_high_util": "yes"}}])
def test_objects_of_another_shape_are_not_known_rather_than_an_error(garbage):
    answered = rules.counterfactual(garbage, RULES, window_days=30)
    assert answered["primary_persona"] == "general_wellness"


def edited(slug, **thresholds):
    document = RULES.as_json()

    def walk(node):
        for fold in ("all", "any"):
            if fold in node:
                return {fold: [walk(child) for child in node[fold]]}
        return node | thresholds.get(node["id"], {})

    return rules.read(
        {
            **document,
            "persona": [
                one | {"match": walk(one["match"])} if one["slug"] == slug else one for one in document["persona"]
            ],
        }
    )


def test_an_edited_document_words_its_own_thresholds():
    signals = {"subscriptions": EIGHT, "spending": spending("1750.00")}
    document = edited(
        "subscription_heavy",
        sh_count={"op": ">", "threshold": 5},
        sh_spend={"op": ">", "threshold": 99.5},
        sh_share={"op": ">", "threshold": 8},
    )
    assert sentence("sh_count", document=document, **signals).startswith("Ending 3 of 8 subscriptions leaves 5;")
    assert sentence("sh_spend", document=document, **signals) == (
        "Subscriptions cost $186.94 a month; $88 less brings them to $99.50."
    )
    assert sentence("sh_share", document=document, **signals).endswith("brings them to 8 % of spending.")


cents = st.integers(1, 2_000_000).map(lambda value: Decimal(value) / 100)


def percent(part, of):
    return rounded(Fraction(part) * 100 / Fraction(of), Type.PERCENT)


@settings(deadline=None)
@given(cents, cents)
def test_the_amount_on_a_card_is_the_smallest_that_flips_the_recomputed_signal(balance, limit):
    assume(percent(balance, limit) >= 50)
    card = CARD | {"balance": balance, "limit": limit, "utilization_pct": percent(balance, limit)}
    (step,) = said("hu_card_50", credit=CREDIT | {"cards": [card]})["steps"]
    paid = step["amount"]
    assert percent(max(balance - paid, Decimal(0)), limit) == step["to"] < 50
    assert percent(max(balance - paid + 1, Decimal(0)), limit) >= 50
    assert paid == int(paid)


@settings(deadline=None)
@given(st.integers(-500_000, 2_000_000).map(lambda value: Decimal(value) / 100), cents)
def test_the_amount_in_checking_is_the_smallest_that_reaches_a_month(balance, spend):
    def buffer(more):
        return rounded(Fraction(balance + more) / Fraction(spend), Type.MONTHS)

    assume(buffer(0) < 1)
    income = INCOME | {"checking_balance": balance, "cash_flow_buffer_months": buffer(0)}
    (step,) = said("vib_buffer", income=income, spending=spending(spend))["steps"]
    assert buffer(step["amount"]) == step["to"] >= 1
    assert buffer(step["amount"] - 1) < 1


@settings(deadline=None)
@given(cents, cents)
def test_the_cut_is_the_smallest_that_brings_the_share_below_its_threshold(monthly, spend):
    def share(less):
        return percent(monthly - less, spend)

    assume(share(0) >= 10)
    signals = {"subscriptions": subscriptions(3, monthly, share(0)), "spending": spending(spend)}
    told = sentence("sh_share", **signals)
    if told.startswith("Cutting"):
        less = int(told.split()[1].removeprefix("$").replace(",", ""))
        assert share(less) < 10 <= share(less - 1)
    else:
        # Less than a dollar is spent on subscriptions in the last step: no whole dollar is left to cut.
        assert share(int(monthly)) >= 10


@settings(deadline=None)
@given(st.integers(-100_000, 100_000).map(lambda value: Decimal(value) / 100), cents)
def test_the_saving_is_the_smallest_that_brings_growth_to_its_threshold(flow, balance):
    start = balance - flow

    def growth(more):
        if start <= 0:
            return Decimal(100 if flow + more > 0 else 0)
        return percent(flow + more, start)

    assume(growth(0) < 2)
    told = said("sb_growth", savings=savings(str(flow), str(balance), str(growth(0))), spending=spending("900.00"))
    (step,) = told["steps"]
    assert growth(step["amount"]) == step["to"] >= 2
    assert growth(step["amount"] - 1) < 2


@settings(deadline=None)
@given(cents, cents)
def test_the_saving_is_the_smallest_that_fills_the_fund(balance, spend):
    def fund(more):
        return rounded(Fraction(balance + more) / Fraction(spend), Type.MONTHS)

    assume(fund(0) < 3)
    signals = {"savings": savings(balance=str(balance), fund=str(fund(0))), "spending": spending(spend)}
    (step,) = said("sb_fund", **signals)["steps"]
    assert fund(step["amount"]) == step["to"] >= 3
    assert fund(step["amount"] - 1) < 3


@settings(deadline=None)
@given(st.integers(-100_000, 19_999).map(lambda value: Decimal(value) / 100))
def test_the_inflow_is_the_smallest_whole_amount(inflow):
    (step,) = said("sb_inflow", savings=savings(inflow=str(inflow)))["steps"]
    assert inflow + step["amount"] >= 200 > inflow + step["amount"] - 1
