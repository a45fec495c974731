"""A page of 50 transactions out of 500 and out of 20,000, through the whole stack."""

import statistics
import time

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import loads, uploads
from accounts.tests.callers import client_of
from bench.load import person


def main(arguments: list[str]) -> None:
    for rows in (500, 20_000):
        user = person(f"pages{rows}")
        lines = [f"t{n},main,2025-{1 + n % 12:02}-{1 + n % 28:02},-{n % 900}.10,Shop {n % 50}" for n in range(rows)]
        data = "\n".join(["transaction_id,account_id,date,amount,merchant_name", *lines]).encode()
        got = uploads.receive(user=user, file_name="a.csv", data=data, options={}, now=timezone.now())
        loads.load(
            upload=loads.claim(tenant_id=user.tenant_id, now=timezone.now(), upload_id=got.upload.pk),
            now=timezone.now(),
        )
        client, cursor, taken = client_of(user, SERVER_NAME="127.0.0.1"), "", []
        for _ in range(200):
            began = time.perf_counter()
            page = client.get(f"/api/transactions?limit=50{cursor}").json()
            taken.append((time.perf_counter() - began) * 1000)
            cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/transactions?limit=50")
        told = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        statements = sum(not query["sql"].startswith(told) for query in captured)
        p95 = statistics.quantiles(taken, n=20)[-1]
        print(f"{rows:>6,} rows: median {statistics.median(taken):5.1f} ms, p95 {p95:5.1f} ms, {statements} statements")
