"""Files of signals and assignments: what they hold to the type, whose they are, and that they go with a consent."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import analytics, consent, rowsecurity, storage
from accounts.purposes import Purpose
from accounts.tests import factories as people_of
from accounts.tests.senders import statements_of
from personas import exports
from personas.models import Assignment, Snapshot
from personas.tests import factories

pytestmark = pytest.mark.usefixtures("own_store")

SENT = datetime(2025, 6, 30, 23, 58, tzinfo=UTC)
MEASURED = SENT + timedelta(minutes=1)  # as `refreshed` has it
DAY, NEXT_DAY = date(2025, 6, 30), date(2025, 7, 1)


def written(user, since=DAY, **tables):
    return exports.write(user_ids=[user.pk], tenant_id=user.tenant_id, since=since, **tables)


def due(user, since=DAY, **tables):
    return exports.due(tenant_id=user.tenant_id, since=since, **tables)


def known(user, at=SENT):
    """With a statement loaded and exported, measured, and an assignment made."""
    analytics.write(upload=factories.loaded(user, factories.STATEMENT, at), now=at)
    factories.refreshed(user, at)


def rows(own_store, key):
    return pl.read_parquet(own_store / "spendsense-analytics" / key, hive_partitioning=False)


def files():
    ours = (key for name in exports.SCHEMAS for key in storage.keys(name, store=storage.ANALYTICS))
    return sorted(ours)


def revoke(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=MEASURED)


def stored(model, user):
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        return list(model.objects.filter(user=user))


def test_a_file_is_of_one_table_person_and_day(maya):
    known(maya)
    expected = [
        f"{name}/user_id={maya.pk}/ingestion_date=2025-06-30/{name}_2025-06-30.parquet"
        for name in ("persona_assignments", "signals")
    ]
    assert sorted(written(maya)) == expected == files()


def test_the_signals_are_those_that_were_stored(own_store, maya):
    known(maya)
    (key,) = written(maya, tables=["signals"])
    frame = rows(own_store, key)
    assert frame["time_window"].to_list() == ["180d", "30d", "90d"]
    month = frame.row(1, named=True)
    assert month["as_of"] == DAY and month["computed_at"] == MEASURED and month["ingestion_date"] == DAY
    # One month of the statement: 30 to the gym, 70 to the grocer and 100 to the aunt; paid 2000 once.
    assert month["spending_transaction_count"] == 4
    assert month["spending_spend_total"] == Decimal("200.00")
    assert month["income_last_pay_date"] == date(2025, 6, 12)
    for snapshot in stored(Snapshot, maya):
        (row,) = frame.filter(time_window=snapshot.time_window).to_dicts()
        for column, value in row.items():
            if column in ("cards", "merchants", "meta"):
                assert json.loads(value) == getattr(snapshot, column)
            elif column in ("user_id", "snapshot_id"):
                assert value == str(getattr(snapshot, column))
            elif column != "ingestion_date":
                assert value == getattr(snapshot, column), column


def test_the_assignments_are_those_that_were_made(own_store, maya):
    known(maya)
    (key,) = written(maya, tables=["persona_assignments"])
    made = {str(assignment.pk): assignment for assignment in stored(Assignment, maya)}
    frame = rows(own_store, key)
    assert set(frame["window_type"]) == {"30d", "90d", "180d"} and set(frame["assignment_id"]) == set(made)
    for row in frame.to_dicts():
        assignment = made[row["assignment_id"]]
        for column in ("secondary_personas", "all_matches", "criteria_met", "criteria"):
            assert json.loads(row[column]) == getattr(assignment, column)
        for column in ("seq", "primary_persona", "primary_match_strength", "rule_set_version", "source", "assigned_at"):
            assert row[column] == getattr(assignment, column)
        assert row["snapshot_id"] == str(assignment.snapshot_id) and row["ingestion_date"] == DAY


def test_money_is_decimal_days_are_dates_and_times_are_microseconds_of_utc(own_store, maya):
    known(maya)
    signals = next(key for key in written(maya) if key.startswith("signals"))
    path = own_store / "spendsense-analytics" / signals
    said = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}', hive_partitioning=false)")
    types = {row[0]: row[1] for row in said.fetchall()}
    expected = {
        "user_id": "VARCHAR", "as_of": "DATE", "credit_total_credit_used": "DECIMAL(18,2)",
        "income_median_pay_gap_days": "DECIMAL(18,1)", "credit_any_overdue": "BOOLEAN",
        "income_payday_count": "INTEGER", "income_payment_frequency": "VARCHAR", "income_last_pay_date": "DATE",
        "cards": "VARCHAR", "computed_at": "TIMESTAMP WITH TIME ZONE", "ingestion_date": "DATE",
    }  # fmt: skip
    assert {name: types[name] for name in expected} == expected
    query = f"SELECT logical_type FROM parquet_schema('{path}') WHERE name = 'computed_at'"
    ((moment,),) = duckdb.sql(query).fetchall()
    assert "isAdjustedToUTC=1" in moment and "MICROS=MicroSeconds" in moment


def test_a_sum_larger_than_any_amount_is_written_as_it_is(own_store, maya):
    known(maya)
    large = Decimal("123456789012.34")
    factories.measured(maya, as_of=date(2025, 6, 29), computed_at=MEASURED, spending_spend_total=large)
    (key,) = written(maya, tables=["signals"])
    assert large in rows(own_store, key)["spending_spend_total"].to_list()


def test_a_column_of_the_catalogue_is_a_column_of_the_file():
    columns = {field.attname for field in Snapshot._meta.concrete_fields} - {"tenant_id", "corrections"}
    assert set(exports.SCHEMAS["signals"]) == columns | {"ingestion_date"}


def test_what_staff_wrote_about_a_person_is_in_no_file():
    columns = {field.attname for field in Assignment._meta.concrete_fields} - {"tenant_id", "reason", "rule_set_id"}
    assert set(exports.SCHEMAS["persona_assignments"]) - {"ingestion_date"} == columns - {"met"}


def test_due_is_who_was_measured_or_assigned_since_a_day(maya):
    known(maya)
    assert due(maya) == [maya.pk] and due(maya, NEXT_DAY) == []
    factories.measured(maya, computed_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert due(maya, NEXT_DAY) == due(maya, NEXT_DAY, tables=["signals"]) == [maya.pk]
    assert due(maya, NEXT_DAY, tables=["persona_assignments"]) == []
    assert due(maya, user_id=maya.pk) == [maya.pk]


def test_each_day_has_its_file_and_only_those_since_the_day_are_written(own_store, maya):
    known(maya)
    factories.measured(maya, computed_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert [key.split("/")[2] for key in written(maya, NEXT_DAY)] == ["ingestion_date=2025-07-01"]
    first, second = sorted(written(maya, tables=["signals"]))
    assert (rows(own_store, first).height, rows(own_store, second).height) == (3, 1)


def test_written_again_it_is_the_same_file(own_store, maya):
    known(maya)
    before = {key: rows(own_store, key) for key in written(maya)}
    assert sorted(before) == sorted(written(maya)) == files()
    assert all(rows(own_store, key).equals(frame) for key, frame in before.items())


def test_who_has_not_agreed_has_no_files(noor):
    factories.measured(noor)
    assert due(noor) == [] and written(noor) == [] and files() == []


def test_another_institution_writes_nothing_of_this_one(maya):
    known(maya)
    elsewhere = people_of.TenantFactory(slug="elsewhere")
    assert exports.due(tenant_id=elsewhere.pk, since=DAY) == []
    assert exports.write(user_ids=[maya.pk], tenant_id=elsewhere.pk, since=DAY) == [] and files() == []


def test_nothing_is_written_of_whom_a_walk_could_not_find_after_a_revocation(maya):
    factories.loaded(maya, factories.STATEMENT, SENT)  # not exported: no mark
    factories.refreshed(maya, SENT)
    assert due(maya) == [maya.pk] and written(maya) == [] and files() == []


def test_a_consent_revoked_while_writing_takes_all_files_of_the_person_with_it_and_of_nobody_else(maya, monkeypatch):
    theo = people_of.consenting("theo")
    for user in (maya, theo):
        known(user)
    put = storage.put

    def interrupted(key, data, *, store):
        put(key, data, store=store)
        if str(maya.pk) in key:
            monkeypatch.setattr(storage, "put", put)
            revoke(maya)

    monkeypatch.setattr(storage, "put", interrupted)
    keys = exports.write(user_ids=[maya.pk, theo.pk], tenant_id=maya.tenant_id, since=DAY)
    assert sorted(keys) == files() and {f"user_id={theo.pk}" in key for key in keys} == {True} and len(keys) == 2


def test_withdrawn_every_day_of_every_table_goes(maya):
    known(maya)
    factories.measured(maya, computed_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert len(written(maya)) == 3
    for _ in range(2):  # twice is once
        exports.withdraw(user_id=maya.pk)
        assert files() == []


def test_the_statements_do_not_grow_with_people(maya):
    theo = people_of.consenting("theo")
    for user in (maya, theo):
        known(user)
    counts = []
    for some in ([maya.pk], [maya.pk, theo.pk]):
        with CaptureQueriesContext(connection) as captured:
            exports.write(user_ids=some, tenant_id=maya.tenant_id, since=DAY)
        counts.append(len(statements_of(captured)))
    assert counts == [4, 4]
