"""An operator's word against the rules: what it writes, how long it holds, and how it ends."""

from datetime import timedelta

import pytest

from accounts import rowsecurity
from accounts.models import AuditEntry
from accounts.refusals import ConsentRequired
from accounts.stated import ReasonInvalid
from personas import overriding, profiles
from personas.models import Assignment, OverrideCase, Profile, Snapshot, Transition, Window
from personas.rules import Persona
from personas.tests.factories import STATEMENT, loaded, refreshed
from personas.tests.histories import measured, said, settled

WHY = "Saw the payslip of the second job."
HELD = Window.DAYS_30
ORDER = {Assignment: "seq", Transition: "created_at"}
FIVE = {
    "subscriptions_recurring_merchant_count": 5,
    "subscriptions_monthly_recurring_spend": 120,
    "subscriptions_subscription_share_pct": 11,
    "meta": {"not_enough": [], "currency": "USD"},
}


@pytest.fixture
def stood(maya, own_store, now):
    """Measured from a statement: general wellness in every window."""
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


@pytest.fixture
def override(omar, seeing):
    def act(user, at, persona=Persona.SAVINGS_BUILDER, window=HELD, **given):
        with seeing(omar):
            return overriding.override(
                user=user, window=window, persona=persona, by=omar, now=at, **{"reason": WHY, **given}
            )

    return act


@pytest.fixture
def release(omar, seeing):
    def act(user, at, window=HELD, reason=WHY):
        with seeing(omar):
            return overriding.release(user=user, window=window, reason=reason, by=omar, now=at)

    return act


def all_of(model, **which):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**which).order_by(ORDER.get(model, "pk")))


def later(now, minutes):
    return now + timedelta(minutes=minutes)


def test_an_override_is_one_row_with_its_author_and_reason_held_for_thirty_days(stood, omar, override, now):
    at = later(now, 5)
    row = override(stood, at, reason=f"  {WHY}  ")
    assert (row.primary_persona, row.primary_match_strength, row.source) == ("savings_builder", "weak", "operator")
    assert (row.assigned_by, row.reason, row.held_until) == (omar.pk, WHY, at + timedelta(days=30))
    assert (row.profile_persona, row.assigned_at) == ("savings_builder", at)
    (profile,) = all_of(Profile)
    assert (profile.persona, profile.persona_id, profile.persona_name) == ("savings_builder", 4, "Savings Builder")


def test_it_is_a_transition_that_nobody_celebrates(stood, override, now):
    row = override(stood, later(now, 5))
    (moved,) = all_of(Transition)
    assert (moved.from_persona, moved.to_persona, moved.cause) == ("general_wellness", "savings_builder", "operator")
    assert (moved.assignment_id, moved.celebration_shown) == (row.pk, False)


def test_the_strength_is_what_the_active_rules_give_that_persona(maya, override, now):
    measured(maya, now, **FIVE)
    settled(maya, now)
    said(maya, "high_utilization", now)
    given = [override(maya, later(now, place), persona) for place, persona in enumerate(Persona)]
    strengths = {row.primary_persona: row.primary_match_strength for row in given}
    # Five merchants and 11 % of spending: moderate (3 and 10 %), not strong (5 and 15 %).
    assert strengths == {
        "high_utilization": "weak",
        "variable_income_budgeter": "weak",
        "subscription_heavy": "moderate",
        "savings_builder": "weak",
        "general_wellness": "default",
    }


def test_its_inputs_are_frozen_as_a_case(stood, omar, override, now):
    row = override(stood, later(now, 5))
    (case,) = all_of(OverrideCase)
    assert (case.assignment_id, case.window_type, case.expected_persona) == (row.pk, "30d", "savings_builder")
    assert (case.state, case.reason, case.created_by) == ("open", WHY, omar.actor)
    assert case.signals["spending.spend_total"] == "200.00" and case.signals["credit.any_overdue"] is False


def test_while_it_holds_a_refresh_stores_signals_and_appends_nothing_for_its_window(stood, override, now):
    override(stood, later(now, 5))
    loaded(stood, STATEMENT.replace(b"-70.00", b"-90.00"), later(now, 6), "later.csv")
    before = len(all_of(Snapshot))
    assert refreshed(stood, later(now, 7)).stored == 3 and len(all_of(Snapshot)) == before + 3
    assert [row.source for row in all_of(Assignment, window_type="30d")] == ["computed", "operator"]
    assert all_of(Profile)[0].persona == "savings_builder"


def test_once_it_is_over_the_next_refresh_says_what_the_rules_say(stood, override, now):
    override(stood, later(now, 5), hold_days=1)
    loaded(stood, STATEMENT.replace(b"-70.00", b"-90.00"), later(now, 6), "later.csv")
    refreshed(stood, now + timedelta(days=1, minutes=5))
    rows = all_of(Assignment, window_type="30d")
    assert [row.source for row in rows] == ["computed", "operator", "computed"]
    assert [row.cause for row in all_of(Transition)] == ["operator", "operator"]
    assert [case.state for case in all_of(OverrideCase)] == ["open"]  # it ran its time: later rules honour it


def test_ending_it_appends_the_computed_row_and_retires_the_case(stood, override, release, now):
    override(stood, later(now, 5))
    row = release(stood, later(now, 6))
    assert (row.primary_persona, row.source, row.held_until) == ("general_wellness", "computed", None)
    assert [case.state for case in all_of(OverrideCase)] == ["retired"]
    assert all_of(Profile)[0].persona == "general_wellness"
    assert [(one.to_persona, one.cause) for one in all_of(Transition)] == [
        ("savings_builder", "operator"),
        ("general_wellness", "operator"),
    ]


def test_one_that_is_over_can_still_be_ended_and_its_case_stays(stood, override, release, now):
    override(stood, later(now, 5), hold_days=1)
    assert release(stood, now + timedelta(days=2)).source == "computed"
    assert [case.state for case in all_of(OverrideCase)] == ["open"]


def test_a_second_word_takes_the_place_of_the_first(stood, override, now):
    """Two open cases of the same inputs could be honoured by no rules at all."""
    override(stood, later(now, 5))
    override(stood, later(now, 6), Persona.HIGH_UTILIZATION)
    states = {case.expected_persona: case.state for case in all_of(OverrideCase)}
    assert states == {"savings_builder": "retired", "high_utilization": "open"}


def test_the_windows_are_held_each_for_itself(stood, override, release, omar, seeing, now):
    override(stood, later(now, 5))
    override(stood, later(now, 6), Persona.HIGH_UTILIZATION, Window.DAYS_180, hold_days=90)
    assert all_of(Profile)[0].persona == "high_utilization"
    release(stood, later(now, 7), Window.DAYS_180)
    assert all_of(Profile)[0].persona == "savings_builder"
    with seeing(omar):
        assert set(overriding.held(user_id=stood.pk, now=later(now, 8))) == {"30d"}
        assert overriding.held(user_id=stood.pk, now=now + timedelta(days=31)) == {}


def test_each_is_one_row_of_the_audit(stood, override, release, now):
    row = override(stood, later(now, 5))
    back = release(stood, later(now, 6))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        entries = list(AuditEntry.objects.filter(action="override").order_by("seq").select_related("detail"))
    assert [entry.object_id for entry in entries] == [str(row.pk), str(back.pk)]
    given, ended = (entry.detail.detail for entry in entries)
    assert (given["former"], given["persona"], given["window"]) == ("general_wellness", "savings_builder", "30d")
    assert (ended["former"], ended["persona"], ended["held_until"]) == ("savings_builder", "general_wellness", None)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"reason": "too short"}, ReasonInvalid),
        ({"reason": "x" * 501}, ReasonInvalid),
        ({"hold_days": 0}, overriding.HoldInvalid),
        ({"hold_days": 91}, overriding.HoldInvalid),
        ({"window": Window.DAYS_90}, overriding.WindowInvalid),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(stood, override, now, wrong, refusal):
    before = len(all_of(Assignment))
    with pytest.raises(refusal):
        override(stood, later(now, 5), **wrong)
    assert len(all_of(Assignment)) == before and all_of(OverrideCase) == []


def test_nobody_is_overruled_who_did_not_agree_or_of_whom_nothing_is_known(noor, maya, override, now):
    with pytest.raises(ConsentRequired):
        override(noor, now)
    with pytest.raises(profiles.NoSignals):
        override(maya, now)


def test_there_is_nothing_to_end_where_nothing_was_said(stood, release, now):
    with pytest.raises(overriding.NotHeld):
        release(stood, later(now, 5))
