"""What a list shows of each person is what is stored of them, whoever wrote last."""

from datetime import timedelta

import pytest

from accounts import rowsecurity
from personas import overriding, rebuilding
from personas.models import Profile, Window
from personas.rules import Persona
from personas.tests.factories import STATEMENT, loaded, refreshed
from personas.tests.histories import measured, said, settled

SHOWN = ("persona_30d", "strength_30d", "persona_180d", "risks")


def glance(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Profile.objects.values_list(*SHOWN).get(user=user)


def again(user):
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        rebuilding.rebuild(user_ids=[user.pk], tenant_id=user.tenant_id)
    return glance(user)


@pytest.fixture
def stood(maya, own_store, now):
    """1,200.00 are not in the statement, so no buffer is known; nothing is risky."""
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def test_a_refresh_writes_what_it_said(stood):
    assert glance(stood) == ("general_wellness", "default", "general_wellness", [])


def test_a_word_of_an_operator_shows_at_once(stood, omar, seeing, now):
    with seeing(omar):
        overriding.override(
            user=stood, window=Window.DAYS_180, persona=Persona.HIGH_UTILIZATION, reason="A card elsewhere.",
            by=omar, now=now + timedelta(minutes=5),
        )  # fmt: skip
    assert glance(stood) == ("general_wellness", "default", "high_utilization", [])


@pytest.mark.parametrize(
    ("signals", "risks"),
    [
        ({"credit_any_card_high_util": True}, ["high_utilization"]),
        ({"credit_any_overdue": True, "credit_any_interest_charges": True}, ["overdue", "interest_charged"]),
        ({"income_cash_flow_buffer_months": "0.99"}, ["low_buffer"]),
        ({"income_cash_flow_buffer_months": "1.00"}, []),
        ({"income_cash_flow_buffer_months": None}, []),
    ],
)
def test_the_risks_are_those_of_the_last_month(maya, now, signals, risks):
    measured(maya, now, **signals)
    measured(maya, now, "180d", credit_any_overdue=True)
    said(maya, "savings_builder", now)
    settled(maya, now, persona="savings_builder", persona_id=4, persona_name="Savings Builder")
    assert again(maya) == ("savings_builder", "weak", None, risks)


def test_of_whom_nothing_is_left_to_say_nothing_is_shown(maya, now):
    said(maya, "savings_builder", now)
    measured(maya, now, no_signals=True, credit_any_overdue=True)
    settled(maya, now)
    assert again(maya) == (None, None, None, [])
