"""The life of an upload: received once, loaded wholly or not at all, taken back without a trace."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import loads, rowsecurity, storage, uploads
from accounts.models import Account, LedgerMonth, Liability, Transaction, Upload, UploadUndo
from accounts.models.uploads import Status
from accounts.tests import factories

PLAIN = b"""account_id,date,amount,merchant_name,category
main,2025-06-01,2000.00,Northwind Payroll,Income
main,2025-06-03,-12.50,Corner Grocer,Groceries
main,2025-06-03,-12.50,Corner Grocer,Groceries
main,2025-05-20,-800.00,Old Mill Rent,Rent
"""


pytestmark = pytest.mark.usefixtures("own_store")


def loaded(user, data, now, name="statement.csv", **options):
    got = uploads.receive(user=user, file_name=name, data=data, options=options, now=now)
    claimed = loads.claim(tenant_id=user.tenant_id, now=now, upload_id=got.upload.pk)
    return loads.load(upload=claimed, now=now)


def stored(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return list(
            Transaction.objects.order_by("date", "external_id").values_list("date", "merchant", "amount", "external_id")
        )


def test_a_file_becomes_rows_a_report_and_a_packed_month(maya, now, seeing):
    upload = loaded(maya, PLAIN, now)
    assert upload.status == Status.COMPLETED, upload.report
    assert upload.report["storage"]["postgresql"]["transactions"] == {
        "inserted": 4,
        "updated": 0,
        "unchanged": 0,
    }
    assert [row[2] for row in stored(maya)] == [
        Decimal("-800.00"),
        Decimal("2000.00"),
        Decimal("-12.50"),
        Decimal("-12.50"),
    ]
    with seeing(maya):
        assert list(LedgerMonth.objects.order_by("month").values_list("month", "entries")) != []
        assert [m.entries for m in LedgerMonth.objects.order_by("month")] == [1, 3]
        assert Account.objects.get().account_type == "checking"


def test_two_equal_rows_stay_two_and_a_second_upload_adds_none(maya, now):
    loaded(maya, PLAIN, now)
    again = loaded(maya, PLAIN + b"main,2025-06-09,-4.00,Kiosk,Groceries\n", now + timedelta(hours=1))
    assert again.report["storage"]["postgresql"]["transactions"] == {
        "inserted": 1,
        "updated": 0,
        "unchanged": 4,
    }
    assert len(stored(maya)) == 5


def test_the_same_bytes_are_the_first_upload(maya, now):
    first = uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now)
    second = uploads.receive(user=maya, file_name="b.csv", data=PLAIN, options={}, now=now)
    assert second.duplicate and second.upload.pk == first.upload.pk
    assert len(list(storage.keys("uploads"))) == 1


def test_one_bad_row_stores_nothing(maya, now):
    upload = loaded(maya, PLAIN + b"main,2025-06-31,abc,Nowhere,Rent\n", now)
    assert upload.status == Status.FAILED
    assert {problem["code"] for problem in upload.report["errors"]} == {"DATE_INVALID", "AMOUNT_INVALID"}
    assert stored(maya) == []


def test_revert_leaves_no_trace(maya, now, seeing):
    upload = loaded(maya, PLAIN, now)
    uploads.revert(user=maya, upload_id=upload.pk, now=now)
    assert stored(maya) == []
    with seeing(maya):
        assert not Account.objects.exists() and not LedgerMonth.objects.exists()
    assert loaded(maya, PLAIN, now + timedelta(hours=1)).status == Status.COMPLETED  # and may be sent again


JSON = b"""{"accounts": [{"account_id": "c", "type": "credit", "subtype": "credit card", "iso_currency_code": "USD",
 "balances": {"current": 3400, "limit": 5000}}],
 "transactions": [{"account_id": "c", "transaction_id": "p1", "date": "2025-06-01", "amount": -20,
 "merchant_name": "Cafe", "pending": true}],
 "liabilities": [{"account_id": "c", "minimum_payment_amount": 95, "is_overdue": false}]}"""
LATER = (
    JSON.replace(b'"p1"', b'"t1", "pending_transaction_id": "p1"')
    .replace(b'"pending": true', b'"pending": false')
    .replace(b"3400", b"3500")
    .replace(b"95", b"97.5")
)


def test_a_later_file_changes_rows_and_revert_brings_the_former_ones_back(maya, now, seeing):
    first = loaded(maya, JSON, now, "a.json", sign_policy="inflow_positive")
    second = loaded(maya, LATER, now + timedelta(hours=1), "b.json", sign_policy="inflow_positive")
    assert second.report["storage"]["postgresql"] == {
        "accounts": {"inserted": 0, "updated": 1, "unchanged": 0},
        "transactions": {"inserted": 1, "updated": 0, "unchanged": 0},
        "liabilities": {"inserted": 0, "updated": 1, "unchanged": 0},
    }
    assert [row[3] for row in stored(maya)] == ["t1"]  # the pending row became the posted one
    with pytest.raises(uploads.reverting.LaterUpload) as refused:
        uploads.revert(user=maya, upload_id=first.pk, now=now)
    assert refused.value.extra == {"upload_id": str(second.pk)}
    uploads.revert(user=maya, upload_id=second.pk, now=now)
    assert [row[3] for row in stored(maya)] == ["p1"]
    with seeing(maya):
        assert Account.objects.get().balance == Decimal("3400.00")
        assert Liability.objects.get().minimum_payment_amount == Decimal("95.00")
        assert not UploadUndo.objects.exists()
    uploads.revert(user=maya, upload_id=first.pk, now=now)
    assert stored(maya) == []


def test_an_older_file_never_overwrites_a_newer_one(maya, now):
    old = uploads.receive(user=maya, file_name="a.json", data=JSON, options={}, now=now)
    loaded(maya, LATER, now + timedelta(hours=1), "b.json")
    claimed = loads.claim(tenant_id=maya.tenant_id, now=now + timedelta(hours=2), upload_id=old.upload.pk)
    ended = loads.load(upload=claimed, now=now + timedelta(hours=2))
    assert ended.report["storage"]["postgresql"]["accounts"] == {"inserted": 0, "updated": 0, "unchanged": 1}


WITH_IDS = b"""transaction_id,account_id,date,amount,merchant
x1,main,2025-06-03,-12.50,Corner Grocer
x2,main,2025-06-03,-12.50,Corner Grocer
x3,main,2025-06-07,-3.00,Corner Grocer
"""
WITHOUT = b"""account_id,date,amount,merchant
main,2025-06-03,-12.50,Corner Grocer
main,2025-06-03,-12.50,Corner Grocer
main,2025-06-03,-12.50,Corner Grocer
"""


def test_a_row_without_an_id_is_the_stored_row_that_says_the_same(maya, now):
    loaded(maya, WITH_IDS, now)
    report = loaded(maya, WITHOUT, now + timedelta(hours=1)).report["storage"]["postgresql"]["transactions"]
    assert report == {"inserted": 1, "updated": 0, "unchanged": 2}
    assert len(stored(maya)) == 4


def test_the_banks_own_id_replaces_the_derived_one(maya, now):
    loaded(maya, WITHOUT, now)
    second = loaded(maya, WITH_IDS, now + timedelta(hours=1))
    assert second.report["storage"]["postgresql"]["transactions"] == {
        "inserted": 1,
        "updated": 2,
        "unchanged": 0,
    }
    ids = [row[3] for row in stored(maya)]
    assert [i for i in ids if not i.startswith("d_")] == ["x1", "x2", "x3"] and len(ids) == 4
    uploads.revert(user=maya, upload_id=second.pk, now=now)
    assert all(row[3].startswith("d_") for row in stored(maya)) and len(stored(maya)) == 3


def test_equal_ids_of_two_people_never_meet(maya, noor, now):
    loaded(maya, WITH_IDS, now)
    loaded(noor, WITH_IDS, now)
    assert len(stored(maya)) == len(stored(noor)) == 3


def test_statements_do_not_grow_with_rows(maya, noor, now):
    def statements(user, rows):
        data = b"account_id,date,amount,merchant\n" + b"".join(
            b"main,2025-06-03,-%d.00,Shop\n" % n for n in range(1, rows)
        )
        with CaptureQueriesContext(connection) as captured:
            loaded(user, data, now)
        return len(captured)

    assert statements(maya, 3) == statements(noor, 2000)


def test_a_fault_of_ours_is_tried_three_times(maya, now):
    upload = uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now).upload
    for wait in (timedelta(0), timedelta(minutes=1), timedelta(minutes=12)):
        claimed = loads.claim(tenant_id=maya.tenant_id, now=now + wait)
        assert claimed is not None and loads.claim(tenant_id=maya.tenant_id, now=now + wait) is None
        ended = loads.give_back(upload=claimed, now=now + wait)
    assert ended.status == Status.FAILED
    assert ended.validation_errors[0]["code"] == "PROCESSING_FAILED"
    assert upload.pk == ended.pk


def test_a_file_that_kills_its_worker_ends_too(maya, now):
    uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now)
    for n in range(3):
        assert loads.claim(tenant_id=maya.tenant_id, now=now + n * timedelta(minutes=3)) is not None
    assert loads.claim(tenant_id=maya.tenant_id, now=now + timedelta(minutes=20)) is None
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Upload.objects.get().status == Status.FAILED


def test_a_worker_whose_lease_ran_out_stores_nothing(maya, now):
    uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now)
    slow = loads.claim(tenant_id=maya.tenant_id, now=now)
    quick = loads.claim(tenant_id=maya.tenant_id, now=now + timedelta(minutes=3))
    loads.load(upload=quick, now=now + timedelta(minutes=3))
    assert loads.load(upload=slow, now=now + timedelta(minutes=4)).attempts == 1
    assert len(stored(maya)) == 4


def test_parallel_uploads_of_one_file_give_one_set_of_rows(live_db, now):
    user = factories.consenting("maya")
    results = []

    def send():
        try:
            results.append(uploads.receive(user=user, file_name="a.csv", data=PLAIN, options={}, now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len({got.upload.pk for got in results}) == 1
    assert sum(not got.duplicate for got in results) == 1
    assert len(list(storage.keys("uploads"))) == 1


def test_a_store_that_is_away_keeps_forgotten_uploads_for_the_next_time(maya, now, monkeypatch):
    upload, _ = uploads.presign(
        user=maya,
        file_name="a.csv",
        file_size=10,
        kind=uploads.FileType.CSV,
        options={},
        post_to="/{upload_id}",
        now=now,
    )
    later = now + timedelta(hours=25)

    def away(*_, **__):
        raise storage.Unreachable

    with monkeypatch.context() as broken:
        broken.setattr(storage, "delete", away)
        with pytest.raises(storage.Unreachable):
            uploads.expire(tenant_id=maya.tenant_id, now=later)
    assert uploads.expire(tenant_id=maya.tenant_id, now=later) == 1
    assert uploads.expire(tenant_id=maya.tenant_id, now=later) == 0
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Upload.objects.get(pk=upload.pk).status == Status.FAILED
