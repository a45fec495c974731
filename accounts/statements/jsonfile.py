"""Governs how a JSON document becomes string columns: its shape, its types, the vendor's shape of
liabilities.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable

import polars as pl

from .jsontext import Number, load
from .problems import Findings, Kind, shown
from .raw import Raw

LISTS = {"accounts": Kind.ACCOUNT, "transactions": Kind.TRANSACTION, "liabilities": Kind.LIABILITY}
KNOWN = {
    Kind.FILE: {"user_id", "upload_timestamp", *LISTS},
    Kind.ACCOUNT: {
        "account_id", "type", "subtype", "balances", "iso_currency_code", "name", "mask", "holder_category",
    },
    Kind.TRANSACTION: {
        "transaction_id", "account_id", "date", "amount", "merchant_name", "name", "merchant_entity_id",
        "iso_currency_code", "payment_channel", "personal_finance_category", "pending",
        "pending_transaction_id",
    },
    Kind.LIABILITY: {
        "account_id", "apr_percentage", "interest_rate", "apr_type", "minimum_payment_amount",
        "last_payment_amount",
        "last_statement_balance", "last_payment_date", "next_payment_due_date", "is_overdue",
    },
}  # fmt: skip
# Escapes that JSON allows and a database does not: U+0000 and halves of surrogate pairs.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")

Row = dict[str, object]


def read(text: str, findings: Findings) -> Raw | None:
    document = load(text, findings)
    if document is None and findings.totals:
        return None
    if not isinstance(document, dict):
        findings.file(
            "JSON_SHAPE", "The file must be one object with the lists accounts, transactions and liabilities."
        )
        return None
    reader = Reader(findings, suspect=bool(SUSPECT.search(text)))
    frames = {
        Kind.ACCOUNT: reader.accounts(document.get("accounts", [])),
        Kind.TRANSACTION: reader.transactions(document.get("transactions", [])),
        Kind.LIABILITY: reader.liabilities(document.get("liabilities", [])),
    }
    reader.unknown[Kind.FILE] = len(set(document) - KNOWN[Kind.FILE])
    letters = {Kind.ACCOUNT: "A", Kind.TRANSACTION: "T", Kind.LIABILITY: "L"}
    timestamp = document.get("upload_timestamp")
    return Raw(
        frames={kind: frame for kind, frame in frames.items() if frame.height},
        detected={
            "layout": "json",
            "sections": {letters[kind]: 1 for kind, frame in frames.items() if frame.height},
            "delimiter": None,
            "preamble_lines": 0,
            "preamble": [],
            "unknown_keys": reader.unknown.total(),
        },
        from_json=True,
        unreadable=reader.unreadable,
        upload_timestamp=shown(timestamp) if isinstance(timestamp, str) else None,
    )


class Reader:
    """Reads the lists of one document; a value of the wrong type is noted and left out."""

    def __init__(self, findings: Findings, *, suspect: bool) -> None:
        self.findings = findings
        self.suspect = suspect
        self.unknown: Counter[Kind] = Counter()
        self.unreadable: Counter[Kind] = Counter()

    def accounts(self, listed: object) -> pl.DataFrame:
        kind = Kind.ACCOUNT
        lines, rows = self._rows(kind, "accounts", listed)
        balances = self._objects(kind, lines, rows, "balances")
        own = [row.get("iso_currency_code") for row in rows]
        theirs = [balance.get("iso_currency_code") for balance in balances]
        columns = {
            "account_id": self._ids(kind, lines, rows, "account_id"),
            **{name: self._texts(kind, lines, rows, name) for name in ("type", "subtype", "name", "mask")},
            "holder_category": self._texts(kind, lines, rows, "holder_category"),
            "iso_currency_code": self._typed(
                kind,
                lines,
                "iso_currency_code",
                [a or b for a, b in zip(own, theirs, strict=True)],
                (str,),
                "text",
            ),
            **{name: self._numbers(kind, lines, balances, name) for name in ("current", "available", "limit")},
        }
        return self._frame(lines, columns)

    def transactions(self, listed: object) -> pl.DataFrame:
        kind = Kind.TRANSACTION
        lines, rows = self._rows(kind, "transactions", listed)
        category = [row.get("personal_finance_category") for row in rows]
        split = [value if isinstance(value, dict) else {} for value in category]
        plain = [None if isinstance(value, dict) else value for value in category]
        columns = {
            "transaction_id": self._ids(kind, lines, rows, "transaction_id"),
            "account_id": self._ids(kind, lines, rows, "account_id"),
            "date": self._texts(kind, lines, rows, "date"),
            "amount": self._numbers(kind, lines, rows, "amount"),
            "merchant": self._texts(kind, lines, rows, "merchant_name"),
            "name": self._texts(kind, lines, rows, "name"),
            "merchant_entity_id": self._ids(kind, lines, rows, "merchant_entity_id"),
            "pending_transaction_id": self._ids(kind, lines, rows, "pending_transaction_id"),
            "payment_channel": self._texts(kind, lines, rows, "payment_channel"),
            "iso_currency_code": self._texts(kind, lines, rows, "iso_currency_code"),
            "pending": self._flags(kind, lines, rows, "pending"),
            "category": self._typed(kind, lines, "personal_finance_category", plain, (str,), "text or an object"),
            "category_primary": self._texts(kind, lines, split, "primary"),
            "category_detailed": self._texts(kind, lines, split, "detailed"),
        }
        return self._frame(lines, columns)

    def liabilities(self, listed: object) -> pl.DataFrame:
        kind = Kind.LIABILITY
        if isinstance(listed, dict):
            listed = self._from_vendor(listed)
        lines, rows = self._rows(kind, "liabilities", listed)
        money = ("minimum_payment_amount", "last_payment_amount", "last_statement_balance")
        columns = {
            "account_id": self._ids(kind, lines, rows, "account_id"),
            **{name: self._numbers(kind, lines, rows, name) for name in ("apr_percentage", "interest_rate", *money)},
            **{
                name: self._texts(kind, lines, rows, name)
                for name in ("apr_type", "last_payment_date", "next_payment_due_date")
            },
            "is_overdue": self._flags(kind, lines, rows, "is_overdue"),
        }
        return self._frame(lines, columns)

    def _from_vendor(self, groups: Row) -> list[object]:
        """`{credit: [], mortgage: [], student: []}` as one list."""
        entries: list[object] = []
        for name in ("credit", "mortgage", "student"):
            group = groups.get(name)
            if group is None:
                continue
            if not isinstance(group, list):
                self._not_a_list(f"liabilities.{name}")
                continue
            entries += [VENDOR[name](entry) if isinstance(entry, dict) else entry for entry in group]
        return entries

    def _not_a_list(self, name: str) -> None:
        self.findings.file(
            "JSON_SHAPE", f'"{name}" must be a list; leave the key out when there is nothing.', field=name
        )

    def _rows(self, kind: Kind, name: str, listed: object) -> tuple[list[int], list[Row]]:
        if not isinstance(listed, list):
            self._not_a_list(name)
            return [], []
        pairs = [(line, row) for line, row in enumerate(listed, 1) if isinstance(row, dict)]
        if len(pairs) < len(listed):
            self.unreadable[kind] = len(listed) - len(pairs)
            for line, row in enumerate(listed, 1):
                if not isinstance(row, dict):
                    self.findings.row(kind, line, "TYPE", "row", "this must be an object with named fields.")
        rows = [row for _, row in pairs]
        self.unknown[kind] = len(set().union(*rows) - KNOWN[kind]) if rows else 0
        return [line for line, _ in pairs], rows

    def _objects(self, kind: Kind, lines: list[int], rows: list[Row], field: str) -> list[Row]:
        objects: list[Row] = []
        for line, row in zip(lines, rows, strict=True):
            value = row.get(field)
            if value is not None and not isinstance(value, dict):
                self.findings.row(
                    kind,
                    line,
                    "TYPE",
                    "current",
                    f'"{field}" must be an object such as {{"current": 12.34}}.',
                )
            objects.append(value if isinstance(value, dict) else {})
        return objects

    def _ids(self, kind: Kind, lines: list[int], rows: Iterable[Row], field: str) -> pl.Series:
        return self._typed(kind, lines, field, [row.get(field) for row in rows], (str,), "text in quotes", "ID_TYPE")

    def _texts(self, kind: Kind, lines: list[int], rows: Iterable[Row], field: str) -> pl.Series:
        return self._typed(kind, lines, field, [row.get(field) for row in rows], (str,), "text")

    def _numbers(self, kind: Kind, lines: list[int], rows: Iterable[Row], field: str) -> pl.Series:
        return self._typed(kind, lines, field, [row.get(field) for row in rows], (str, Number), "a number")

    def _flags(self, kind: Kind, lines: list[int], rows: Iterable[Row], field: str) -> pl.Series:
        return self._typed(kind, lines, field, [row.get(field) for row in rows], (str, Number, bool), "true or false")

    def _typed(
        self,
        kind: Kind,
        lines: list[int],
        field: str,
        values: list[object],
        types: tuple[type, ...],
        wanted: str,
        code: str = "TYPE",
    ) -> pl.Series:
        for odd in set(map(type, values)) - {*types, type(None)}:
            for place, value in enumerate(values):
                if type(value) is odd:
                    self.findings.row(kind, lines[place], code, field, f'"{field}" must be {wanted}.', str(value)[:200])
                    values[place] = None
        if bool in types:
            values = [str(value).lower() if isinstance(value, bool) else value for value in values]
        if self.suspect:
            self._without_odd_characters(kind, lines, field, values)
        return pl.Series(field, values, dtype=pl.String)

    def _without_odd_characters(self, kind: Kind, lines: list[int], field: str, values: list[object]) -> None:
        for place, value in enumerate(values):
            if isinstance(value, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
                sentence = f'"{field}" holds U+0000 or half a surrogate pair, which is no text. Remove it.'
                self.findings.row(kind, lines[place], "TEXT_CHARACTER", field, sentence, value)
                values[place] = None

    @staticmethod
    def _frame(lines: list[int], columns: dict[str, pl.Series]) -> pl.DataFrame:
        return pl.DataFrame({"line": pl.Series(lines, dtype=pl.Int64), **columns})


def _credit(entry: Row) -> Row:
    listed = entry.get("aprs")
    rates = [apr for apr in listed if isinstance(apr, dict)] if isinstance(listed, list) else []
    purchase = next((apr for apr in rates if apr.get("apr_type") == "purchase_apr"), None)
    if purchase is None:
        return entry
    return {"apr_percentage": purchase.get("apr_percentage"), "apr_type": "purchase", **entry}


def _mortgage(entry: Row) -> Row:
    rate = entry.get("interest_rate")
    return {**entry, "interest_rate": rate.get("percentage")} if isinstance(rate, dict) else entry


def _student(entry: Row) -> Row:
    return {"interest_rate": entry.get("interest_rate_percentage"), **entry}


VENDOR: dict[str, Callable[[Row], Row]] = {"credit": _credit, "mortgage": _mortgage, "student": _student}
