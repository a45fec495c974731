"""The commands that assign from stored signals, record missing transitions, and rebuild where people stand."""

import json
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import cast, consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.typing_in import typed
from personas import reassigning, rebuilding
from personas.models import Assignment, Profile, Transition, Window
from personas.tests.factories import loaded, refreshed
from personas.tests.histories import measured, said, settled

HIGH, SAVINGS, WELL = "high_utilization", "savings_builder", "general_wellness"
FREE = ("SELECT set_config(", "SAVEPOINT", "RELEASE")


def last(ended):
    """The last line without its clock."""
    return ended.lines[-1].rpartition("  ")[0]


def rows(model, **wanted):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**wanted))


def change(model, user, **values):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        model.objects.filter(user=user).update(**values)


def spent(act, tenant_id):
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)), CaptureQueriesContext(connection) as captured:
        act()
    return len([query for query in captured if not query["sql"].startswith(FREE)])


@pytest.fixture
def owing(maya, now):
    """Maya's card is at its limit in the stored signals of all windows; nothing was assigned yet."""
    for window in Window.values():
        measured(maya, now, window, credit_any_card_high_util=True)
    return maya


# -- assign_personas


def test_stored_signals_are_assigned_once(owing, noor):
    assert last(typed("assign_personas", "--quiet")) == "done  1 users  appended 3  transitions 0"
    assert {row.primary_persona for row in rows(Assignment, user=owing)} == {HIGH}
    (stands,) = rows(Profile, user=owing)
    assert (stands.persona, stands.persona_id, stands.persona_name) == (HIGH, 1, "High Utilization")
    assert last(typed("assign_personas", "--quiet")) == "done  1 users  appended 0  transitions 0"
    assert rows(Assignment, user=noor) == []


def test_one_window_and_one_person_can_be_named(owing, now):
    theo = factories.consenting("theo")
    measured(theo, now, credit_any_overdue=True)
    ended = typed("assign_personas", "--quiet", "--window", "30d", "--user", "theo@example.test", "--json")
    assert json.loads(ended.out) == {"users": 1, "appended": 1, "transitions": 0}
    assert (rows(Assignment, user=owing), len(rows(Assignment, user=theo))) == ([], 1)


def test_a_change_makes_its_transition(owing, now):
    said(owing, WELL, now - timedelta(days=3))
    assert last(typed("assign_personas", "--quiet", "--window", "30d")) == "done  1 users  appended 1  transitions 1"
    assert rows(Transition)[0].to_persona == HIGH


def test_a_dry_run_says_the_same_and_writes_nothing(owing):
    ended = typed("assign_personas", "--quiet", "--dry-run")
    assert last(ended) == "done  1 users  appended 3  transitions 0"
    assert rows(Assignment) == rows(Profile) == []


def test_signals_of_nothing_assign_nothing(maya, now):
    measured(maya, now, no_signals=True)
    assert last(typed("assign_personas", "--quiet")) == "done  1 users  appended 0  transitions 0"


def test_assigning_many_costs_what_assigning_one_costs(db, now):
    costs = []
    for names in (["a"], ["b", "c", "d"]):
        people = [factories.consenting(name) for name in names]
        for user in people:
            measured(user, now, credit_any_overdue=True)
        tenant_id, ids = people[0].tenant_id, [user.pk for user in people]
        asked = {"user_ids": ids, "windows": [Window.DAYS_30], "tenant_id": tenant_id}
        costs.append(spent(partial(reassigning.reassign, **asked, now=now), tenant_id))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("command", ["assign_personas", "detect_transitions", "rebuild_profiles"])
def test_wrong_usage_is_a_sentence_and_two(noor, command):
    for words, sentence in [
        (("--user", "nobody@example.test"), "There is no user nobody@example.test in tenant default."),
        (("--user", "noor@example.test"), "noor@example.test has not agreed to be analysed."),
        (("--tenant", "nowhere"), "There is no tenant nowhere."),
    ]:
        ended = typed(command, "--quiet", *words)
        assert (ended.code, ended.err) == (2, sentence)


# -- detect_transitions


def test_missing_transitions_of_all_windows_are_recorded_once(maya, now):
    for window in ("30d", "90d"):
        said(maya, HIGH, now - timedelta(days=9), window)
        said(maya, SAVINGS, now - timedelta(days=2), window)
    said(maya, HIGH, now, "180d")
    first = typed("detect_transitions", "--quiet")
    assert first.lines[0] == f"recorded  {maya.pk}  30d  high_utilization to savings_builder"
    assert last(first) == "done  1 users  recorded 2"
    assert [one.days_in_previous_persona for one in rows(Transition)] == [7, 7]
    assert last(typed("detect_transitions", "--quiet")) == "done  1 users  recorded 0"


def test_a_dry_run_records_nothing(maya, now):
    said(maya, HIGH, now - timedelta(days=9))
    said(maya, WELL, now)
    ended = typed("detect_transitions", "--quiet", "--dry-run", "--json", "--window", "30d")
    assert [json.loads(line).get("recorded") for line in ended.lines] == [None, 1]
    assert rows(Transition) == []


def test_who_revoked_is_passed_over(maya, now):
    said(maya, HIGH, now - timedelta(days=9))
    said(maya, WELL, now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert last(typed("detect_transitions", "--quiet")) == "done  0 users  recorded 0"


# -- rebuild_profiles


@pytest.fixture
def stories(db, own_store, now):
    """Two of the cast, loaded and refreshed."""
    people = []
    for name in ("maya", "sam"):
        story = next(one for one in cast.CAST if one.name == name)
        user = factories.consenting(name)
        loaded(user, cast.statement(story, now.date()), now - timedelta(hours=1), "statement.json")
        refreshed(user, now - timedelta(minutes=30))
        people.append(user)
    return people


def test_what_a_refresh_wrote_does_not_differ(stories):
    assert last(typed("rebuild_profiles", "--quiet")) == "done  2 users  0 rebuilt"


def test_a_spoilt_profile_is_reported_and_rebuilt(stories):
    maya, sam = stories
    before = rows(Profile, user=maya)[0]
    change(Profile, maya, persona=WELL, persona_id=5, persona_name="General Wellness")
    change(Profile, sam, as_of=date(2025, 1, 1))
    wanted = f"differs  {maya.pk}  general_wellness as of {before.as_of}  is high_utilization as of {before.as_of}"
    dry = typed("rebuild_profiles", "--quiet", "--dry-run")
    assert wanted in dry.lines and last(dry) == "done  2 users  2 differ"
    assert wanted in typed("rebuild_profiles", "--quiet").lines
    after = rows(Profile, user=maya)[0]
    assert (after.persona, after.persona_id, after.refreshed_at) == (HIGH, 1, before.refreshed_at)
    assert last(typed("rebuild_profiles", "--quiet")) == "done  2 users  0 rebuilt"


def test_a_missing_profile_is_made_and_leaves_later_data_due(maya, now):
    said(maya, SAVINGS, now - timedelta(days=3), "180d")
    said(maya, WELL, now - timedelta(days=3), "30d")
    said(maya, HIGH, now - timedelta(days=3), "90d")
    told = json.loads(typed("rebuild_profiles", "--quiet", "--json").lines[0])
    assert (told["persona_before"], told["persona"]) == (None, SAVINGS)  # 90 days take no part
    assert rows(Profile)[0].refreshed_at == now - timedelta(days=3)


def test_without_signals_nobody_stands_anywhere(maya, now):
    said(maya, HIGH, now - timedelta(days=3))
    measured(maya, now, no_signals=True)
    settled(maya, now, persona=HIGH, persona_id=1, persona_name="High Utilization", as_of=now.date())
    assert last(typed("rebuild_profiles", "--quiet")) == "done  1 users  1 rebuilt"
    assert (rows(Profile)[0].persona, rows(Profile)[0].as_of) == (None, now.date())


def test_rebuilding_is_four_statements(maya, now):
    said(maya, HIGH, now)
    act = partial(rebuilding.rebuild, user_ids=[maya.pk], tenant_id=maya.tenant_id)
    assert [spent(act, maya.tenant_id) for _ in range(2)] == [4, 3]
