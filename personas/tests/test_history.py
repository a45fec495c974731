"""What is read back of a history: the current assignment, its tenure, and a missing transition that is recorded."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories
from personas import detecting, history
from personas.models import Transition
from personas.profiles import UserNotFound
from personas.tests.histories import measured, said

HIGH, SUBSCRIPTIONS, SAVINGS, WELL = "high_utilization", "subscription_heavy", "savings_builder", "general_wellness"


def day(month, number, hour=9):
    return datetime(2025, month, number, hour, tzinfo=UTC)


def detected(user, now, windows=("30d",)):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return detecting.detect(user_ids=[user.pk], windows=windows, tenant_id=user.tenant_id, now=now)


def recorded(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return list(Transition.objects.filter(user=user).order_by("created_at"))


# -- tenure


def test_assigning_again_and_again_changes_no_duration(maya, seeing):
    said(maya, WELL, day(9, 1))
    for number in (1, 5, 9, 20):
        said(maya, HIGH, day(10, number))
    with seeing(maya):
        lasting, fresh = history.tenure(user_id=maya.pk, window="30d", now=day(11, 3))
    assert (lasting.current_persona, lasting.since, lasting.assigned_at) == (HIGH, day(10, 1), day(10, 20))
    assert (lasting.days_in_persona, lasting.previous_persona) == (33, WELL)  # October has 31 days: 30 + 3
    assert lasting.last_transition_date == date(2025, 10, 1)
    assert (fresh.stale, fresh.confirmed_as_of) == (True, None)  # imported: nothing was ever measured


def test_the_first_persona_has_none_before_it(maya, seeing):
    said(maya, HIGH, day(10, 1))
    said(maya, HIGH, day(10, 2))
    measured(maya, day(11, 2))
    with seeing(maya):
        lasting, fresh = history.tenure(user_id=maya.pk, window="30d", now=day(11, 3))
    assert (lasting.previous_persona, lasting.last_transition_date) == (None, None)
    assert (fresh.stale, fresh.confirmed_as_of, fresh.days_covered) == (False, date(2025, 11, 2), 80)


def test_rows_of_one_moment_are_ordered_by_their_number(maya, seeing):
    said(maya, WELL, day(10, 1))
    said(maya, HIGH, day(10, 1))
    with seeing(maya):
        lasting, _ = history.tenure(user_id=maya.pk, window="30d", now=day(10, 1))
    assert (lasting.current_persona, lasting.previous_persona, lasting.days_in_persona) == (HIGH, WELL, 0)


def test_windows_have_histories_of_their_own(maya, seeing):
    said(maya, HIGH, day(10, 1), "180d")
    with seeing(maya), pytest.raises(history.PersonaNotFound):
        history.tenure(user_id=maya.pk, window="30d", now=day(11, 3))


def test_data_is_stale_after_forty_five_days(maya, seeing):
    said(maya, HIGH, day(9, 19))
    measured(maya, day(9, 19))
    with seeing(maya):
        assert not history.tenure(user_id=maya.pk, window="30d", now=day(11, 3))[1].stale  # 11 + 31 + 3 days
        assert history.tenure(user_id=maya.pk, window="30d", now=day(11, 4))[1].stale


def test_who_has_nothing_left_to_measure_has_no_current_persona(maya, seeing):
    said(maya, HIGH, day(10, 1))
    measured(maya, day(10, 2), no_signals=True)
    with seeing(maya):
        for read in (history.current, history.tenure):
            when = {"now": day(11, 3)} if read is history.tenure else {"today": date(2025, 11, 3)}
            with pytest.raises(history.PersonaNotFound):
                read(user_id=maya.pk, window="30d", **when)


def test_a_back_fill_says_nothing_about_today(maya, seeing):
    said(maya, HIGH, day(10, 1))
    measured(maya, day(10, 1))
    measured(maya, day(10, 9), as_of=date(2025, 3, 1), backfill=True, no_signals=True)
    with seeing(maya):
        found = history.current(user_id=maya.pk, window="30d", today=date(2025, 10, 10))
    assert (found.freshness.confirmed_as_of, found.last_transition) == (date(2025, 10, 1), None)


# -- detect


def test_a_missing_transition_is_recorded_once_and_told_twice(maya):
    said(maya, HIGH, day(9, 21))
    said(maya, HIGH, day(10, 9))
    last = said(maya, SAVINGS, day(11, 5))
    first, second = (detected(maya, day(11, 6))[maya.pk, "30d"] for _ in range(2))
    assert (first.recorded, second.recorded) == (True, False)
    assert first.transition == second.transition and first.assigned_at == day(11, 5)
    (row,) = recorded(maya)
    assert (row.from_persona, row.to_persona, row.assignment_id) == (HIGH, SAVINGS, last.pk)
    assert (row.days_in_previous_persona, row.from_assigned_at) == (45, day(9, 21))  # 9 + 31 + 5
    assert (row.transition_date, row.cause, row.celebration_shown) == (date(2025, 11, 5), "data", True)
    assert (row.milestone_achieved, row.achievement_title) == ("credit_to_savings", "Financial Health Turnaround")


def test_many_who_look_at_once_record_it_once(live_db):
    maya = factories.consenting("maya")
    said(maya, HIGH, day(9, 21))
    said(maya, SAVINGS, day(11, 5))
    ended, together = [], threading.Barrier(4)

    def look():
        together.wait()
        try:
            ended.append(detected(maya, day(11, 6))[maya.pk, "30d"].recorded)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(ended) == [False, False, False, True]
    assert len(recorded(maya)) == 1


def test_two_rows_that_agree_are_no_transition(maya):
    said(maya, HIGH, day(9, 1))
    said(maya, HIGH, day(9, 2))
    assert detected(maya, day(9, 3))[maya.pk, "30d"].transition is None
    assert recorded(maya) == []


def test_one_row_is_too_little(maya):
    said(maya, HIGH, day(9, 1))
    said(maya, WELL, day(9, 1), "180d")
    found = detected(maya, day(9, 3), ("30d", "180d"))
    assert [type(one) for one in found.values()] == [detecting.InsufficientHistory] * 2


def test_an_imported_older_row_is_never_the_latest_and_emits_nothing(maya):
    said(maya, HIGH, day(9, 1))
    said(maya, HIGH, day(9, 2))
    said(maya, WELL, day(8, 1))
    assert detected(maya, day(9, 3))[maya.pk, "30d"].transition is None


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"rule_set_version": 2}, "rules"),
        ({"source": "operator", "assigned_by": "00000000-0000-0000-0000-000000000001", "reason": "Seen."}, "operator"),
    ],
)
def test_what_data_did_not_bring_about_is_not_celebrated(maya, changed, cause):
    said(maya, HIGH, day(9, 1))
    said(maya, SAVINGS, day(9, 9), **changed)
    assert detected(maya, day(9, 9))[maya.pk, "30d"].transition.cause == cause
    assert recorded(maya)[0].celebration_shown is False


def test_other_corrections_in_force_are_the_cause(maya):
    said(maya, HIGH, day(9, 1), snapshot=(one := measured(maya, day(9, 1))), as_of=one.as_of)
    two = measured(maya, day(9, 9), corrections=["00000000-0000-0000-0000-000000000001"])
    said(maya, SAVINGS, day(9, 9), snapshot=two, as_of=two.as_of)
    assert detected(maya, day(9, 9))[maya.pk, "30d"].transition.cause == "correction"


def test_who_has_not_agreed_or_is_not_there_has_a_refusal_of_their_own(maya, noor, omar):
    said(noor, HIGH, day(9, 1))
    said(maya, HIGH, day(9, 1))
    said(maya, WELL, day(9, 2))
    elsewhere = factories.consenting("far", tenant=factories.TenantFactory(slug="elsewhere"))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        found = detecting.detect(
            user_ids=[maya.pk, noor.pk, elsewhere.pk, omar.pk],
            windows=["30d"],
            tenant_id=omar.tenant_id,
            now=day(9, 3),
        )
    kinds = [type(one) for one in found.values()]
    assert kinds == [detecting.Detected, ConsentRequired, UserNotFound, UserNotFound]


# -- acknowledge


def test_a_celebration_is_acknowledged_once(maya):
    said(maya, HIGH, day(9, 1))
    said(maya, WELL, day(9, 2))
    one = detected(maya, day(9, 3))[maya.pk, "30d"].transition
    for hour in (1, 2):
        with rowsecurity.viewing(rowsecurity.of(maya)):
            seen = detecting.acknowledge(user=maya, transition_id=one.pk, now=day(9, 4, hour))
        assert seen.celebration_acknowledged_at == day(9, 4, 1)


def test_nobody_acknowledges_for_another_or_without_consent(maya, noor):
    said(maya, HIGH, day(9, 1))
    said(maya, WELL, day(9, 2))
    one = detected(maya, day(9, 3))[maya.pk, "30d"].transition
    theo = factories.consenting("theo")
    with rowsecurity.viewing(rowsecurity.of(theo)), pytest.raises(detecting.TransitionNotFound):
        detecting.acknowledge(user=theo, transition_id=one.pk, now=day(9, 4))
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=day(9, 5))
    with rowsecurity.viewing(rowsecurity.of(maya)), pytest.raises(ConsentRequired):
        detecting.acknowledge(user=maya, transition_id=one.pk, now=day(9, 5) + timedelta(hours=1))
