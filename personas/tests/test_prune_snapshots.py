"""Pruning snapshots: what is kept for which reason, on the days at which the reasons end, and the command."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.typing_in import typed
from personas.models import Snapshot
from personas.profiles import latest
from personas.pruning import Pruned, prune
from personas.tests.factories import STATEMENT, loaded, refreshed
from personas.tests.histories import measured, said

NOW = datetime(2025, 7, 15, 9, tzinfo=UTC)


def kept(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return set(Snapshot.objects.filter(user=user).values_list("pk", flat=True))


def pruned(*users, now=NOW):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return prune(user_ids=[user.pk for user in users], now=now)


def on(year, month, day, hour=9):
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.fixture
def fresh(maya):
    """The latest snapshot of the month's window, so that no older one is kept for being the latest."""
    return measured(maya, NOW - timedelta(days=1))


# -- what is kept


def test_of_a_month_the_newest_day_is_kept(maya, fresh):
    measured(maya, on(2025, 3, 2))
    measured(maya, on(2025, 3, 20))
    last = measured(maya, on(2025, 3, 31))
    april = measured(maya, on(2025, 4, 1))
    assert pruned(maya) == Pruned(deleted=2, kept=3)
    assert kept(maya) == {fresh.pk, last.pk, april.pk}


def test_of_a_day_measured_twice_the_later_measurement_is_kept(maya, fresh):
    measured(maya, on(2025, 3, 31, 8))
    later = measured(maya, on(2025, 3, 31, 20))
    pruned(maya)
    assert kept(maya) == {fresh.pk, later.pk}


def test_the_month_is_that_of_the_data_and_not_of_the_measuring(maya, fresh):
    march = measured(maya, on(2025, 4, 2), as_of=date(2025, 3, 31))
    april = measured(maya, on(2025, 4, 3), as_of=date(2025, 4, 1))
    assert pruned(maya).deleted == 0
    assert kept(maya) == {fresh.pk, march.pk, april.pk}


def test_twenty_five_months_are_kept_this_one_included(maya, fresh):
    inside = measured(maya, on(2023, 7, 1))
    measured(maya, on(2023, 6, 30))
    assert pruned(maya) == Pruned(deleted=1, kept=2)
    assert kept(maya) == {fresh.pk, inside.pk}


def test_everything_measured_in_the_last_thirty_five_days_is_kept(maya, fresh):
    first = measured(maya, NOW - timedelta(days=35))  # 10 June
    second = measured(maya, NOW - timedelta(days=34))
    assert pruned(maya).deleted == 0
    assert pruned(maya, now=NOW + timedelta(seconds=1)).deleted == 1  # the month keeps the newer one
    assert kept(maya) == {fresh.pk, second.pk} and first.pk not in kept(maya)


def test_a_back_fill_is_kept_for_a_while_and_then_as_the_picture_of_its_month(maya, fresh):
    old = measured(maya, on(2025, 2, 3), as_of=date(2022, 12, 31), backfill=True)
    new = measured(maya, NOW - timedelta(days=3), as_of=date(2022, 12, 31), backfill=True)
    month_end = measured(maya, on(2025, 2, 3), as_of=date(2024, 12, 31), backfill=True)
    assert pruned(maya) == Pruned(deleted=1, kept=3)
    assert kept(maya) == {fresh.pk, new.pk, month_end.pk} and old.pk not in kept(maya)


def test_the_last_back_fill_is_nobodys_latest(maya, fresh):
    measured(maya, on(2025, 2, 3), as_of=date(2022, 12, 31), backfill=True)
    assert pruned(maya) == Pruned(deleted=1, kept=1)
    assert kept(maya) == {fresh.pk}


def test_what_an_assignment_cites_is_kept_for_ever(maya, fresh):
    cited = measured(maya, on(2020, 1, 5))
    measured(maya, on(2020, 1, 6))
    said(maya, "high_utilization", on(2020, 1, 5), snapshot=cited, as_of=cited.as_of)
    assert pruned(maya) == Pruned(deleted=1, kept=2)
    assert kept(maya) == {fresh.pk, cited.pk}


def test_the_latest_is_kept_however_old_because_nothing_would_measure_it_again(maya):
    measured(maya, on(2020, 1, 5))
    newest = measured(maya, on(2020, 1, 6), as_of=date(2020, 1, 2))  # after a revert
    half_year = measured(maya, on(2020, 1, 5), "180d")
    assert pruned(maya).deleted == 1
    assert kept(maya) == {newest.pk, half_year.pk}


def test_windows_and_people_are_kept_apart(maya, fresh):
    theo = factories.consenting("theo")
    ours = {measured(maya, on(2025, 3, 2), window).pk for window in ("30d", "90d", "180d")}
    theirs = measured(theo, on(2025, 3, 31))
    assert pruned(maya, theo).deleted == 0
    assert (kept(maya), kept(theo)) == (ours | {fresh.pk}, {theirs.pk})


def test_only_the_named_people_are_pruned_and_a_second_time_there_is_nothing_to_do(maya, fresh):
    theo = factories.consenting("theo")
    for user in (maya, theo):
        measured(user, on(2020, 3, 2))
        measured(user, on(2020, 3, 3))
    assert pruned(maya) == Pruned(deleted=2, kept=1)
    assert pruned(maya) == Pruned(deleted=0, kept=1)
    assert len(kept(theo)) == 2


def test_who_revoked_is_pruned_as_well(maya, fresh, now):
    measured(maya, on(2020, 3, 2))
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert pruned(maya).deleted == 1


def test_a_person_measured_every_day_keeps_the_months_and_the_last_days(maya):
    for back in range(900):
        measured(maya, NOW - timedelta(days=back))
    # 10 June to 15 July: 36 moments, the first of them exactly 35 days ago; before, July 2023 to May 2025: 23 months.
    assert pruned(maya) == Pruned(deleted=900 - 36 - 23, kept=36 + 23)


def test_many_cost_the_one_statement_that_one_costs(maya, fresh):
    people = [maya, *(factories.consenting(name) for name in ("theo", "sam"))]
    for user in people:
        measured(user, on(2020, 3, 2))
        measured(user, on(2020, 3, 3))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), CaptureQueriesContext(connection) as captured:
        prune(user_ids=[user.pk for user in people], now=NOW)
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) == 1


@pytest.mark.parametrize("eyes", [rowsecurity.of, lambda user: rowsecurity.pipeline(user.tenant_id)])
def test_nobody_else_can_delete_what_was_measured(maya, fresh, eyes):
    measured(maya, on(2020, 3, 2))
    with pytest.raises(DatabaseError, match="appended to, never changed"), rowsecurity.viewing(eyes(maya)):
        prune(user_ids=[maya.pk], now=NOW)
    assert len(kept(maya)) == 2


# -- the command


@pytest.fixture
def stale(maya, own_store):
    """A real measurement of today with what it assigned, and two of a month long past."""
    now = timezone.now()
    loaded(maya, STATEMENT, now - timedelta(hours=1))
    refreshed(maya, now - timedelta(hours=1))
    measured(maya, on(2020, 3, 2))
    measured(maya, on(2020, 3, 3))
    return maya


def test_the_command_says_what_it_deleted_and_kept(stale, noor):
    assert typed("prune_snapshots", "--quiet").lines == ["done  2 users  2 snapshots deleted  3 kept  0:00:00"]
    assert typed("prune_snapshots", "--quiet").lines == ["done  2 users  0 snapshots deleted  3 kept  0:00:00"]
    with rowsecurity.viewing(rowsecurity.of(stale)):
        assert latest(user_ids=[stale.pk], window="30d")[stale.pk].snapshot is not None


def test_a_dry_run_says_the_same_and_deletes_nothing(stale):
    said_ = typed("prune_snapshots", "--quiet", "--dry-run").lines
    assert said_ == ["done  1 users  2 snapshots would be deleted  3 kept  0:00:00"]
    assert len(kept(stale)) == 5


def test_json_is_one_object(stale):
    ended = typed("prune_snapshots", "--quiet", "--json")
    assert json.loads(ended.out) == {"users": 1, "deleted": 2, "kept": 3}


def test_another_institution_and_another_person_keep_theirs(stale):
    elsewhere = factories.TenantFactory(slug="elsewhere")
    zoe = factories.consenting("zoe", tenant=elsewhere)
    for day in (2, 3):
        measured(zoe, on(2020, 3, day))
    assert json.loads(typed("prune_snapshots", "--quiet", "--json", "--tenant", "elsewhere").out)["deleted"] == 1
    assert (len(kept(zoe)), len(kept(stale))) == (1, 5)
    theo = factories.consenting("theo")
    ended = typed("prune_snapshots", "--quiet", "--json", "--user", theo.email)
    assert json.loads(ended.out) == {"users": 1, "deleted": 0, "kept": 0}
    assert len(kept(stale)) == 5


def test_wrong_usage_is_a_sentence_and_two(db):
    for words, sentence in [
        (("--user", "nobody@example.test"), "There is no user nobody@example.test in tenant default."),
        (("--tenant", "nowhere"), "There is no tenant nowhere."),
    ]:
        ended = typed("prune_snapshots", "--quiet", *words)
        assert (ended.code, ended.err) == (2, sentence)
