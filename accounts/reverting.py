"""Taking a load back: the rows it inserted go, the rows it changed or removed are as they were."""

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from accounts import ledger
from accounts.models import Account, Liability, Transaction, Upload
from accounts.refusals import Refused


class LaterUpload(Refused):
    code = "LATER_UPLOAD"
    sentence = "A later upload changed rows of this one. Revert that one first."


# Whoever changed a row of ours kept its former state, in which we are named.
LATER = """
    SELECT later.upload_id FROM upload_undo later JOIN data_uploads u USING (upload_id)
     WHERE later.user_id = %(user)s AND later.upload_id <> %(upload)s
       AND later.before ->> 'upload_id' = %(upload)s::text
     ORDER BY u.created_at LIMIT 1
"""
TOUCHED = """
    SELECT date_trunc('month', date)::date FROM transactions WHERE user_id = %(user)s AND upload_id = %(upload)s
    UNION
    SELECT date_trunc('month', (before ->> 'date')::date)::date
      FROM upload_undo WHERE upload_id = %(upload)s AND kind = 'transaction'
"""


UNUSED = """
           AND NOT EXISTS (SELECT FROM transactions t WHERE t.user_id = %(user)s AND t.account_id = gone.id)
           AND NOT EXISTS (SELECT FROM liabilities l WHERE l.user_id = %(user)s AND l.account_id = gone.id)
"""


def take_back(*, upload: Upload) -> None:
    """In the caller's transaction and under the person's lock; a constant number of statements."""
    values = {"user": upload.user_id, "upload": upload.pk}
    with connection.cursor() as cursor:
        cursor.execute(LATER, values)
        if later := cursor.fetchone():
            raise LaterUpload(upload_id=str(later[0]))
        cursor.execute(TOUCHED, values)
        months = [month for (month,) in cursor.fetchall()]
        for model in (Liability, Transaction, Account):
            _delete_inserted(cursor, model, values)
        for model in (Account, Transaction, Liability):
            _put_back(cursor, model, values)
        cursor.execute("DELETE FROM upload_undo WHERE upload_id = %(upload)s", values)
        ledger.rebuild(cursor, user_id=upload.user_id, months=months)


def _delete_inserted(cursor: CursorWrapper, model: type[Model], values: dict[str, Any]) -> None:
    """Rows of ours that have no former state; an account stays while another upload's rows are on it."""
    cursor.execute(
        f"""
        DELETE FROM {model._meta.db_table} gone
         WHERE gone.user_id = %(user)s AND gone.upload_id = %(upload)s
           AND NOT EXISTS (SELECT FROM upload_undo u WHERE u.upload_id = %(upload)s AND u.row_id = gone.id
                              AND u.kind = '{model._meta.model_name}')
               {UNUSED if model is Account else ""}
        """,
        values,
    )


def _put_back(cursor: CursorWrapper, model: type[Model], values: dict[str, Any]) -> None:
    """Every column as it was, in rows that stand and in rows that were removed; generated columns follow."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    key = "user_id, id" if model is Transaction else "id"
    cursor.execute(
        f"""
        INSERT INTO {model._meta.db_table} ({", ".join(columns)})
        SELECT {", ".join(f"was.{column}" for column in columns)}
          FROM upload_undo u, jsonb_populate_record(NULL::{model._meta.db_table}, u.before) was
         WHERE u.upload_id = %(upload)s AND u.kind = '{model._meta.model_name}'
            ON CONFLICT ({key}) DO UPDATE
           SET {", ".join(f"{column} = EXCLUDED.{column}" for column in columns)}
        """,
        values,
    )
