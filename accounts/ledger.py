"""The packed ledger: kept true by whoever changes transactions, compared and repaired by a command."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

COLUMNS = "tenant_id, user_id, month, entries, days, cents, merchants, accounts, marks, currencies, texts, account_ids"


REBUILD = f"INSERT INTO ledger_months ({COLUMNS}) SELECT {COLUMNS} FROM ledger_of_rows"


def rebuild(cursor: CursorWrapper, *, user_id: UUID, months: Collection[date]) -> None:
    """Pack some months of one person anew, in the transaction that changed their rows."""
    which = "WHERE user_id = %s AND month = ANY(%s)"
    cursor.execute(f"DELETE FROM ledger_months {which}", [user_id, list(months)])
    cursor.execute(f"{REBUILD} {which}", [user_id, list(months)])


def rebuild_people(cursor: CursorWrapper, *, user_ids: Collection[UUID | str]) -> None:
    """Pack everything of some people anew."""
    cursor.execute("DELETE FROM ledger_months WHERE user_id = ANY(%s::uuid[])", [list(user_ids)])
    cursor.execute(f"{REBUILD} WHERE user_id = ANY(%s::uuid[])", [list(user_ids)])


def differing(*, user_ids: Collection[UUID]) -> list[UUID]:
    """People, among those the viewer may see, whose packed months are not what their rows give."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT user_id FROM (
                (SELECT {COLUMNS} FROM ledger_months WHERE user_id = ANY(%(users)s)
                 EXCEPT SELECT {COLUMNS} FROM ledger_of_rows WHERE user_id = ANY(%(users)s))
                UNION ALL
                (SELECT {COLUMNS} FROM ledger_of_rows WHERE user_id = ANY(%(users)s)
                 EXCEPT SELECT {COLUMNS} FROM ledger_months WHERE user_id = ANY(%(users)s))) differs
            ORDER BY user_id
            """,
            {"users": list(user_ids)},
        )
        return [user_id for (user_id,) in cursor.fetchall()]


def repair(*, user_ids: Collection[UUID]) -> None:
    """Pack anew under the same lock as a load, so that no load is overtaken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM users WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE", [list(user_ids)])
        rebuild_people(cursor, user_ids=user_ids)
