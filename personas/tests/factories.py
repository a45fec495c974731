"""People as tests of what the money says need them: with a statement loaded, and measured."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts import loads, rowsecurity, uploads
from accounts.models import Upload, User
from personas import profiles
from personas.models import Snapshot

# As of 2025-06-30: a gym three times, two paydays, one row of groceries, one payment to an aunt.
STATEMENT = b"""account_id,date,amount,merchant_name,category
main,2025-04-10,-30.00,Corner Gym,Subscriptions
main,2025-05-10,-30.00,Corner Gym,Subscriptions
main,2025-05-12,2000.00,Northwind Payroll,Income
main,2025-06-09,-30.00,Corner Gym,Subscriptions
main,2025-06-12,2000.00,Northwind Payroll,Income
main,2025-06-20,-70.00,Corner Grocer,Groceries
main,2025-06-30,-100.00,Aunt Vera,Gifts
"""


def loaded(user: User, data: bytes, now: datetime, name: str = "statement.csv") -> Upload:
    """Sent by the person and read by a worker."""
    got = uploads.receive(user=user, file_name=name, data=data, options={"sign_policy": "inflow_positive"}, now=now)
    claimed = loads.claim(tenant_id=user.tenant_id, now=now, upload_id=got.upload.pk)
    assert claimed
    ended = loads.load(upload=claimed, now=now)
    assert ended.status == "completed", ended.report
    return ended


def refreshed(user: User, now: datetime) -> profiles.Refreshed:
    """As the pipeline does it, a minute later."""
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        return profiles.refresh(user_ids=[user.pk], tenant_id=user.tenant_id, now=now + timedelta(minutes=1))


def measured(user: User, *, window: str = "30d", as_of: date = date(2025, 6, 30), **signals: Any) -> Snapshot:
    """A stored snapshot with these columns (`credit_any_overdue=True`) and nothing else known."""
    fields = {
        "computed_at": datetime(2025, 7, 1, tzinfo=UTC),
        "algorithm_version": "test",
        "data_fingerprint": "0" * 64,
    }
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        return Snapshot.objects.create(
            tenant_id=user.tenant_id, user=user, time_window=window, as_of=as_of, **fields | signals
        )
