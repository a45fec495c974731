"""What was written to any table since a moment: PostgreSQL's own count, which row security hides from nobody.

It counts attempts: what a savepoint took back is told as well.
"""

from collections import Counter

from django.db import connection

WRITES = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
     WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
OF_AUDIT = {"audit_entries", "audit_details", "audit_heads"}
SEEN = {"usersessions_usersession", "api_keys"}  # where it stands when a session or a key was used last


def counted() -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITES)
        return Counter(dict(cursor.fetchall()))


def since(before: Counter[str]) -> set[str]:
    return set(counted() - before) - SEEN
