"""From a shelf to a handful: candidates, order, places, priority, and what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from recommendations.considering import consider
from recommendations.explaining import reasons_of, why
from recommendations.facts import Live
from recommendations.pieces import shelf_of
from recommendations.tests.people import AS_OF, merchant, offer, person, piece, shelf, signals

OWN = {"personas": ["high_utilization"]}
USED = {"signal": "credit.highest_card_utilization_pct", "op": ">=", "threshold": 50}


def keys(found):
    return [one.piece.key for one in found.chosen]


def outcome(found, key):
    return next((said, *reasons) for one, said, reasons in found.looked if one.piece.key == key)


def test_own_cards_come_first_then_stronger_triggers_then_keys():
    found = consider(
        person(),
        shelf(
            piece("b-plain", **OWN),
            piece("a-plain", **OWN),
            piece("z-strong", triggers=USED, **OWN),
        ),
    )
    assert keys(found) == ["z-strong", "a-plain", "b-plain"]
    assert found.chosen[0].candidate.strength == Decimal("0.36")
    assert [one.position for one in found.chosen] == [1, 2, 3]
    assert outcome(found, "general-1") == ("not_needed",)


def test_at_most_five_and_two_of_them_for_a_second_persona():
    assignment = person().assignment | {"secondary_personas": ["subscription_heavy", "savings_builder"]}
    own = [piece(f"own-{n}", **OWN) for n in range(2)]
    second = [piece(f"second-{n}", personas=["subscription_heavy"]) for n in range(4)]
    assert keys(consider(person(assignment=assignment), shelf(*own, *second))) == [
        *("own-0", "own-1", "second-0", "second-1")
    ]
    six = [piece(f"own-{n}", **OWN) for n in range(6)]
    assert keys(consider(person(assignment=assignment), shelf(*six, *second))) == [f"own-{n}" for n in range(5)]


def test_who_has_fewer_than_three_gets_general_ones_up_to_three():
    assert keys(consider(person(), shelf(piece("own", **OWN)))) == ["own", "general-1", "general-2"]


def test_general_wellness_has_its_own_cards_up_to_five():
    cards = [piece(f"wellness-{n}") for n in range(7)]  # neither personas nor an audience
    assert len(keys(consider(person(persona="general_wellness"), shelf(*cards)))) == 5


def test_fewer_than_three_is_nothing_at_all():
    found = consider(person(), shelf_of([piece("own", **OWN), offer("transfer")]))
    assert (found.chosen, found.enough) == ((), False)


def test_what_lives_sits_already():
    live = tuple(Live(f"live-{n}", "education", "high_utilization") for n in range(4))
    found = consider(person(live=live), shelf(*(piece(f"own-{n}", **OWN) for n in range(3))))
    assert keys(found) == ["own-0"]
    again = consider(person(live=(Live("own-0", "education", "high_utilization"),)), shelf(piece("own-0", **OWN)))
    assert outcome(again, "own-0") == ("refused", "live")


def test_what_was_rejected_is_not_said_again():
    found = consider(person(rejected=frozenset({"own"})), shelf(piece("own", **OWN)))
    assert outcome(found, "own") == ("refused", "rejected_recently")


def test_an_audience_card_makes_cards_suit():
    audience = piece(
        "aud", "audience", primary="high_utilization", match={"keys": ["k"], "categories": ["credit"], "tags": ["t"]}
    )
    cards = [piece("k"), piece("c", category="credit"), piece("tagged", tags=("t",)), piece("other")]
    found = consider(person(), shelf(audience, *cards))
    assert keys(found) == ["c", "k", "tagged"]
    assert {one.candidate.rank for one in found.chosen} == {0}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"rationale_template": None}, "template_missing"),
        ({"rationale_template": "Because {age}."}, "variable_unknown"),
        ({"fallback_rationale": "Because {}."}, "variable_unknown"),
        ({"variables": ["shoe_size"]}, "variable_unknown"),
        ({"triggers": {"signal": "profile.age", "op": ">", "threshold": 1}}, "tree_broken"),
        ({"triggers": {"all": []}}, "tree_broken"),
        ({"triggers": [1]}, "tree_broken"),
        ({"body": None, "summary": None}, "text_missing"),
        ({"body": "You must read this."}, "guardrail_failed"),
        ({"title": "A lazy title"}, "guardrail_failed"),
        ({"body": "<script>x</script>"}, "markup"),
        ({"confidence": 0.49}, "confidence_low"),
        ({"confidence": "high"}, "confidence_low"),
        ({"last_observed_at": "2024-11-04"}, "outdated"),
        ({"last_observed_at": "soon"}, "outdated"),
        ({"disclosure_kind": "magic"}, "disclosure_unknown"),
        ({"key": None}, "key_missing"),
        ({"key": "k" * 121}, "key_too_long"),
    ],
)
def test_a_card_that_cannot_be_served_says_why(content, code):
    broken = piece("broken", **(OWN | content))
    on_it = shelf(broken)
    assert code in {fault.code for fault in on_it.faults(broken, AS_OF)}
    found = consider(person(), on_it)
    assert broken.card_id not in {one.piece.card_id for one in found.chosen}


@pytest.mark.parametrize("seen", ["2024-11-05", None])
def test_a_year_old_is_still_fresh(seen):
    card = piece("own", last_observed_at=seen, **OWN)
    assert shelf(card).faults(card, AS_OF) == ()
    old = piece("own", made_at=datetime(2024, 11, 4, tzinfo=UTC), **OWN)
    assert [fault.code for fault in shelf(old).faults(old, AS_OF)] == ["outdated"]


def test_offers_fill_up_to_three_and_never_pad():
    offers = [offer(f"offer-{n}", product_type=kind) for n, kind in enumerate(("balance_transfer_card",) * 4)]
    found = consider(person(), shelf(*offers))
    assert [key for key in keys(found) if key.startswith("offer")] == ["offer-0", "offer-1", "offer-2"]
    refused = consider(person(consents={"analysis": person().user_id, "partner_offers": None}), shelf(*offers))
    assert outcome(refused, "offer-0") == ("refused", "consent_missing")
    assert len(keys(refused)) == 3


def test_a_card_without_words_for_this_person_gives_way_to_the_next():
    found = consider(person(), shelf(piece("own", rationale_template="Because {savings_balance} is there.", **OWN)))
    assert outcome(found, "own") == ("refused", "rationale_unavailable")
    assert len(keys(found)) == 3


def test_a_rationale_that_fails_waits_for_an_operator_and_takes_no_place():
    lazy = signals(merchants=[merchant("Lazy Dog", 12)])
    card = piece("own", rationale_template="We're showing you this because {top_merchants} charge you.", **OWN)
    found = consider(person(lazy), shelf(card))
    assert keys(found) == ["own", "general-1", "general-2", "general-3"]
    (waits,) = [one for one in found.chosen if not one.told.passed]
    assert [check.name for check in waits.told.checks if check.status == "fail"] == ["tone"]
    with_fallback = piece(
        "own",
        rationale_template="We're showing you this because {top_merchants} charge you.",
        fallback_rationale="We're showing you this because {account_count} accounts are connected.",
        **OWN,
    )
    (first, *_) = consider(person(lazy), shelf(with_fallback)).chosen
    assert first.told.passed
    assert first.told.worded.fallback_used


@pytest.mark.parametrize(
    ("strength", "utilization", "priority"),
    [("strong", "51.00", "high"), ("moderate", "51.00", "medium"), ("moderate", "100.00", "high")],
)
def test_priority(strength, utilization, priority):
    month = signals(credit__highest_card_utilization_pct=Decimal(utilization))
    who = person(month, assignment=person().assignment | {"strength": strength})
    found = consider(who, shelf(piece("own", triggers=USED, **OWN)))
    assert [one.priority for one in found.chosen] == [priority, "low", "low"]


def test_checks_stand_in_their_order():
    (first, *_) = consider(person(), shelf(piece("own", **OWN))).chosen
    assert [check.name for check in first.told.checks] == [
        *("consent", "eligibility", "advice", "tone", "figures", "disclosure")
    ]
    assert first.told.passed


def test_the_same_inputs_give_the_same_list_in_any_order():
    cards = [*(piece(f"own-{n}", triggers=USED, **OWN) for n in range(4)), offer("offer-1"), offer("offer-2")]
    expected = consider(person(), shelf(*cards))
    assert all(consider(person(), shelf(*order)) == expected for order in permutations(cards, 6))


def test_why_names_the_trigger_in_the_readers_words():
    found = consider(person(), shelf(piece("own", triggers=USED, **OWN)))
    reasons = reasons_of(found.chosen[0], person())
    assert why(reasons, "USD") == [
        {
            "signal": "credit.highest_card_utilization_pct",
            "label": "Visa ending 4523",
            "value": "68 %",
            "threshold": "50 %",
            "window": "30d",
        }
    ]
    assert reasons[0]["value"] == Decimal("68.00")
    general = reasons_of(found.chosen[1], person())
    assert [(one["signal"], one["op"]) for one in general] == [("accounts.count", None)]
