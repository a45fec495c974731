"""Analytics files: what they hold to the type, whose they are, and that they go with a consent or a load."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from accounts import analytics, consent, rowsecurity, storage, uploads
from accounts.models import Upload
from accounts.purposes import Purpose
from accounts.tests.senders import PLAIN, load_all

pytestmark = pytest.mark.usefixtures("own_store")

MONEY, RATE, MOMENT = "DECIMAL(12,2)", "DECIMAL(7,4)", "TIMESTAMP WITH TIME ZONE"
ENDING = [("upload_id", "VARCHAR"), ("upload_timestamp", MOMENT), ("ingestion_date", "DATE")]
COLUMNS = {
    "accounts": [
        ("user_id", "VARCHAR"), ("account_id", "VARCHAR"), ("name", "VARCHAR"), ("type", "VARCHAR"),
        ("subtype", "VARCHAR"), ("holder_category", "VARCHAR"), ("balance_available", MONEY),
        ("balance_current", MONEY), ("balance_limit", MONEY), ("iso_currency_code", "VARCHAR"), ("mask", "VARCHAR"),
        *ENDING,
    ],
    "transactions": [
        ("user_id", "VARCHAR"), ("account_id", "VARCHAR"), ("transaction_id", "VARCHAR"), ("date", "DATE"),
        ("amount", MONEY), ("merchant_name", "VARCHAR"), ("merchant_entity_id", "VARCHAR"),
        ("payment_channel", "VARCHAR"), ("category_primary", "VARCHAR"), ("category_detailed", "VARCHAR"),
        ("pending", "BOOLEAN"), ("iso_currency_code", "VARCHAR"), *ENDING,
    ],
    "liabilities": [
        ("user_id", "VARCHAR"), ("account_id", "VARCHAR"), ("apr_percentage", RATE), ("interest_rate", RATE),
        ("apr_type", "VARCHAR"), ("minimum_payment_amount", MONEY), ("last_payment_amount", MONEY),
        ("last_statement_balance", MONEY), ("last_payment_date", "DATE"), ("next_payment_due_date", "DATE"),
        ("is_overdue", "BOOLEAN"), *ENDING,
    ],
}  # fmt: skip
CARD = b"""{"accounts": [{"account_id": "c", "name": "Card", "mask": "4412", "type": "credit", "subtype": "credit card",
 "holder_category": "individual", "iso_currency_code": "USD",
 "balances": {"current": 3400, "available": 1600.5, "limit": 5000}}],
 "transactions": [{"account_id": "c", "transaction_id": "t1", "date": "2025-06-01", "amount": -20.1,
 "merchant_name": "Cafe", "merchant_entity_id": "m1", "payment_channel": "in store", "pending": true,
 "personal_finance_category": {"primary": "FOOD_AND_DRINK", "detailed": "COFFEE"}}],
 "liabilities": [{"account_id": "c", "apr_percentage": 22.9, "apr_type": "purchase", "minimum_payment_amount": 95,
 "last_payment_amount": 100, "last_statement_balance": 3300, "last_payment_date": "2025-05-20",
 "next_payment_due_date": "2025-06-20", "is_overdue": false}]}"""
SENT = datetime(2025, 6, 30, 23, 58, tzinfo=UTC)
READ = SENT + timedelta(minutes=5)


def loaded(user, data=CARD, name="a.json", at=READ):
    uploads.receive(user=user, file_name=name, data=data, options={"sign_policy": "inflow_positive"}, now=SENT)
    (upload,) = load_all(user, at)
    assert upload.status == "completed", upload.report
    return upload


def files():
    return list(storage.keys("", store=storage.ANALYTICS))


def path_of(own_store, key):
    return own_store / "spendsense-analytics" / key


def fresh(upload):
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        return Upload.objects.get(pk=upload.pk)


def test_the_files_hold_the_columns_of_the_json_lists_in_these_types(own_store, maya):
    keys = analytics.write(upload=loaded(maya), now=READ)
    assert len(keys) == 3
    for key in keys:
        said = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path_of(own_store, key)}', hive_partitioning=false)")
        assert [row[:2] for row in said.fetchall()] == COLUMNS[key.split("/")[0]]


def test_times_are_microseconds_of_utc(own_store, maya):
    key = analytics.write(upload=loaded(maya), now=READ)[0]
    query = f"SELECT logical_type FROM parquet_schema('{path_of(own_store, key)}') WHERE name = 'upload_timestamp'"
    ((said,),) = duckdb.sql(query).fetchall()
    assert "isAdjustedToUTC=1" in said and "MICROS=MicroSeconds" in said


def test_the_values_are_those_that_were_loaded(own_store, maya):
    upload = loaded(maya)
    rows = {
        key.split("/")[0]: pl.read_parquet(path_of(own_store, key), hive_partitioning=False).rows()
        for key in analytics.write(upload=upload, now=READ)
    }
    user, ending = str(maya.pk), (str(upload.pk), SENT, date(2025, 7, 1))
    assert rows["accounts"] == [
        (user, "c", "Card", "credit", "credit_card", "individual", Decimal("1600.50"), Decimal("3400.00"),
         Decimal("5000.00"), "USD", "4412", *ending)
    ]  # fmt: skip
    assert rows["transactions"] == [
        (user, "c", "t1", date(2025, 6, 1), Decimal("-20.10"), "Cafe", "m1", "in_store", "FOOD_AND_DRINK", "COFFEE",
         True, "USD", *ending)
    ]  # fmt: skip
    assert rows["liabilities"] == [
        (user, "c", Decimal("22.9000"), None, "purchase", Decimal("95.00"), Decimal("100.00"), Decimal("3300.00"),
         date(2025, 5, 20), date(2025, 6, 20), False, *ending)
    ]  # fmt: skip


def test_a_key_names_table_person_day_and_upload_and_the_report_names_the_keys(maya):
    upload = loaded(maya)
    keys = analytics.write(upload=upload, now=READ)
    assert keys == [
        f"{name}/user_id={maya.pk}/ingestion_date=2025-07-01/{name}_{upload.pk}.parquet"
        for name in ("accounts", "transactions", "liabilities")
    ]
    stored = fresh(upload)
    assert stored.exported_at == READ and stored.report["storage"]["s3"] == {
        "object": upload.s3_key,
        "parquet": sorted(keys),
    }


def test_two_uploads_of_a_day_do_not_overwrite_each_other(maya):
    for data, name in ((CARD, "a.json"), (PLAIN, "b.csv")):
        analytics.write(upload=loaded(maya, data, name), now=READ)
    assert len([key for key in files() if key.startswith("transactions/")]) == 2


def test_who_has_not_agreed_has_no_files(noor):
    upload = loaded(noor)
    assert analytics.due(tenant_id=noor.tenant_id) == []
    assert analytics.write(upload=upload, now=READ) == [] and files() == []
    assert fresh(upload).exported_at is None


def test_written_once_an_upload_is_due_no_more_unless_a_day_is_given(maya):
    upload = loaded(maya)
    assert analytics.due(tenant_id=maya.tenant_id) == [upload]
    analytics.write(upload=upload, now=READ)
    assert analytics.due(tenant_id=maya.tenant_id) == []
    assert analytics.due(tenant_id=maya.tenant_id, since=date(2025, 7, 1)) == [upload]
    assert analytics.due(tenant_id=maya.tenant_id, since=date(2025, 7, 2)) == []


def revoke(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=READ)


def while_writing(monkeypatch, happens):
    """Let something happen after the rows were read and the first file was put."""
    put = storage.put

    def interrupted(key, data, *, store):
        put(key, data, store=store)
        monkeypatch.setattr(storage, "put", put)
        happens()

    monkeypatch.setattr(storage, "put", interrupted)


def test_a_consent_revoked_while_writing_takes_the_files_with_it(maya, monkeypatch):
    upload = loaded(maya)
    while_writing(monkeypatch, lambda: revoke(maya))
    assert analytics.write(upload=upload, now=READ) == [] and files() == []
    assert fresh(upload).exported_at is None


def test_a_revert_while_writing_takes_the_files_with_it(maya, monkeypatch):
    upload = loaded(maya)
    while_writing(monkeypatch, lambda: uploads.revert(user=maya, upload_id=upload.pk, now=READ))
    assert analytics.write(upload=upload, now=READ) == [] and files() == []


def test_a_revoked_consent_strands_the_files_until_they_are_withdrawn_and_a_new_one_makes_them_due(maya):
    upload = loaded(maya)
    analytics.write(upload=upload, now=READ)
    assert analytics.stranded(tenant_id=maya.tenant_id) == []
    revoke(maya)
    assert analytics.stranded(tenant_id=maya.tenant_id) == [upload]
    analytics.withdraw(upload=upload)
    assert files() == [] and analytics.stranded(tenant_id=maya.tenant_id) == []
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.ANALYSIS, now=READ)
    assert analytics.due(tenant_id=maya.tenant_id) == [upload]


def test_a_revert_deletes_the_files_of_its_upload_only(maya):
    first, second = loaded(maya), loaded(maya, PLAIN, "b.csv")
    for upload in (first, second):
        analytics.write(upload=upload, now=READ)
    for _ in range(2):  # twice is once
        uploads.revert(user=maya, upload_id=first.pk, now=READ)
        assert {str(second.pk) in key for key in files()} == {True}
    assert analytics.due(tenant_id=maya.tenant_id) == []


def test_a_revert_goes_on_after_a_store_that_was_away(maya, own_store):
    upload = loaded(maya)
    analytics.write(upload=upload, now=READ)
    bucket, aside = own_store / "spendsense-analytics", own_store / "aside"
    bucket.rename(aside)
    bucket.write_bytes(b"a file where the folder should be")
    with pytest.raises(storage.Unreachable):
        uploads.revert(user=maya, upload_id=upload.pk, now=READ)
    bucket.unlink()
    aside.rename(bucket)
    uploads.revert(user=maya, upload_id=upload.pk, now=READ)
    assert files() == []
