"""The same signals by DuckDB from a Parquet snapshot: the floor of any engine that only measures and keeps nothing.

It leaves out what SQL says badly: mirrors choose without quarrelling, a merchant has one plan, nothing is inferred.
"""

from pathlib import Path

import duckdb
import psycopg

ROWS = """
    SELECT t.user_id, t.account_id, t.date, (t.amount * 100)::bigint AS cents,
           coalesce(t.merchant_entity_id, t.merchant_key) AS merchant, t.flow, t.pending,
           t.iso_currency_code AS currency,
           coalesce(t.category_detailed = 'BANK_FEES_INTEREST_CHARGE', false) AS interest_code,
           t.category_detailed IS NOT NULL OR t.category_primary IS NOT NULL AS categorised
      FROM transactions t WHERE t.user_id IN (SELECT user_id FROM users WHERE consent_status)
"""
ACCOUNTS = """
    SELECT a.user_id, a.id AS account_id, a.iso_currency_code AS currency, (a.balance * 100)::bigint AS balance,
           (a."limit" * 100)::bigint AS ceiling,
           CASE a.type WHEN 'credit' THEN 'card' WHEN 'depository' THEN
                CASE WHEN a.subtype IN ('savings', 'high_yield_savings', 'money_market', 'cd', 'hsa')
                     THEN 'savings' ELSE 'checking' END ELSE 'other' END AS kind
      FROM accounts a
"""
MEASURED = """
WITH main AS (
    SELECT user_id, arg_max(currency, (n, -ascii(currency))) AS currency FROM
           (SELECT user_id, currency, count(*) AS n FROM rows WHERE NOT pending GROUP BY ALL) GROUP BY user_id),
used AS (
    SELECT r.*, coalesce(a.kind, 'other') AS kind, datediff('day', r.date, p.as_of) AS age, p.covered
      FROM rows r JOIN main USING (user_id, currency)
      JOIN (SELECT user_id, max(date) AS as_of, datediff('day', min(date), max(date)) + 1 AS covered
              FROM rows JOIN main USING (user_id, currency) WHERE NOT pending GROUP BY user_id) p USING (user_id)
      LEFT JOIN accounts a USING (user_id, account_id) WHERE NOT pending),
recent AS (SELECT * FROM used WHERE age < 180),
mirrored AS (
    SELECT DISTINCT o.user_id, o.account_id, o.date, o.cents FROM recent o
      JOIN recent i ON i.user_id = o.user_id AND i.cents = -o.cents AND i.kind IN ('savings', 'card')
       AND abs(i.age - o.age) <= 3 WHERE o.kind = 'checking' AND o.cents < 0 AND i.cents > 0),
classed AS (
    SELECT r.* REPLACE (CASE WHEN m.cents IS NULL THEN r.flow ELSE 1 END AS flow)
      FROM recent r LEFT JOIN mirrored m USING (user_id, account_id, date, cents)),
paid AS (
    SELECT user_id, date, cents, age FROM classed WHERE cents > 0 AND kind IN ('checking', 'savings') AND flow = 0),
paydays AS (
    SELECT user_id, count(*) AS n, median(gap) AS gap FROM
           (SELECT user_id, datediff('day', lag(date) OVER (PARTITION BY user_id ORDER BY date), date) AS gap
              FROM (SELECT DISTINCT user_id, date FROM paid)) GROUP BY user_id),
income AS (
    SELECT user_id, count(*) AS deposits, stddev_samp(cents) / avg(cents) * 100 AS varies FROM paid GROUP BY user_id),
charges AS (
    SELECT user_id, merchant, count(*) AS n, count(DISTINCT date) AS days, max(date) AS newest, min(age) AS silent,
           stddev_samp(cents) / -avg(cents) AS cv, sum(-cents) AS total, avg(-cents) AS mean,
           bool_or(flow = 13) AS subscribed FROM classed
     WHERE age < 90 AND cents < 0 AND kind IN ('checking', 'card') AND flow IN (13, 14) AND merchant <> 'unknown'
     GROUP BY ALL HAVING count(*) >= 3 AND count(DISTINCT date) >= 3),
gaps AS (
    SELECT user_id, merchant, median(gap) AS gap FROM
           (SELECT user_id, merchant, datediff('day', lag(date) OVER (PARTITION BY user_id, merchant ORDER BY date),
                   date) AS gap FROM (SELECT DISTINCT c.user_id, c.merchant, c.date FROM classed c
                   SEMI JOIN charges USING (user_id, merchant)
                   WHERE age < 90 AND cents < 0 AND kind IN ('checking', 'card') AND flow IN (13, 14)))
     GROUP BY ALL),
recurring AS (
    SELECT user_id, count(*) AS merchants FROM charges JOIN gaps USING (user_id, merchant)
     WHERE CASE WHEN cv <= 0.1 AND gap BETWEEN 25 AND 35 THEN silent <= 45
                WHEN cv <= 0.1 AND gap BETWEEN 6 AND 8 THEN silent <= 10
                ELSE subscribed AND gap <= 45 AND silent <= 45 END GROUP BY user_id),
cards AS (
    SELECT user_id, count(*) AS cards, max(abs(balance) / ceiling * 100) FILTER (WHERE ceiling > 0) AS highest
      FROM accounts JOIN main USING (user_id, currency) WHERE kind = 'card' GROUP BY user_id)
SELECT user_id, w.days AS of_window, count(*) FILTER (WHERE age < days) AS transaction_count,
       coalesce(sum(-cents) FILTER (WHERE age < days AND cents < 0 AND kind IN ('checking', 'card')
                                      AND flow NOT IN (0, 1, 2)), 0) / 100 AS spend_total,
       coalesce(sum(-cents) FILTER (WHERE age < days AND cents < 0 AND flow = 3
                                      AND (kind = 'card' OR kind = 'checking' AND interest_code)), 0) / 100 AS interest,
       sum(cents) FILTER (WHERE age < days AND kind = 'savings')
           * 30 / least(days, greatest(any_value(covered), 30)) / 100 AS inflow,
       any_value(cards) AS cards, any_value(highest) AS highest, any_value(deposits) AS deposits,
       any_value(gap) AS gap, any_value(varies) AS varies, any_value(merchants) AS merchants
  FROM classed CROSS JOIN (VALUES (30), (90), (180)) w (days)
  LEFT JOIN cards USING (user_id) LEFT JOIN income USING (user_id) LEFT JOIN paydays USING (user_id)
  LEFT JOIN recurring USING (user_id)
 GROUP BY user_id, w.days
"""
# What it says, and what we stored of the same.
BESIDE = {
    "spend_total": "spending_spend_total",
    "transaction_count": "spending_transaction_count",
    "interest": "credit_interest_charged",
    "cards": "credit_num_credit_cards",
    "highest": "credit_highest_card_utilization_pct",
    "deposits": "income_deposit_count",
    "gap": "income_median_pay_gap_days",
    "varies": "income_income_variability_pct",
    "merchants": "subscriptions_recurring_merchant_count",
    "inflow": "savings_net_savings_inflow",
}


def snapshot(raw: psycopg.Connection, folder: Path) -> None:
    """The rows and accounts as Parquet, by way of a text file."""
    for name, query in (("rows", ROWS), ("accounts", ACCOUNTS)):
        text = folder / f"{name}.csv"
        _printed(raw, query, text)
        duckdb.execute(f"COPY (FROM read_csv('{text}')) TO '{folder / name}.parquet'")
        text.unlink()


def measure(folder: Path, threads: int) -> int:
    """Into a table in memory; the number of its rows."""
    with duckdb.connect(config={"threads": threads}) as engine:
        _measured(engine, folder)
        return engine.execute("SELECT count(*) FROM measured").fetchall()[0][0]


def agreement(raw: psycopg.Connection, folder: Path) -> dict[str, float]:
    """In how many of a hundred rows each column is what we stored."""
    text = folder / "ours.csv"
    columns = ", ".join(BESIDE.values())
    query = (
        f"SELECT DISTINCT ON (user_id, time_window) user_id, replace(time_window, 'd', '')::int AS of_window, {columns}"
        "  FROM signal_snapshots WHERE algorithm_version <> 'rival' ORDER BY user_id, time_window, computed_at DESC"
    )
    _printed(raw, query, text)
    with duckdb.connect() as engine:
        _measured(engine, folder)
        same = ", ".join(
            f"avg((abs(coalesce({theirs}, 0) - coalesce({ours}, 0)) <= 0.0051)::int) * 100 AS {theirs}"
            for theirs, ours in BESIDE.items()
        )
        told = engine.execute(f"SELECT {same} FROM measured JOIN read_csv('{text}') USING (user_id, of_window)")
        return dict(zip(BESIDE, told.fetchall()[0], strict=True))


def _measured(engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for name in ("rows", "accounts"):
        engine.execute(f"CREATE VIEW {name} AS FROM read_parquet('{folder / name}.parquet')")
    engine.execute(f"CREATE TABLE measured AS {MEASURED}")


def _printed(raw: psycopg.Connection, query: str, file: Path) -> None:
    copied = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with file.open("wb") as text, raw.cursor() as cursor, cursor.copy(copied) as out:
        for part in out:
            text.write(part)
