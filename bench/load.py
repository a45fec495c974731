"""A 10 MB statement from bytes to committed rows, against COPY of the resolved rows and against csv + ORM."""

import random
from datetime import UTC, date, datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import consent, loads, people, rowsecurity, uploads
from accounts.models import Tenant, Transaction
from accounts.purposes import Purpose
from bench.measure import in_turns, peak_mb, table
from bench.rivals.orm_import import import_with_orm

ROWS = 100_000
HEADER = (
    "transaction_id,account_id,date,amount,merchant_name,merchant_entity_id,payment_channel,category_primary,"
    "category_detailed,pending,iso_currency_code"
)
SHOPS = [
    ("Corner Grocer", "FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"),
    ("Halfway Fuel", "TRANSPORTATION", "TRANSPORTATION_GAS"),
    ("Reelhouse", "ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES"),
    ("Northwind Payroll", "INCOME", "INCOME_WAGES"),
    ("Lantern Home", "GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_OTHER"),
]


def statement(number: int) -> bytes:
    chance = random.Random(number)
    lines = [HEADER]
    for row in range(ROWS):
        merchant, primary, detailed = chance.choice(SHOPS)
        day = date(2025, 6, 30) - timedelta(days=chance.randrange(365))
        cents = chance.randrange(100, 20000)
        amount = cents / 100 if primary == "INCOME" else -cents / 100
        lines.append(
            f"t{number}-{row:06},main,{day},{amount:.2f},{merchant} {chance.randrange(40)},,online,"
            f"{primary},{detailed},false,USD"
        )
    return "\n".join(lines).encode()


def person(name: str):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        user = people.enrol(tenant=Tenant.objects.get(slug="default"), email=f"{name}@example.test", password=None)
        consent.grant(user=user, purpose=Purpose.ANALYSIS, now=timezone.now())
    return user


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 3
    files = [statement(number) for number in range(rounds + 1)]
    print(f"{ROWS:,} rows, {len(files[0]) / 1e6:.1f} MB a file, {rounds} rounds after one to warm up")
    peaks = []

    def ours(number: int) -> None:
        user = person(f"ours{number}")
        got = uploads.receive(user=user, file_name="big.csv", data=files[number], options={}, now=datetime.now(UTC))
        before = peak_mb()
        claimed = loads.claim(tenant_id=user.tenant_id, now=datetime.now(UTC), upload_id=got.upload.pk)
        assert loads.load(upload=claimed, now=datetime.now(UTC)).status == "completed"
        peaks.append(peak_mb() - before)

    def again(number: int) -> None:
        user = person(f"ours{number}")
        assert uploads.receive(
            user=user, file_name="big.csv", data=files[number], options={}, now=datetime.now(UTC)
        ).duplicate

    resolved: dict[int, tuple] = {}

    def prepare(number: int) -> None:
        """The rows as the first contender resolved them, for another person: what a plain COPY gets for free."""
        user, mine = person(f"copy{number}"), person(f"ours{number}")
        columns = [field.column for field in Transaction._meta.local_concrete_fields if not field.generated]
        with rowsecurity.viewing(rowsecurity.of(mine)), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM accounts WHERE user_id = %s", [mine.pk])
            chosen = ", ".join(
                {"user_id": f"'{user.pk}'::uuid", "account_id": f"'{user.pk}'::uuid", "id": "gen_random_uuid()"}.get(
                    c, c
                )
                for c in columns
            )
            with cursor.copy(f"COPY (SELECT {chosen} FROM transactions WHERE user_id = '{mine.pk}') TO STDOUT") as out:
                data = b"".join(out)
        upload = uploads.announced(user, "a.csv", 1, uploads.FileType.CSV, {}, uploads.Channel.COMMAND)
        with rowsecurity.viewing(rowsecurity.of(user)), connection.cursor() as cursor:
            upload.save(force_insert=True)
            cursor.execute(
                "INSERT INTO accounts (id, tenant_id, user_id, external_id, type, subtype, iso_currency_code,"
                " upload_id, uploaded_at) VALUES (%s, %s, %s, 'main', 'depository', 'checking', 'USD', %s, now())",
                [user.pk, user.tenant_id, user.pk, upload.pk],
            )
        resolved[number] = (columns, data)

    def floor(number: int) -> None:
        columns, data = resolved[number]
        host = settings.DATABASES["default"]["HOST"]
        # COPY does not enter a table under row security, so the floor is measured as a superuser: no wall, no checks.
        with (
            psycopg.connect(host=host, user="postgres", dbname="spendsense") as raw,
            raw.cursor() as cursor,
            cursor.copy(f"COPY transactions ({', '.join(columns)}) FROM STDIN") as target,
        ):
            target.write(data)

    def orm(number: int) -> None:
        import_with_orm(person(f"orm{number}"), files[number])

    seconds = in_turns({"load": ours, "same file again": again, "_": prepare, "copy": floor, "csv + ORM": orm}, rounds)
    seconds.pop("_")
    table(seconds, "copy")
    print(f"load is {seconds['csv + ORM'] / seconds['load']:.1f} times faster than csv + ORM")
    print(f"load added {max(peaks):.0f} MB to the peak of the process")
