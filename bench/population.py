"""A whole population refreshed, against the floors of reading the rows and writing the results, and two rivals."""

import time
from datetime import UTC, datetime, timedelta

from accounts import rowsecurity
from accounts.models import Tenant
from bench.layout import NEEDED, WINDOW
from bench.populated import UNTIL, copied_out, people, superuser
from bench.rivals.one_by_one import through_the_orm, tight
from personas import profiles, runs

SAMPLE = 100
NOW = datetime(2025, 7, 1, tzinfo=UTC)


def main(arguments: list[str]) -> None:
    users = int(arguments[0]) if arguments else 3000
    print(f"{users:,} users, {people(users):,} transactions, one process, three windows")
    tenant = Tenant.objects.get(slug="default")
    eyes = rowsecurity.pipeline(tenant.pk)
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")
        raw.execute("SET max_parallel_workers_per_gather = 0")
        seconds = {"read floor": timed(lambda: copied_out(raw, f"SELECT {NEEDED} FROM transactions WHERE {WINDOW}"))}

        def refresh_all(now: datetime) -> int:
            with rowsecurity.viewing(eyes):
                due = profiles.due(tenant_id=tenant.pk)
                if not due:
                    return 0
                run = runs.start(tenant_id=tenant.pk, stage=runs.DUE, user_ids=due, now=now)
            while True:
                with rowsecurity.viewing(eyes):
                    shard = runs.take(tenant_id=tenant.pk, now=now, run_id=run.pk)
                    if shard is None:
                        return len(due)
                    runs.work(shard=shard, now=now)

        seconds["full refresh"] = timed(lambda: refresh_all(NOW))
        seconds["write floor"] = sum(written(raw, table) for table in ("signal_snapshots", "user_personas"))
        changed = raw.execute(
            "UPDATE data_uploads SET processed_at = %s WHERE user_id IN (SELECT user_id FROM users WHERE role = 'user'"
            " ORDER BY md5(user_id::text) LIMIT %s) AND status = 'completed'",
            [NOW + timedelta(hours=1), users // 20],
        ).rowcount
        seconds["a night, 5 % due"] = timed(lambda: refresh_all(NOW + timedelta(hours=2)))
        raw.execute("CREATE TABLE rival (user_id uuid, signals jsonb)")
        sample = [one for (one,) in raw.execute(f"SELECT user_id FROM users WHERE consent_status LIMIT {SAMPLE}")]
        for name, rival in (("psycopg, one by one", tight), ("ORM, one by one", through_the_orm)):

            def loop(rival=rival) -> None:
                for user_id in sample:
                    with rowsecurity.viewing(eyes):
                        rival(raw, user_id, UNTIL)

            agreed = raw.execute("SELECT count(*) FROM users WHERE consent_status").fetchone()[0]
            seconds[name] = timed(loop) / len(sample) * agreed
    floor = seconds["read floor"] + seconds["write floor"]
    ours = seconds["full refresh"]
    for name, taken in seconds.items():
        print(f"{name:<22} {taken:9.2f} s  {taken / floor:8.2f} x (read + write floor)  {taken / ours:8.2f} x ours")
    print(f"{changed:,} people were made due for the night")


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def written(raw, table: str) -> float:
    """COPY of the rows that came out, into a table with the same indexes."""
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as out:
        data = b"".join(out)
    raw.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)")

    def write() -> None:
        with raw.cursor() as cursor, cursor.copy(f"COPY floor_{table} FROM STDIN") as target:
            target.write(data)

    return timed(write)
