"""Statements whose values travel as PostgreSQL keeps them, for those that carry a shard.

Django's own cursor writes every value into the text of the statement: an array of a shard's JSON costs 25 times as
much that way, and bytes come back as hexadecimal digits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """A cursor like Django's (its statements are counted, its errors are Django's), whose answers are binary.

    A placeholder `%(name)b` sends a value in binary form.
    """
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as plain:
        plain.format = psycopg.pq.Format.BINARY
        wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        yield wrap(cast(CursorWrapper, plain))
