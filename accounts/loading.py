"""From the rows of a statement to stored rows: a constant number of set-based statements, and what undoes them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts import ledger
from accounts.models import Upload
from accounts.statements import Statement
from accounts.statements.classes import Flow

ACCOUNTS = """
CREATE TEMP TABLE incoming_accounts (
    external_id varchar, name varchar, type varchar, subtype varchar, mask varchar, balance bigint, available bigint,
    credit_limit bigint, holder varchar, currency varchar) ON COMMIT DROP
"""
LIABILITIES = """
CREATE TEMP TABLE incoming_liabilities (
    account_external_id varchar, apr numeric, rate numeric, apr_type varchar, overdue boolean, minimum bigint,
    last_payment bigint, statement bigint, paid_on date, due_on date) ON COMMIT DROP
"""
TRANSACTIONS = """
CREATE TEMP TABLE incoming (
    account_id uuid, external_id varchar, derived boolean, ordinal bigint, pending_external_id varchar, date date,
    amount numeric(12, 2), merchant varchar, merchant_key varchar, merchant_entity_id varchar, description varchar,
    category_primary varchar, category_detailed varchar, flow smallint, payment_channel varchar, pending boolean,
    currency varchar) ON COMMIT DROP
"""

# What an upload may change in a row that stands; the order is that of the SELECTs below.
ACCOUNT_COLUMNS = (
    'name, type, subtype, account_number_last4, balance, balance_available, "limit", holder_category, iso_currency_code'
)
LIABILITY_COLUMNS = (
    "apr_percentage, interest_rate, apr_type, is_overdue, minimum_payment_amount, last_payment_amount, "
    "last_statement_balance, last_payment_date, next_payment_due_date"
)
TRANSACTION_COLUMNS = (
    "account_id, date, merchant, merchant_key, merchant_entity_id, description, amount, category_primary, "
    "category_detailed, flow, payment_channel, pending, iso_currency_code"
)
INCOMING_ACCOUNT = """
    SELECT external_id, name, type, subtype, mask AS account_number_last4, balance * 0.01 AS balance,
           available * 0.01 AS balance_available, credit_limit * 0.01 AS "limit", holder AS holder_category,
           currency AS iso_currency_code
      FROM incoming_accounts
"""
INCOMING_LIABILITY = """
    SELECT a.id AS account_id, apr AS apr_percentage, rate AS interest_rate, apr_type, overdue AS is_overdue,
           minimum * 0.01 AS minimum_payment_amount, last_payment * 0.01 AS last_payment_amount,
           statement * 0.01 AS last_statement_balance, paid_on AS last_payment_date, due_on AS next_payment_due_date
      FROM incoming_liabilities i
      JOIN accounts a ON a.user_id = %(user)s AND a.external_id = i.account_external_id
"""
INCOMING_TRANSACTION = """
    SELECT external_id, account_id, date, merchant, merchant_key, merchant_entity_id, description, amount,
           category_primary, category_detailed, flow, payment_channel, pending, currency AS iso_currency_code
      FROM incoming
"""


@dataclass(frozen=True)
class Table:
    """One stored table, the rows that arrive for it, and by what they are the same row."""

    name: str
    kind: str
    key: str
    columns: str
    incoming: str

    @property
    def former(self) -> str:
        """Keep the former state of the rows that are about to differ; one kept before counts, and stays as it is."""
        return f"""
            INSERT INTO upload_undo (tenant_id, user_id, upload_id, kind, row_id, before)
            SELECT t.tenant_id, t.user_id, %(upload)s, '{self.kind}', t.id, to_jsonb(t)
              FROM {self.name} t JOIN ({self.incoming}) i USING ({self.key})
             WHERE t.user_id = %(user)s AND t.uploaded_at <= %(received)s
               AND ({self._of("t")}) IS DISTINCT FROM ({self._of("i")})
            ON CONFLICT (upload_id, kind, row_id) DO UPDATE SET kind = EXCLUDED.kind
        """

    @property
    def upsert(self) -> str:
        """A stored row changes only where it differs, and only by an upload received later than its own."""
        changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in self.columns.split(", "))
        return f"""
            INSERT INTO {self.name} (tenant_id, user_id, upload_id, uploaded_at, {self.key}, {self.columns})
            SELECT %(tenant)s, %(user)s, %(upload)s, %(received)s, {self.key}, {self.columns} FROM ({self.incoming}) i
            ON CONFLICT (user_id, {self.key}) DO UPDATE
               SET {changes}, upload_id = EXCLUDED.upload_id, uploaded_at = EXCLUDED.uploaded_at
             WHERE {self.name}.uploaded_at <= EXCLUDED.uploaded_at
               AND ({self._of(self.name)}) IS DISTINCT FROM ({self._of("EXCLUDED")})
        """

    def _of(self, row: str) -> str:
        return ", ".join(f"{row}.{column}" for column in self.columns.split(", "))


ACCOUNT = Table("accounts", "account", "external_id", ACCOUNT_COLUMNS, INCOMING_ACCOUNT)
LIABILITY = Table("liabilities", "liability", "account_id", LIABILITY_COLUMNS, INCOMING_LIABILITY)
TRANSACTION = Table("transactions", "transaction", "external_id", TRANSACTION_COLUMNS, INCOMING_TRANSACTION)

# The n-th row of a file without ids is the n-th stored row with an id that says the same: it brings nothing new.
ALREADY_KNOWN = """
    DELETE FROM incoming i USING (
        SELECT account_id, date, amount, coalesce(merchant_entity_id, merchant_key) AS who,
               row_number() OVER (PARTITION BY account_id, date, amount, coalesce(merchant_entity_id, merchant_key)
                                  ORDER BY external_id) AS ordinal
          FROM transactions
         WHERE user_id = %(user)s AND date BETWEEN %(first)s AND %(last)s AND external_id !~ '^d_[0-9a-f]{32}$') known
     WHERE i.derived AND (i.account_id, i.date, i.amount, coalesce(i.merchant_entity_id, i.merchant_key), i.ordinal)
           = (known.account_id, known.date, known.amount, known.who, known.ordinal)
"""
# When the bank's own id arrives for a row that was stored without one, it replaces the derived id.
NOW_NAMED = """
    WITH named AS (
        SELECT stored.id, i.external_id
          FROM (SELECT *, row_number() OVER (PARTITION BY account_id, date, amount,
                                                          coalesce(merchant_entity_id, merchant_key)
                                             ORDER BY external_id) AS ordinal
                  FROM transactions
                 WHERE user_id = %(user)s AND date BETWEEN %(first)s AND %(last)s
                   AND external_id ~ '^d_[0-9a-f]{32}$') stored
          JOIN incoming i ON NOT i.derived AND (i.account_id, i.date, i.amount, i.ordinal)
                             = (stored.account_id, stored.date, stored.amount, stored.ordinal)
           AND coalesce(i.merchant_entity_id, i.merchant_key)
               = coalesce(stored.merchant_entity_id, stored.merchant_key)
         WHERE NOT EXISTS (SELECT FROM transactions t
                            WHERE t.user_id = %(user)s AND t.external_id = i.external_id)),
    kept AS (
        INSERT INTO upload_undo (tenant_id, user_id, upload_id, kind, row_id, before)
        SELECT t.tenant_id, t.user_id, %(upload)s, 'transaction', t.id, to_jsonb(t)
          FROM transactions t JOIN named USING (id) WHERE t.user_id = %(user)s)
    UPDATE transactions t
       SET external_id = named.external_id, upload_id = %(upload)s, uploaded_at = %(received)s
      FROM named WHERE t.user_id = %(user)s AND t.id = named.id
"""
REPLACED_PENDING = """
    WITH gone AS (
        DELETE FROM transactions t USING incoming i
         WHERE t.user_id = %(user)s AND t.external_id = i.pending_external_id AND t.pending
           AND t.uploaded_at <= %(received)s
        RETURNING t.*)
    INSERT INTO upload_undo (tenant_id, user_id, upload_id, kind, row_id, before)
    SELECT tenant_id, user_id, %(upload)s, 'transaction', id, to_jsonb(gone) FROM gone
    ON CONFLICT DO NOTHING
"""
CHANGED = "SELECT count(*) FROM upload_undo WHERE upload_id = %(upload)s AND kind = 'transaction'"
TOUCHED = """
    SELECT date_trunc('month', date)::date FROM incoming
    UNION
    SELECT date_trunc('month', (before ->> 'date')::date)::date
      FROM upload_undo WHERE upload_id = %(upload)s AND kind = 'transaction'
"""


@dataclass
class Tally:
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


def store(*, upload: Upload, statement: Statement, received: datetime) -> dict[str, dict[str, int]]:
    """Upsert the rows of a good statement in the caller's transaction; what it did, per table."""
    days = statement.transactions["date"]
    values: dict[str, Any] = {
        "tenant": upload.tenant_id,
        "user": upload.user_id,
        "upload": upload.pk,
        "received": received,
        "first": days.min(),
        "last": days.max(),
    }
    with connection.cursor() as cursor:
        done = {"accounts": _accounts(cursor, statement.accounts, values)}
        done["transactions"] = _transactions(cursor, statement.transactions, values)
        done["liabilities"] = _liabilities(cursor, statement.liabilities, values)
        cursor.execute("DROP TABLE incoming_accounts, incoming, incoming_liabilities")
    return {name: asdict(tally) for name, tally in done.items()}


def _accounts(cursor: CursorWrapper, rows: pl.DataFrame, values: dict[str, Any]) -> Tally:
    cursor.execute(ACCOUNTS)
    copy(cursor, "incoming_accounts", rows.drop("created"))
    return _upsert(cursor, ACCOUNT, rows.height, values)


def _liabilities(cursor: CursorWrapper, rows: pl.DataFrame, values: dict[str, Any]) -> Tally:
    cursor.execute(LIABILITIES)
    copy(cursor, "incoming_liabilities", rows)
    return _upsert(cursor, LIABILITY, rows.height, values)


def _transactions(cursor: CursorWrapper, rows: pl.DataFrame, values: dict[str, Any]) -> Tally:
    cursor.execute("SELECT external_id, id::text FROM accounts WHERE user_id = %(user)s", values)
    ids = pl.DataFrame(cursor.fetchall(), ["account_external_id", "account_id"], orient="row")
    cursor.execute(TRANSACTIONS)
    copy(cursor, "incoming", incoming(rows, ids))
    cursor.execute(ALREADY_KNOWN, values)
    known = cursor.rowcount
    cursor.execute(NOW_NAMED, values)
    cursor.execute(REPLACED_PENDING, values)
    replaced = cursor.rowcount
    tally = _upsert(cursor, TRANSACTION, rows.height - known, values)
    cursor.execute(CHANGED, values)
    tally.updated = cursor.fetchone()[0] - replaced
    tally.unchanged = rows.height - tally.inserted - tally.updated
    if tally.inserted or tally.updated or replaced:
        cursor.execute(TOUCHED, values)
        months = [month for (month,) in cursor.fetchall()]
        ledger.rebuild(cursor, user_id=values["user"], months=months)
    return tally


def _upsert(cursor: CursorWrapper, table: Table, arrived: int, values: dict[str, Any]) -> Tally:
    """Rows that differ are those whose former state was kept; the rest of what was written is new."""
    if not arrived:
        return Tally()
    cursor.execute(table.former, values)
    updated = cursor.rowcount
    cursor.execute(table.upsert, values)
    inserted = cursor.rowcount - updated
    return Tally(inserted, updated, arrived - inserted - updated)


def incoming(rows: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The rows of a file under the ids and in the units of the tables."""
    flows = {flow.value: place for place, flow in enumerate(Flow)}
    return rows.join(ids, on="account_external_id", how="left", maintain_order="left").select(
        "account_id",
        "external_id",
        "derived",
        "ordinal",
        "pending_external_id",
        "date",
        pl.col("cents").cast(pl.Decimal(14, 0)) * pl.lit("0.01").cast(pl.Decimal(3, 2)),
        "merchant",
        "merchant_key",
        "merchant_entity_id",
        "description",
        "category_primary",
        "category_detailed",
        pl.col("flow").cast(pl.String).replace_strict(flows, return_dtype=pl.Int16),
        "payment_channel",
        "pending",
        "iso_currency_code",
    )


def copy(cursor: CursorWrapper, table: str, rows: pl.DataFrame) -> None:
    """COPY into a temporary table; every text is quoted, so that an empty one is not taken for a missing one."""
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as target:
        target.write(rows.write_csv(include_header=False, quote_style="non_numeric"))
