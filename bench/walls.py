"""What row security costs: the same reads with the wall and without it."""

from django.db import connection

from accounts import rowsecurity
from accounts.models import Tenant, User
from bench.layout import NEEDED, PACKED, WINDOW
from bench.measure import Contender, in_turns, table
from bench.populated import copied_out, in_a_transaction, people, reader, superuser


def seen(viewer: rowsecurity.Viewer, query: str, opened: User | None = None) -> Contender:
    def run(_: int) -> None:
        with rowsecurity.viewing(viewer), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.current_person', %s, true)", [str(opened.pk) if opened else ""])
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            copied_out(cursor.connection, query)

    return run


def main(arguments: list[str]) -> None:
    users = int(arguments[0]) if arguments else 2000
    print(f"{users:,} users, {people(users):,} transactions")
    tenant = Tenant.objects.get(slug="default")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        one = User.objects.filter(consent_status=True).first()
    agreed = "user_id IN (SELECT user_id FROM consent_records WHERE purpose = 'analysis' AND revoked_at IS NULL)"
    operator = rowsecurity.Viewer(rowsecurity.Context.OPERATOR, str(tenant.pk), str(one.pk), "bench")
    single = f"SELECT {NEEDED} FROM transactions WHERE user_id = '{one.pk}' AND {WINDOW}"
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")
        raw.execute("SET max_parallel_workers_per_gather = 0")
        print("\neverybody who agreed, 180 days, from the packed ledger")
        pipeline = rowsecurity.pipeline(tenant.pk)
        table(
            in_turns({"without": reader(raw, f"{PACKED} AND {agreed}"), "with": seen(pipeline, PACKED)}, 5), "without"
        )
        print("\neverybody who agreed, 180 days, from the rows")
        rows = f"SELECT {NEEDED} FROM transactions WHERE {WINDOW}"
        table(in_turns({"without": reader(raw, f"{rows} AND {agreed}"), "with": seen(pipeline, rows)}, 5), "without")
        print("\none person's 180 days")
        table(
            in_turns(
                {
                    "without": in_a_transaction(raw, single),
                    "the owner": seen(rowsecurity.of(one), single),
                    "an operator": seen(operator, single, opened=one),
                    "an operator, file not opened": seen(operator, single),
                },
                200,
            ),
            "without",
            "ms",
        )
