"""Governs how a problem in a file is found, worded, counted and kept."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

import polars as pl

KEPT = 1000
SHOWN = 64


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Kind(StrEnum):
    FILE = "file"
    ACCOUNT = "account"
    TRANSACTION = "transaction"
    LIABILITY = "liability"


@dataclass(frozen=True)
class Problem:
    type: Kind
    field: str | None
    value: str | None
    error: str
    severity: Severity
    code: str
    line: int | None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule over a frame: rows where `when` holds break it. `{value}` in the sentence is `shown`."""

    code: str
    field: str
    when: pl.Expr
    sentence: str
    shown: str | None = None
    severity: Severity = Severity.ERROR


def without_numbers(text: str, parted_by: str = "") -> str:
    """Runs of nine digits or more, and those that the given signs part, give way to their last four."""
    between = f"[{re.escape(parted_by)}]?" if parted_by else ""
    return re.sub(rf"[0-9](?:{between}[0-9]){{8,}}", lambda run: "…" + re.sub("[^0-9]", "", run[0])[-4:], text)


def shown(value: str | None) -> str | None:
    """Text that is safe to print and to store: short, printable, and without whole account numbers."""
    if value is None:
        return None
    masked = without_numbers(value[: SHOWN * 10])
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in masked)
    return printable if len(printable) <= SHOWN else printable[: SHOWN - 1] + "…"


class Findings:
    """What was found in one file so far; `numbered_by_line` is true for CSV, false for positions in JSON
    lists.
    """

    def __init__(self, *, numbered_by_line: bool) -> None:
        self.numbered_by_line = numbered_by_line
        self.totals: Counter[Severity] = Counter()
        self._kept: list[Problem] = []
        self._seen: Counter[tuple[object, ...]] = Counter()
        self._refused: dict[tuple[Kind, str], set[int]] = {}

    def file(
        self,
        code: str,
        sentence: str,
        *,
        field: str | None = None,
        value: str | None = None,
        line: int | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self._note(Problem(Kind.FILE, field, shown(value), sentence, severity, code, line))

    def row(self, kind: Kind, line: int, code: str, field: str, sentence: str, value: str | None = None) -> None:
        self._refused.setdefault((kind, field), set()).add(line)
        self._note(self._worded(kind, line, code, field, sentence, value, Severity.ERROR))

    def judge(self, kind: Kind, frame: pl.DataFrame, checks: Iterable[Check]) -> None:
        """Apply the checks in order. A field of a row is refused once, by the first check it breaks."""
        if frame.height == 0:
            return
        rules = list(checks)
        masks = frame.select("line", *(rule.when.fill_null(False).alias(str(n)) for n, rule in enumerate(rules))).drop(
            "line"
        )
        for mask, rule in zip(masks.iter_columns(), rules, strict=True):
            if mask.any():
                self._break(kind, frame.filter(mask), rule)

    def _break(self, kind: Kind, rows: pl.DataFrame, rule: Check) -> None:
        if rule.severity is Severity.ERROR:
            known = self._refused.setdefault((kind, rule.field), set())
            if known:
                rows = rows.filter(~pl.col("line").is_in(list(known)))
            known.update(rows["line"])
        self.totals[rule.severity] += rows.height - min(rows.height, KEPT)
        values = rows[rule.shown].head(KEPT) if rule.shown else [None] * min(rows.height, KEPT)
        for line, value in zip(rows["line"].head(KEPT), values, strict=True):
            self._note(self._worded(kind, line, rule.code, rule.field, rule.sentence, value, rule.severity))

    def _worded(
        self,
        kind: Kind,
        line: int,
        code: str,
        field: str,
        sentence: str,
        value: str | None,
        severity: Severity,
    ) -> Problem:
        place = f"Line {line}" if self.numbered_by_line else f"{kind.capitalize()} {line}"
        seen = shown(value)
        return Problem(kind, field, seen, f"{place}: {sentence.replace('{value}', seen or '')}", severity, code, line)

    def _note(self, problem: Problem) -> None:
        self.totals[problem.severity] += 1
        rule = (problem.type, problem.code, problem.field, problem.severity)
        self._seen[rule] += 1
        if self._seen[rule] <= KEPT:
            self._kept.append(problem)

    def refused(self, kind: Kind) -> set[int]:
        """Lines of this kind that broke an error rule."""
        return set().union(*(lines for (of, _), lines in self._refused.items() if of is kind))

    def kept(self) -> tuple[Problem, ...]:
        errors_first = sorted(self._kept, key=lambda p: (p.severity is not Severity.ERROR, p.line or 0))
        return tuple(errors_first[:KEPT])
