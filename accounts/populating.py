"""A synthetic population straight into the tables: set-based, as the owner, and only where nobody's real data is."""

from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connections

from accounts import ledger, rowsecurity
from accounts.loading import copy
from accounts.population import Batch
from accounts.statements.classes import Flow, classify

OWNER = "owner"
TABLES = """
CREATE TEMP TABLE made_people (user_id uuid, email varchar, consent boolean, monthly_income bigint) ON COMMIT DROP;
CREATE TEMP TABLE made_accounts (user_id uuid, external_id varchar, name varchar, type varchar, subtype varchar,
    mask varchar, balance bigint, available bigint, credit_limit bigint, holder varchar, currency varchar)
    ON COMMIT DROP;
CREATE TEMP TABLE made_transactions (user_id uuid, account varchar, external_id varchar, date date, cents bigint,
    merchant varchar, merchant_key varchar, merchant_entity_id varchar, description varchar,
    category_primary varchar, category_detailed varchar, payment_channel varchar, pending boolean, currency varchar,
    flow smallint) ON COMMIT DROP;
CREATE TEMP TABLE made_liabilities (user_id uuid, account varchar, apr numeric, rate numeric, apr_type varchar,
    overdue boolean, minimum bigint, last_payment bigint, statement bigint, paid_on date, due_on date) ON COMMIT DROP;
"""
# Ids follow from the person and the account's own id, so that running twice makes nothing twice, and people can be
# loaded as they were before as they are: balances are those of the later load.
ACCOUNT_ID = "md5({row}.user_id::text || {row}.{account})::uuid"
INSERTS = (
    """
    INSERT INTO users (user_id, tenant_id, email, role, oauth_providers, consent_status, consent_version,
                       monthly_income, cache_generation, is_active)
    SELECT user_id, %(tenant)s, email, 'user', '{}', false, '1.0', monthly_income * 0.01, 0, true FROM made_people
        ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO consent_records (tenant_id, user_id, purpose, granted_at, since, version, user_agent)
    SELECT %(tenant)s, user_id, purpose, %(now)s, %(now)s, '1.0', '' FROM made_people,
           unnest(ARRAY['analysis', 'partner_offers']) purpose WHERE consent
        ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO data_uploads (upload_id, tenant_id, user_id, file_name, file_size, file_type, s3_key, s3_bucket,
                              status, options, options_hash, channel, processed_at, exported_at, created_at)
    SELECT md5('upload' || user_id)::uuid, %(tenant)s, user_id, 'generated.json', 0, 'json', 'generated/' || user_id,
           'none', 'completed', '{}', '', 'command', %(now)s, %(now)s, %(now)s FROM made_people
        ON CONFLICT (upload_id) DO UPDATE
       SET processed_at = greatest(data_uploads.processed_at, EXCLUDED.processed_at)
    """,
    f"""
    INSERT INTO accounts (id, tenant_id, user_id, external_id, name, type, subtype, account_number_last4, balance,
                          balance_available, "limit", holder_category, iso_currency_code, upload_id, uploaded_at)
    SELECT {ACCOUNT_ID.format(row="a", account="external_id")}, %(tenant)s, user_id, external_id, name, type, subtype,
           mask, balance * 0.01, available * 0.01, credit_limit * 0.01, holder, currency,
           md5('upload' || user_id)::uuid, %(now)s FROM made_accounts a
        ON CONFLICT (user_id, external_id) DO UPDATE
       SET balance = EXCLUDED.balance, balance_available = EXCLUDED.balance_available, "limit" = EXCLUDED."limit"
    """,
    f"""
    INSERT INTO liabilities (tenant_id, user_id, account_id, apr_percentage, interest_rate, apr_type, is_overdue,
                             minimum_payment_amount, last_payment_amount, last_statement_balance, last_payment_date,
                             next_payment_due_date, upload_id, uploaded_at)
    SELECT %(tenant)s, user_id, {ACCOUNT_ID.format(row="l", account="account")}, apr, rate, apr_type, overdue,
           minimum * 0.01, last_payment * 0.01, statement * 0.01, paid_on, due_on,
           md5('upload' || user_id)::uuid, %(now)s FROM made_liabilities l
        ON CONFLICT (user_id, account_id) DO UPDATE
       SET is_overdue = EXCLUDED.is_overdue, minimum_payment_amount = EXCLUDED.minimum_payment_amount,
           last_payment_amount = EXCLUDED.last_payment_amount, last_payment_date = EXCLUDED.last_payment_date,
           last_statement_balance = EXCLUDED.last_statement_balance,
           next_payment_due_date = EXCLUDED.next_payment_due_date
    """,
    f"""
    INSERT INTO transactions (tenant_id, user_id, account_id, external_id, date, merchant, merchant_key,
                              merchant_entity_id, description, amount, category_primary, category_detailed, flow,
                              payment_channel, pending, iso_currency_code, upload_id, uploaded_at)
    SELECT %(tenant)s, user_id, {ACCOUNT_ID.format(row="t", account="account")}, external_id, date, merchant,
           merchant_key, merchant_entity_id, description, cents * 0.01, category_primary, category_detailed, flow,
           payment_channel, pending, currency, md5('upload' || user_id)::uuid, %(now)s
      FROM made_transactions t
        ON CONFLICT DO NOTHING
    """,
)


def populate(*, batch: Batch, tenant_id: UUID, now: datetime) -> int:
    """Insert the people of a batch with everything they have; the number of transactions that were new."""
    flows = {flow.value: place for place, flow in enumerate(Flow)}
    flow = classify(batch.transactions).cast(pl.String).replace_strict(flows, return_dtype=pl.Int16)
    values: dict[str, Any] = {"tenant": tenant_id, "now": now}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE, using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(TABLES)
        copy(cursor, "made_people", batch.people.select("user_id", "email", "consent", "monthly_income_cents"))
        copy(cursor, "made_accounts", batch.accounts)
        copy(cursor, "made_transactions", batch.transactions.with_columns(flow.alias("flow")))
        copy(cursor, "made_liabilities", batch.liabilities)
        inserted = 0
        for statement in INSERTS:
            cursor.execute(statement, values)
            inserted = cursor.rowcount
        if inserted:
            ledger.rebuild_people(cursor, user_ids=batch.people["user_id"].to_list())
        return inserted
