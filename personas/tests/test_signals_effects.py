"""The effect of a correction: the difference it makes to what is in force already, and nothing else."""

from decimal import Decimal

from accounts.statements.classes import Flow
from personas.signals.effects import Change, effect
from personas.tests.people import Row, person, row

GYM = [row(on, "-30.00", "Corner Gym", Flow.SUBSCRIPTION) for on in ("04-10", "05-10", "06-09")]
FILM = [row(on, "-10.00", "Reelhouse", Flow.SUBSCRIPTION) for on in ("04-12", "05-12", "06-11")]


def not_subscription(merchant: str) -> Row:
    whole = {"account_id": None, "posted_on": None, "cents": None}
    return {"kind": "not_subscription", "merchant_key": merchant, **whole}


def test_it_is_the_difference_to_what_other_corrections_left():
    frames = person([*GYM, *FILM], corrections=[not_subscription("corner gym"), not_subscription("reelhouse")])
    found = effect(frames, correction_id="c1", windows=(30,))
    assert found.rows == 3
    assert found.changes == (
        Change("30d", "subscriptions.recurring_merchant_count", 1, 0),
        Change("30d", "subscriptions.monthly_recurring_spend", Decimal("10.00"), Decimal("0.00")),
        Change("30d", "subscriptions.subscription_share_pct", Decimal("25.00"), Decimal("0.00")),
    )


def test_a_correction_of_what_changes_nothing_names_its_rows_and_no_change():
    payer = person([row("06-09", "500.00", "Mum")], corrections=[not_subscription("mum")])
    found = effect(payer, correction_id="c0")
    assert (found.rows, found.changes) == (1, ())
    assert effect(person(GYM, corrections=[not_subscription("elsewhere")]), correction_id="c0").rows == 0
