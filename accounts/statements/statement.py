"""Governs the walk from the bytes of a file to typed columns and a complete report; it reads no clock and no
table.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from . import debts, encoding, entries, holdings, jsonfile, rows, sections
from .problems import Findings, Kind, Problem, Severity
from .raw import Raw

ROWS = 200_000


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the sender says about a file; `today` only judges how far ahead a date lies."""

    file_type: Literal["json", "csv"]
    today: date
    account_key: bytes = field(repr=False)
    sign_policy: str = "auto"
    date_order: str | None = None
    decimal_mark: str | None = None
    encoding: str | None = None
    account_id: str = "main"
    account_subtype: str = "checking"
    currency: str = "USD"


@dataclass(frozen=True)
class KnownAccount:
    """An account of the same user that is stored already."""

    external_id: str
    type: str
    iso_currency_code: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A file as read. Where it failed, the frames hold the rows that would have loaded."""

    accounts: pl.DataFrame
    transactions: pl.DataFrame
    liabilities: pl.DataFrame
    problems: tuple[Problem, ...]
    errors_total: int
    warnings_total: int
    detected: dict[str, object]
    counts: dict[str, object]
    sign_policy: str | None
    upload_timestamp: str | None

    @property
    def ok(self) -> bool:
        return not self.errors_total

    @property
    def truncated(self) -> bool:
        return self.errors_total + self.warnings_total > len(self.problems)

    def report(self) -> dict[str, object]:
        """The parts of the import report that depend on the file alone, ready for JSON."""
        by_severity = {
            severity: [problem.as_dict() for problem in self.problems if problem.severity is severity]
            for severity in Severity
        }
        return {
            "detected": self.detected,
            "summary": self.counts,
            "errors": by_severity[Severity.ERROR],
            "warnings": by_severity[Severity.WARNING],
            "errors_total": self.errors_total,
            "warnings_total": self.warnings_total,
            "truncated": self.truncated,
        }


def parse(data: bytes, options: Options, known: Collection[KnownAccount] = ()) -> Statement:
    """Read a file completely. Bad data becomes problems, never an exception."""
    is_csv = options.file_type == "csv"
    findings = Findings(numbered_by_line=is_csv)
    decoded = encoding.decode(data, options.encoding, findings, guess=is_csv)
    if decoded is None:
        return _unread(findings, {"layout": None, "encoding": None})
    text, name = decoded
    del decoded, data
    raw = sections.read(text, options.account_key, findings) if is_csv else jsonfile.read(text, findings)
    if raw is None:
        return _unread(findings, {"layout": None if is_csv else "json", "encoding": name})
    total = sum(frame.height for frame in raw.frames.values()) + raw.unreadable.total()
    if total == 0 and not findings.totals[Severity.ERROR]:
        findings.file("NO_ROWS", "The file has no rows. Export a period in which the account was used.")
    if total > ROWS:
        findings.file(
            "TOO_MANY_ROWS",
            f"The file has {total:,} rows; {ROWS:,} are allowed. Split it into smaller files.",
        )
        return _unread(findings, {**raw.detected, "encoding": name})
    return _judged(raw, name, options, known, findings)


def _judged(raw: Raw, name: str, options: Options, known: Collection[KnownAccount], findings: Findings) -> Statement:
    currencies = {account.external_id: account.iso_currency_code for account in known}
    marks: dict[Kind, rows.Money] = {}

    def money(kind: Kind, frame: pl.DataFrame, columns: tuple[str, ...]) -> rows.Money:
        marks[kind] = rows.money_of(
            frame, columns, from_json=raw.from_json, mark=options.decimal_mark, delimiter=raw.delimiter
        )
        return marks[kind]

    listed = rows.complete(raw.frames.get(Kind.ACCOUNT), holdings.COLUMNS)
    accounts = holdings.stated(listed, money(Kind.ACCOUNT, listed, holdings.MONEY), findings)
    # A row of a refused account is not wrong itself.
    currencies |= dict.fromkeys(listed["account_id"].drop_nulls(), options.currency)
    currencies |= dict(accounts.select("external_id", "iso_currency_code").iter_rows())

    kept = entries.prepared(raw.frames.get(Kind.TRANSACTION, rows.complete(None, ())), options.account_id, raw.currency)
    if not raw.from_json and not raw.accounts_stated:
        new = holdings.created(kept, currencies.keys(), options.account_subtype, options.currency, findings)
        accounts = pl.concat([accounts, new])
        currencies |= dict(new.select("external_id", "iso_currency_code").iter_rows())
    read = entries.read(
        kept,
        money(Kind.TRANSACTION, kept, entries.MONEY),
        currencies,
        order=options.date_order,
        policy=options.sign_policy,
        today=options.today,
        findings=findings,
    )
    owed = rows.complete(raw.frames.get(Kind.LIABILITY), debts.COLUMNS)
    owed_money = money(Kind.LIABILITY, owed, (*debts.RATES, *debts.MONEY))
    liabilities = debts.read(owed, owed_money, currencies.keys(), options.date_order or read.date_order, findings)

    main = next((kind for kind in (Kind.TRANSACTION, Kind.ACCOUNT, Kind.LIABILITY) if kind in raw.frames), None)
    detected = {
        **raw.detected,
        "encoding": name,
        "date_format": read.date_format,
        "decimal_mark": marks[main].mark if main else None,
        "sign_policy": read.signs.policy.value if read.signs else None,
        "sign_evidence": read.signs.evidence if read.signs else None,
    }
    frames = {Kind.ACCOUNT: accounts, Kind.TRANSACTION: read.rows, Kind.LIABILITY: liabilities}
    return _statement(findings, detected, frames, raw, read)


def _statement(
    findings: Findings,
    detected: dict[str, object],
    frames: dict[Kind, pl.DataFrame],
    raw: Raw | None,
    read: entries.Entries | None,
) -> Statement:
    days = frames[Kind.TRANSACTION]["date"]
    counts: dict[str, object] = {}
    for kind, plural in (
        (Kind.ACCOUNT, "accounts"),
        (Kind.TRANSACTION, "transactions"),
        (Kind.LIABILITY, "liabilities"),
    ):
        invalid = len(findings.refused(kind))
        counts |= {
            f"{plural}_processed": frames[kind].height + invalid,
            f"{plural}_valid": frames[kind].height,
            f"{plural}_invalid": invalid,
        }
    first, last = days.min(), days.max()
    counts |= {
        "pending": int(frames[Kind.TRANSACTION]["pending"].sum()),
        "first_date": first.isoformat() if isinstance(first, date) else None,
        "last_date": last.isoformat() if isinstance(last, date) else None,
    }
    return Statement(
        accounts=frames[Kind.ACCOUNT],
        transactions=frames[Kind.TRANSACTION],
        liabilities=frames[Kind.LIABILITY],
        problems=findings.kept(),
        errors_total=findings.totals[Severity.ERROR],
        warnings_total=findings.totals[Severity.WARNING],
        detected=detected,
        counts=counts,
        sign_policy=read.signs.policy.value if read and read.signs else None,
        upload_timestamp=raw.upload_timestamp if raw else None,
    )


def _unread(findings: Findings, detected: dict[str, object]) -> Statement:
    """A file none of whose rows could be read."""
    nothing: dict[str, object] = {
        "layout": None, "sections": {}, "encoding": None, "delimiter": None, "date_format": None,
        "decimal_mark": None, "sign_policy": None, "sign_evidence": None, "preamble_lines": 0, "preamble": [],
    }  # fmt: skip
    frames = {
        Kind.ACCOUNT: pl.DataFrame(schema=holdings.SCHEMA),
        Kind.TRANSACTION: pl.DataFrame(schema=entries.SCHEMA),
        Kind.LIABILITY: pl.DataFrame(schema=debts.SCHEMA),
    }
    return _statement(findings, nothing | detected, frames, None, None)
