"""Governs what banks call the columns of their exports, and what their cells mean."""

import re

import polars as pl

from .ids import hidden, is_number

TEXT = (
    "description", "merchant", "payee", "name", "naam", "empfänger", "details", "narrative", "memo",
    "transaction_description",
    "buchungstext", "verwendungszweck", "omschrijving", "text",
)  # fmt: skip
COLUMNS: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "transaction_date", "trans_date", "posted_date", "posting_date", "booking_date",
        "date_processed",
        "created", "datum", "buchungstag", "buchungsdatum", "belegdatum", "value_date", "valutadatum",
    ),
    "amount": ("amount", "betrag", "bedrag", "value", "sum"),
    "debit": (
        "debit", "debit_amount", "withdrawal", "withdrawals", "money_out", "paid_out", "outflow", "charge",
        "debet", "soll",
    ),
    "credit": ("credit", "credit_amount", "deposit", "deposits", "money_in", "paid_in", "inflow", "haben"),
    "direction": ("type", "transaction_type", "debit/credit", "cr/dr", "d/c"),
    "account_id": ("account", "account_name", "account_number", "iban", "rekening", "account_id"),
    "iso_currency_code": ("currency", "iso_currency_code", "currency_code", "währung", "waehrung", "munt"),
    "category": ("category", "kategorie"),
    "status": ("status", "cleared", "state"),
}  # fmt: skip
MONEY = ("amount", "debit", "credit")
WITH_CURRENCY = re.compile(r"(?P<name>.+?)_*\((?P<currency>[a-z]{3})\)")
OUT = ("debit", "dr", "d", "out")
IN = ("credit", "cr", "c", "in")
PENDING = ("pending", "uncleared", "authorised", "authorized")


def meanings(names: list[str]) -> tuple[list[str | None], str | None]:
    """Our name for each folded header name, and the currency a money column names."""
    columns: list[str | None] = [None] * len(names)
    currency = None
    for ours, accepted in COLUMNS.items():
        place = _first(names, accepted)
        if place is None and ours in MONEY:
            tagged = [match["name"] if (match := WITH_CURRENCY.fullmatch(name)) else "" for name in names]
            place = _first(tagged, accepted)
            if place is not None and (match := WITH_CURRENCY.fullmatch(names[place])):
                currency = currency or match["currency"].upper()
        if place is not None:
            columns[place] = ours
    if "amount" in columns:
        columns = [None if name in ("debit", "credit") else name for name in columns]
    else:
        columns = [None if name == "direction" else name for name in columns]
    for rank, name in enumerate(TEXT):
        if name in names:
            columns[names.index(name)] = f"text_{rank:02}"
    return columns, currency


def _first(names: list[str], accepted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in accepted if name in names), None)


def directions(cells: pl.Series) -> pl.Series | None:
    """`in`, `out`, or null for another word; None when the column does not speak of direction (POS, ATM,
    VIS).
    """
    words = cells.str.strip_chars().str.to_lowercase()
    known = {**dict.fromkeys(OUT, "out"), **dict.fromkeys(IN, "in")}
    read = words.replace_strict(known, default=None, return_dtype=pl.String)
    filled = int((words.fill_null("") != "").sum())
    return read if filled and int(read.is_not_null().sum()) * 2 >= filled else None


def translated(frame: pl.DataFrame, *, cleared: bool, account_key: bytes) -> pl.DataFrame:
    """A bank's columns as ours: text joined, pending read, account numbers replaced by what may be stored."""
    texts = sorted(name for name in frame.columns if name.startswith("text_"))
    blank = [pl.col(name).str.strip_chars().replace("", None) for name in texts]
    if texts:
        frame = frame.with_columns(
            merchant=pl.coalesce(blank), description=pl.concat_str(blank, separator=" ", ignore_nulls=True)
        ).drop(texts)
    if "status" in frame.columns:
        waiting = (*PENDING, "no", "false", "0", "n") if cleared else PENDING
        word = pl.col("status").str.strip_chars().str.to_lowercase().fill_null("")
        frame = frame.with_columns(
            pending=pl.when(word.is_in(list(waiting))).then(pl.lit("true")).otherwise(pl.lit("false"))
        ).drop("status")
    return _hidden(frame, account_key) if "account_id" in frame.columns else frame


def _hidden(frame: pl.DataFrame, account_key: bytes) -> pl.DataFrame:
    written = frame["account_id"].drop_nulls().unique().to_list()
    numbers = {account: hidden(account, account_key) for account in written if is_number(account)}
    stand_ins = pl.DataFrame(
        {
            "account_id": pl.Series(list(numbers), dtype=pl.String),
            "stand_in": pl.Series([stand_in for stand_in, _ in numbers.values()], dtype=pl.String),
            "account_mask": pl.Series([mask for _, mask in numbers.values()], dtype=pl.String),
        }
    )
    frame = frame.join(stand_ins, on="account_id", how="left", maintain_order="left")
    return frame.with_columns(account_id=pl.coalesce("stand_in", "account_id")).drop("stand_in")
