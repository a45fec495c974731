"""Erasing a person with 10,000 transactions, against plain DELETEs of the same rows; exporting one with 100,000."""

import resource
import zipfile
from datetime import UTC, datetime

from django.utils import timezone

from accounts import erasure, loads, storage, takeout, uploads
from accounts.models.leaving import Scope
from bench.load import ROWS, person, statement
from bench.measure import in_turns, table
from bench.populated import superuser

TRANSACTIONS = 10_000
TABLES = ("ledger_months", "ledger_spans", "transactions", "accounts", "data_uploads", "consent_records", "users")


def loaded(name: str, data: bytes):
    user = person(name)
    got = uploads.receive(user=user, file_name="big.csv", data=data, options={}, now=datetime.now(UTC))
    claimed = loads.claim(tenant_id=user.tenant_id, now=datetime.now(UTC), upload_id=got.upload.pk)
    assert loads.load(upload=claimed, now=datetime.now(UTC)).status == "completed"
    return user


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 5
    raw = superuser()
    ours, plain = {}, {}
    for number in range(rounds + 1):
        data = b"\n".join(statement(number).splitlines()[: TRANSACTIONS + 1])
        ours[number], plain[number] = loaded(f"ours{number}", data), loaded(f"plain{number}", data)

    def erase(number: int) -> None:
        erased = erasure.erase(user=ours[number], scope=Scope.ACCOUNT, now=timezone.now()).erasure
        assert erased.issued["rows"]["transactions"] == TRANSACTIONS
        assert erased.issued["verification"]["rows_remaining"] == 0

    def delete(number: int) -> None:
        """As the superuser: no wall, no receipt, no count afterwards."""
        with raw.transaction():
            raw.execute("SELECT set_config('app.current_role', 'maintenance', true)")  # the ledger's trigger asks
            for name in TABLES:
                raw.execute(f"DELETE FROM {name} WHERE user_id = %s", [plain[number].pk])

    print(f"a person with {TRANSACTIONS:,} transactions, {rounds} rounds after one to warm up")
    table(in_turns({"erase": erase, "DELETEs": delete}, rounds), "DELETEs")

    user = loaded("exported", statement(9))
    takeout.request(user=user, now=timezone.now())
    claimed = takeout.take(tenant_id=user.tenant_id, now=timezone.now())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, timezone.now()
    export = takeout.make(export=claimed, now=timezone.now())
    seconds = (timezone.now() - began).total_seconds()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with storage.opened(export.key) as stored, zipfile.ZipFile(stored) as archive:
        assert archive.read("transactions.json").count(b"\n") == ROWS + 2
    size = (export.size or 0) / 1e6
    print(f"export of {ROWS:,} transactions: {seconds:.1f} s, {size:.1f} MB, {grown:.0f} MB added to the peak")
