"""The packed ledger: kept true by whoever changes transactions, compared and repaired by a command."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

MONTHS = "tenant_id, user_id, month, entries, days, cents, merchants, accounts, marks, currencies, texts, account_ids"
SPANS = "tenant_id, user_id, account_id, currency, posted, pending, first_on, last_on"
PACK = f"INSERT INTO ledger_months ({MONTHS}) SELECT {MONTHS} FROM ledger_of_rows"
SPAN = f"INSERT INTO ledger_spans ({SPANS}) SELECT {SPANS} FROM spans_of_rows"


def rebuild(cursor: CursorWrapper, *, user_id: UUID, months: Collection[date]) -> None:
    """Pack some months of one person anew, in the transaction that changed their rows."""
    which = "WHERE user_id = %s AND month = ANY(%s)"
    cursor.execute(f"DELETE FROM ledger_months {which}", [user_id, list(months)])
    cursor.execute(f"{PACK} {which}", [user_id, list(months)])
    cursor.execute("DELETE FROM ledger_spans WHERE user_id = %s", [user_id])
    cursor.execute(f"{SPAN} WHERE user_id = %s", [user_id])


def rebuild_people(cursor: CursorWrapper, *, user_ids: Collection[UUID | str]) -> None:
    """Pack everything of some people anew."""
    for statement in ("DELETE FROM ledger_months", PACK, "DELETE FROM ledger_spans", SPAN):
        cursor.execute(f"{statement} WHERE user_id = ANY(%s::uuid[])", [list(user_ids)])


def differing(*, user_ids: Collection[UUID]) -> list[UUID]:
    """People, among those the viewer may see, whose packed ledger is not what their rows give."""
    pairs = ((MONTHS, "ledger_months", "ledger_of_rows"), (SPANS, "ledger_spans", "spans_of_rows"))
    compared = (
        f"(SELECT {columns} FROM {one} WHERE user_id = ANY(%(users)s)"
        f" EXCEPT SELECT {columns} FROM {other} WHERE user_id = ANY(%(users)s))"
        for columns, table, view in pairs
        for one, other in ((table, view), (view, table))
    )
    unions = " UNION ALL ".join(f"SELECT user_id FROM {each} either" for each in compared)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT user_id FROM ({unions}) differs ORDER BY user_id", {"users": list(user_ids)})
        return [user_id for (user_id,) in cursor.fetchall()]


def repair(*, user_ids: Collection[UUID]) -> None:
    """Pack anew under the same lock as a load, so that no load is overtaken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM users WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE", [list(user_ids)])
        rebuild_people(cursor, user_ids=user_ids)
