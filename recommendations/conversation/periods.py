"""Which days a question means; days are counted back from the last one that is known."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from recommendations.facts import day

LOOKBACK = 180  # days of rows that are at hand
USUAL = 30
COUNTED = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
ROLLING = re.compile(r"\b(?:last|past|previous)\s+(\d{1,3}|two|three|four|five|six)\s+(day|week|month)s?\b")
CURRENT = re.compile(r"\b(this|last|past|previous)\s+(week|month|year)\b")
LONE = re.compile(r"\b(today|yesterday|ever|all time|so far|half a year|half year|quarter)\b")
_MONTHS = [name.casefold() for name in calendar.month_name[1:]]
NAMED = re.compile(
    rf"\b({'|'.join(name for name in _MONTHS if name != 'may')}|(?<=in )may|may(?= \d{{4}})|"
    rf"{'|'.join(name[:3] for name in _MONTHS if name != 'may')}|sept)\.?(?:\s+(\d{{4}}))?\b"
)
ISO_MONTH = re.compile(r"\b(\d{4})-(\d{2})(?!-?\d)\b")


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included; `rolling` where it is so many days back."""

    since: date
    until: date
    rolling: int | None = None

    @property
    def words(self) -> str:
        if self.rolling:
            return f"in the {self.rolling} days to {day(self.until)}"
        return f"on {day(self.until)}" if self.since == self.until else f"from {day(self.since)} to {day(self.until)}"

    @property
    def window(self) -> str:
        return f"{self.rolling}d" if self.rolling else f"{self.since}/{self.until}"


def period_of(text: str, as_of: date) -> Period | None:
    """None where the question means days of which no row is at hand."""
    asked = _asked(text, as_of)
    first = as_of - timedelta(days=LOOKBACK - 1)
    if asked.until < first or asked.since > as_of:
        return None
    if asked.since < first:
        return Period(first, asked.until)
    return Period(asked.since, min(asked.until, as_of), asked.rolling)


def _asked(text: str, as_of: date) -> Period:
    if found := ROLLING.search(text):
        return _back(_count(found[1]) * {"day": 1, "week": 7, "month": 30}[found[2]], as_of)
    if (found := ISO_MONTH.search(text)) and 1 <= int(found[2]) <= 12 and found[1] >= "1900":
        return _month(int(found[1]), int(found[2]))
    if found := NAMED.search(text):
        return _named(found[1], found[2], as_of)
    if found := CURRENT.search(text):
        return _current(found[1] == "this", found[2], as_of)
    if found := LONE.search(text):
        return _lone(found[1], as_of)
    return _back(USUAL, as_of)


def _count(word: str) -> int:
    return max(int(word) if word.isdigit() else COUNTED[word], 1)


def _back(days: int, as_of: date) -> Period:
    days = min(days, LOOKBACK)
    return Period(as_of - timedelta(days=days - 1), as_of, days)


def _month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def _named(name: str, year: str | None, as_of: date) -> Period:
    """Without its year the latest one that has begun."""
    month = next(n for n, known in enumerate(_MONTHS, 1) if known.startswith(name[:3]))
    if year:
        return _month(max(int(year), 1), month)
    return _month(as_of.year - (month > as_of.month), month)


def _current(this: bool, unit: str, as_of: date) -> Period:
    if unit == "week":
        monday = as_of - timedelta(days=as_of.weekday())
        return Period(monday, as_of) if this else Period(monday - timedelta(days=7), monday - timedelta(days=1))
    if unit == "month":
        first = as_of.replace(day=1)
        if this:
            return Period(first, as_of)
        before = first - timedelta(days=1)
        return Period(before.replace(day=1), before)
    first = date(as_of.year, 1, 1)
    return Period(first, as_of) if this else Period(date(as_of.year - 1, 1, 1), first - timedelta(days=1))


def _lone(word: str, as_of: date) -> Period:
    if word in ("today", "yesterday"):
        on = as_of - timedelta(days=word == "yesterday")
        return Period(on, on)
    return _back({"quarter": 90}.get(word, LOOKBACK), as_of)
