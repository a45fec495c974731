"""The physical layout of transactions: sixteen hash parts, one heap, and the packed ledger, read and written."""

from bench.measure import in_turns, table
from bench.populated import people, reader, superuser

NEEDED = "user_id, account_id, date, amount, merchant_key, merchant, flow, pending, iso_currency_code"
WINDOW = "date > date '2025-06-30' - 180 AND date <= '2025-06-30'"
PACKED = (
    "SELECT user_id, month, entries, days, cents, merchants, accounts, marks, currencies, texts FROM ledger_months"
    " WHERE month > date '2025-06-30' - 211"
)


def main(arguments: list[str]) -> None:
    users = int(arguments[0]) if arguments else 2000
    rows = people(users)
    print(f"{users:,} users, {rows:,} transactions")
    with superuser() as raw:
        raw.execute("SET max_parallel_workers_per_gather = 0")
        raw.execute("SET session_replication_role = replica")  # no foreign keys: the same for both
        raw.execute("CREATE TABLE heap (LIKE transactions INCLUDING DEFAULTS INCLUDING INDEXES)")
        raw.execute("INSERT INTO heap SELECT * FROM transactions ORDER BY uploaded_at, date")
        raw.execute("CREATE TABLE sample AS SELECT * FROM transactions LIMIT 100000")
        raw.execute("VACUUM ANALYZE")
        columns = [
            name
            for (name,) in raw.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'transactions'::regclass AND attnum > 0"
                " AND attgenerated = '' ORDER BY attnum"
            )
        ]
        chosen = ", ".join(columns)
        values = ", ".join(
            {"id": "gen_random_uuid()", "external_id": "external_id || '-' || %(n)s"}.get(c, c) for c in columns
        )

        def insert(name: str):
            return lambda number: raw.execute(
                f"INSERT INTO {name} ({chosen}) SELECT {values} FROM sample", {"n": str(number)}
            )

        print("\nwriting 100,000 rows more")
        table(in_turns({"16 parts": insert("transactions"), "one heap": insert("heap")}, 3), "16 parts")
        raw.execute("VACUUM ANALYZE")
        print("\nreading 180 days of everybody, as PostgreSQL prints the needed columns")
        table(
            in_turns(
                {
                    "16 parts": reader(raw, f"SELECT {NEEDED} FROM transactions WHERE {WINDOW}"),
                    "one heap": reader(raw, f"SELECT {NEEDED} FROM heap WHERE {WINDOW}"),
                    "packed ledger": reader(raw, PACKED),
                },
                3,
            ),
            "16 parts",
        )
        one = raw.execute("SELECT user_id FROM transactions LIMIT 1").fetchone()[0]
        print("\nreading 180 days of one person")
        table(
            in_turns(
                {
                    "16 parts": reader(raw, f"SELECT {NEEDED} FROM transactions WHERE user_id = '{one}' AND {WINDOW}"),
                    "one heap": reader(raw, f"SELECT {NEEDED} FROM heap WHERE user_id = '{one}' AND {WINDOW}"),
                    "packed ledger": reader(raw, f"{PACKED} AND user_id = '{one}'"),
                },
                20,
            ),
            "16 parts",
            "ms",
        )
