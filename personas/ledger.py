"""Many people's money as the five frames that signals are measured from: the only bridge from tables to Polars."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from accounts.statements.classes import FLOW
from personas import binary
from personas.signals import Frames, empty, kind_of
from personas.signals.frames import ACCOUNTS, CORRECTIONS, LIABILITIES, LOOKBACK, PEOPLE, TRANSACTIONS

# Columns and not rows come back: one array a column, whatever the number of people; what the viewer may not see is
# not there. The packed months are a second statement, because how far back they go is known from this one.
FACTS = """
    SELECT persons.*, spans.*, received.*, owned.*, owed.*, corrected.*
      FROM (SELECT array_agg(user_id::text ORDER BY user_id)
              FROM users WHERE user_id = ANY(%(users)b::uuid[])) persons,
           (SELECT array_agg(user_id::text), array_agg(account_id::text), array_agg(currency::text),
                   array_agg(posted::bigint), array_agg(pending::bigint), array_agg(first_on), array_agg(last_on)
              FROM ledger_spans WHERE user_id = ANY(%(users)b::uuid[])) spans,
           (SELECT array_agg(user_id::text), array_agg(newest)
              FROM (SELECT user_id, max(processed_at AT TIME ZONE 'UTC')::date AS newest
                      FROM data_uploads
                     WHERE user_id = ANY(%(users)b::uuid[]) AND status = 'completed' AND reverted_at IS NULL
                     GROUP BY user_id) each) received,
           (SELECT array_agg(user_id::text), array_agg(id::text), array_agg(external_id::text), array_agg(type::text),
                   array_agg(subtype::text), array_agg(name::text), array_agg(account_number_last4::text),
                   array_agg(iso_currency_code::text), array_agg((balance * 100)::bigint),
                   array_agg(("limit" * 100)::bigint)
              FROM accounts WHERE user_id = ANY(%(users)b::uuid[])) owned,
           (SELECT array_agg(user_id::text), array_agg(account_id::text),
                   array_agg((minimum_payment_amount * 100)::bigint), array_agg((last_payment_amount * 100)::bigint),
                   array_agg((last_statement_balance * 100)::bigint), array_agg(last_payment_date),
                   array_agg(next_payment_due_date), array_agg(is_overdue)
              FROM liabilities WHERE user_id = ANY(%(users)b::uuid[])) owed,
           (SELECT array_agg(c.user_id::text), array_agg(c.correction_id::text), array_agg(c.kind::text),
                   array_agg(coalesce(c.merchant_key, t.merchant_entity_id, t.merchant_key)::text),
                   array_agg(t.account_id::text), array_agg(t.date), array_agg((t.amount * 100)::bigint)
              FROM corrections c
              LEFT JOIN transactions t ON t.user_id = c.user_id AND c.transaction_id IS NOT NULL
               AND (t.id = c.transaction_id OR t.external_id = c.external_id)
             WHERE c.user_id = ANY(%(users)b::uuid[]) AND c.withdrawn_at IS NULL
               AND (c.transaction_id IS NULL OR t.id IS NOT NULL)) corrected
"""
SPANS = pl.Schema(
    {
        "user_id": pl.String(),
        "account_id": pl.String(),
        "currency": pl.String(),
        "posted": pl.Int64(),
        "pending": pl.Int64(),
        "first_on": pl.Date(),
        "last_on": pl.Date(),
    }
)
RECEIVED = pl.Schema({"user_id": pl.String(), "received_on": pl.Date()})
OWNED = pl.Schema(
    {
        "user_id": pl.String(),
        "account_id": pl.String(),
        "external_id": pl.String(),
        "type": pl.String(),
        "subtype": pl.String(),
        "name": pl.String(),
        "mask": pl.String(),
        "iso_currency_code": pl.String(),
        "balance_cents": pl.Int64(),
        "limit_cents": pl.Int64(),
    }
)
MONTHS = """
    SELECT asked.person::integer - 1, m.month, m.entries, m.days, m.cents, m.merchants, m.accounts, m.marks,
           m.currencies, m.texts, array_to_string(m.account_ids, ',')
      FROM ledger_months m
      JOIN unnest(%(users)b::uuid[], %(since)b::date[]) WITH ORDINALITY asked (user_id, since, person) USING (user_id)
     WHERE m.month >= asked.since
     ORDER BY m.user_id, m.month
"""
RECORD, FIELD = "\x1e", "\x1f"


def frames(*, user_ids: Collection[UUID | str], today: date, as_of: date | None = None) -> Frames:
    """The frames of those of these people whom the viewer may see, each on their own day unless one is given."""
    facts = _facts([str(user_id) for user_id in user_ids])
    persons = facts.persons
    if not persons:
        return empty()
    spans = facts.spans
    owned = facts.owned.with_columns(kind=kind_of(pl.col("type"), pl.col("subtype")))
    packed = _packed(persons, _since(persons, spans, today, as_of))
    people = _people(persons, spans, owned, packed.rows, facts.received, today, as_of)
    main = people.select("user_id", "as_of", "currency")
    own = (
        owned.lazy()
        .join(main.lazy(), on="user_id", how="left", maintain_order="left")
        .filter(pl.col("iso_currency_code") == pl.col("currency"))
        .join(_ledgers(spans, main), on=["user_id", "account_id"], how="left", maintain_order="left")
        .with_columns(pl.col("has_ledger").fill_null(False))
        .select(ACCOUNTS.names())
        .collect()
    )
    owed = facts.owed.join(own.select("user_id", "account_id"), on=["user_id", "account_id"], how="semi")
    corrected = facts.corrected.filter(pl.col("user_id").is_in(persons))
    # Ids as numbers behind their text: a million rows are joined several times, by four bytes instead of 36.
    accounts = pl.concat([packed.accounts, own["account_id"], corrected["account_id"]]).drop_nulls()
    ids_as = pl.Schema({"user_id": pl.Enum(persons), "account_id": pl.Enum(accounts.unique())})
    return Frames(
        packed.used(people, ids_as).cast(TRANSACTIONS | ids_as),
        own.cast(ACCOUNTS | ids_as),
        owed.cast(ids_as),
        corrected.cast(ids_as),
        people.cast({"user_id": ids_as["user_id"]}),
    )


@dataclass(frozen=True)
class Facts:
    """What there is beside the months: which of the asked the viewer sees, and their accounts and corrections."""

    persons: list[str]
    spans: pl.DataFrame
    received: pl.DataFrame
    owned: pl.DataFrame
    owed: pl.DataFrame
    corrected: pl.DataFrame


def _facts(user_ids: list[str]) -> Facts:
    with binary.cursor() as cursor:
        cursor.execute(FACTS, {"users": user_ids})
        columns = iter(cursor.fetchone())
    persons = next(columns) or []
    frames = (
        pl.DataFrame({name: next(columns) or [] for name in schema}, schema)
        for schema in (SPANS, RECEIVED, OWNED, LIABILITIES, CORRECTIONS)
    )
    return Facts(persons, *frames)


def _since(persons: list[str], spans: pl.DataFrame, today: date, as_of: date | None) -> list[date]:
    """From which month on each person's ledger is read: enough for the look-back before their own day."""
    last = dict(spans.group_by("user_id").agg(pl.col("last_on").max()).iter_rows())
    back = timedelta(days=LOOKBACK + 31)
    # Rows dated after today hide where the past ended: those few people are read from the beginning.
    begin = {user_id: date.min if day and day > today else (day or today) - back for user_id, day in last.items()}
    return [as_of - back if as_of else begin.get(user_id, today) for user_id in persons]


@dataclass(frozen=True)
class Packed:
    """The packed months laid out as rows of numbers, in the order of person, day and external id.

    `person` is a place in the asked persons, `account` one in `accounts`, `word` one in `words`.
    """

    rows: pl.DataFrame
    accounts: pl.Series
    words: pl.DataFrame

    def used(self, people: pl.DataFrame, ids_as: pl.Schema) -> pl.DataFrame:
        """The rows that are measured, on each person's own day and in their currency, with their texts."""
        own = people.select(pl.col("as_of").cast(pl.Int32), code=_code(pl.col("currency")))[self.rows["person"]]
        rows = self.rows.filter(
            "posted",
            pl.lit(self.rows["currency_code"] == own["code"]),
            pl.lit(own["as_of"]) - pl.col("posted_on").cast(pl.Int32) >= 0,
            pl.lit(own["as_of"]) - pl.col("posted_on").cast(pl.Int32) < LOOKBACK,
        )
        return rows.select(
            pl.col("person").cat.to(ids_as["user_id"]).alias("user_id"),
            pl.lit(self.accounts.cast(ids_as["account_id"]).gather(rows["account"])).alias("account_id"),
            pl.int_range(pl.len()).alias("ordinal"),
            "posted_on",
            "cents",
            pl.lit(self.words["field_1"].gather(rows["word"])).alias("merchant"),
            pl.lit(self.words["field_0"].gather(rows["word"])).alias("merchant_key"),
            "flow",
            "interest_code",
            "categorised",
        )


def _packed(persons: list[str], since: list[date]) -> Packed:
    with binary.cursor() as cursor:
        cursor.execute(MONTHS, {"users": persons, "since": since})
        months = cursor.fetchall()
    if not months:
        return Packed(pl.DataFrame(schema=ROWS), pl.Series(dtype=pl.String), pl.DataFrame(schema=WORDS))
    owners, firsts, counts, days, cents, merchants, accounts, marks, currencies, texts, account_ids = zip(
        *months, strict=True
    )
    total = sum(counts)
    texts_before = _running(text.count(RECORD) + 1 for text in texts)
    accounts_before = _running(ids.count(",") + 1 for ids in account_ids)
    said = pl.Series([RECORD.join(texts)]).str.split(RECORD).explode()
    whose = pl.select(pl.int_range(len(months), dtype=pl.UInt32).repeat_by(pl.Series(counts)).explode()).to_series()
    mark = _numbers(marks, pl.Int16, total)
    rows = pl.DataFrame(
        {
            "person": pl.Series(owners, dtype=pl.UInt32).gather(whose),
            "account": _numbers(accounts, pl.Int16, total) + pl.Series(accounts_before, dtype=pl.UInt32).gather(whose),
            "word": _numbers(merchants, pl.Int16, total) + pl.Series(texts_before, dtype=pl.UInt32).gather(whose),
            "posted_on": pl.Series(firsts, dtype=pl.Date).cast(pl.Int32).gather(whose)
            + (_numbers(days, pl.Int16, total).cast(pl.Int32) - 1),
            "cents": _numbers(cents, pl.Int64, total),
            "flow": (mark // 8).cast(pl.UInt8),
            "posted": mark % 8 >= 4,
            "interest_code": mark % 4 >= 2,
            "categorised": mark % 2 == 1,
            "currency_code": _numbers(currencies, pl.Int16, total),
        }
    ).with_columns(pl.col("posted_on").cast(pl.Date), pl.col("flow").cat.to(FLOW))
    words = said.to_frame("text").select(pl.col("text").str.splitn(FIELD, 2).struct.unnest())
    return Packed(rows, pl.Series([",".join(account_ids)]).str.split(",").explode(), words)


ROWS = pl.Schema(
    {
        "person": pl.UInt32(),
        "account": pl.UInt32(),
        "word": pl.UInt32(),
        "posted": pl.Boolean(),
        "currency_code": pl.Int16(),
        **{name: TRANSACTIONS[name] for name in ("posted_on", "cents", "flow", "interest_code", "categorised")},
    }
)
WORDS = pl.Schema({"field_0": pl.String(), "field_1": pl.String()})


def _numbers(parts: Sequence[bytes], kind: type[pl.DataType], total: int) -> pl.Series:
    """Big-endian numbers of all months as one column, read where they lie."""
    packed = pl.Series([b"".join(parts)])
    return packed.bin.reinterpret(dtype=pl.Array(kind, total), endianness="big").explode()


def _running(counts: Any) -> list[int]:
    before, places = 0, []
    for count in counts:
        places.append(before)
        before += count
    return places


def _code(currency: pl.Expr) -> pl.Expr:
    """A currency as the ledger writes it: its three letters as digits to the base of 26."""
    letters = (currency.str.slice(place, 1).str.to_integer(base=36, strict=False) - 10 for place in range(3))
    first, second, third = letters
    return (first * 676 + second * 26 + third).cast(pl.Int16)


def _main(counted: pl.LazyFrame) -> pl.LazyFrame:
    """The currency of most of what is counted, of equals the first in the alphabet."""
    return (
        counted.group_by("user_id", "currency")
        .agg(pl.col("posted").sum())
        .filter(pl.col("posted") > 0)
        .group_by("user_id")
        .agg(pl.col("currency").sort_by("posted", "currency", descending=[True, False]).first())
    )


def _ledgers(spans: pl.DataFrame, main: pl.DataFrame) -> pl.LazyFrame:
    """Accounts that have any used row in all history."""
    return (
        spans.lazy()
        .join(main.lazy(), on=["user_id", "currency"])
        .filter(pl.col("posted") > 0, pl.col("first_on") <= pl.col("as_of"))
        .select("user_id", "account_id", has_ledger=pl.lit(True))
    )


def _people(
    persons: list[str],
    spans: pl.DataFrame,
    owned: pl.DataFrame,
    entries: pl.DataFrame,
    received: pl.DataFrame,
    today: date,
    as_of: date | None,
) -> pl.DataFrame:
    by_rows = _main(spans.lazy())
    by_accounts = _main(owned.lazy().select("user_id", currency="iso_currency_code", posted=pl.lit(1)))
    posted = entries.lazy().filter("posted").select("person", "posted_on", "currency_code")
    seen = posted.filter(pl.col("posted_on") <= today).group_by("person").agg(newest=pl.col("posted_on").max())
    people = (
        pl.LazyFrame({"user_id": persons}, {"user_id": pl.String})
        .with_row_index("person")
        .join(by_rows, on="user_id", how="left")
        .join(by_accounts, on="user_id", how="left", suffix="_of_accounts")
        .join(seen, on="person", how="left")
        .join(received.lazy(), on="user_id", how="left")
        .with_columns(
            currency=pl.coalesce("currency", "currency_of_accounts"),
            as_of=pl.lit(as_of, dtype=pl.Date) if as_of else pl.coalesce("newest", "received_on", pl.lit(today)),
        )
        .collect()
    )
    known = people.lazy()
    counted = (
        spans.lazy()
        .join(known.select("user_id", "as_of", main="currency"), on="user_id", how="left")
        .group_by("user_id")
        .agg(
            first_posted_on=pl.col("first_on")
            .filter(pl.col("currency") == pl.col("main"), pl.col("first_on") <= pl.col("as_of"))
            .min(),
            pending_excluded=pl.col("pending").sum(),
            foreign=pl.col("posted").filter(pl.col("currency") != pl.col("main")).sum(),
        )
    )
    later = (
        posted.filter(pl.col("posted_on") > people["as_of"].min())
        .join(known.select("person", "user_id", "as_of", main="currency"), on="person")
        .filter(pl.col("posted_on") > pl.col("as_of"))
        .group_by("user_id")
        .agg(
            future_excluded=pl.len().cast(pl.Int64),
            foreign_later=(pl.col("currency_code") != _code(pl.col("main"))).sum().cast(pl.Int64),
        )
    )
    nothing = pl.col("pending_excluded", "future_excluded", "foreign", "foreign_later").fill_null(0)
    return (
        known.join(counted, on="user_id", how="left", maintain_order="left")
        .join(later, on="user_id", how="left", maintain_order="left")
        .with_columns(nothing)
        .with_columns(other_currency_excluded=pl.col("foreign") - pl.col("foreign_later"))
        .sort("person")
        .select(PEOPLE.names())
        .cast(PEOPLE)
        .collect()
    )
