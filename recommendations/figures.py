"""The verifier: every numeral, date and name in a text must stand among a person's facts or in the card's own text."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from recommendations.guardrails.text import normalised

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = "|".join(f"{month}|{month[:3]}" for month in MONTHS)
ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\.?(?:,? (\d{{4}}))?\b")
MONTH_FIRST = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")
MONTH_YEAR = re.compile(rf"\b({_MONTH})\.? (\d{{4}})\b")
SLASHED = re.compile(r"\b\d{1,4}/\d{1,2}/\d{1,4}\b")
NUMERAL = re.compile(
    r"(?P<minus>(?<![\w.])-)?(?:(?P<sign>[$€£]|usd |eur |gbp )\s?(?P<minus2>-)?)?(?P<digits>\d[\d,]*(?:\.\d+)?)"
    r"\s?(?P<unit>%|percent|per cent|pct|usd|eur|gbp|dollars?|euros?)?"
)
ONES = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SPELLED = {word: Decimal(n) for n, word in enumerate(ONES, 2)} | {w: Decimal(n * 10) for n, w in enumerate(TENS, 2)}
SPELLED |= {"hundred": Decimal(100), "thousand": Decimal(1000), "million": Decimal(10**6), "dozen": Decimal(12)}
_SPELLED = "|".join(sorted(SPELLED, key=len, reverse=True))
SPELLED_NUMBER = re.compile(rf"\b(?:{_SPELLED})s?(?:(?:\s+and)?[\s-]+(?:{_SPELLED}|one)s?)*\b")
NAME = re.compile(r"[A-Z][\w&'.-]*(?:\s+[A-Z][\w&'.-]*)*")
SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+|[\"\u201c(]\s*)$")
PLAIN = {"i", "we", "you", "your", "we're", "i'm", "it's", "the", "usd", "eur", "gbp"}
Figure = tuple[str, object]


def uncited(
    text: str,
    *,
    cited: Collection[str],
    own: Collection[str] = (),
    merchants: Collection[str] = (),
    names: bool = True,
) -> tuple[str, ...]:
    """What a text says that neither the cited facts nor the card's own texts say, as it is written.

    Without `names`, as an article is read, only the person's own merchants count as names.
    """
    known = {figure for source in cited for figure, _ in figures(source)} | _known(tuple(own))
    known |= {("date", part) for kind, value in known if isinstance(value, date) for part in _parts(value)}
    values = {value for kind, value in known if kind == "number"}
    bare = {value[0] for value in values if isinstance(value, tuple)}
    found = [
        written
        for (kind, value), written in figures(text)
        if (kind, value) not in known and not (kind == "spelled" and value in bare)
    ]
    said = " ".join([*(normalised(source) for source in cited), _said(tuple(own))])
    found += _names(text, said) if names else []
    found += [name for name in merchants if _in(name, normalised(text)) and not _in(name, said)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def _known(texts: tuple[str, ...]) -> frozenset[Figure]:
    return frozenset(figure for text in texts for figure, _ in figures(text))


@lru_cache(maxsize=1024)
def _said(texts: tuple[str, ...]) -> str:
    return " ".join(map(normalised, texts))


def _parts(day: date) -> tuple[tuple[int, int], ...]:
    """How a day may be named without its year, or without its day."""
    return (day.month, day.day), (day.year, day.month)


@lru_cache(maxsize=4096)
def figures(text: str) -> tuple[tuple[Figure, str], ...]:
    """Every date and numeral of a text: what it is, and how it is written."""
    said, found = normalised(text), []
    for pattern, read in ((ISO, _iso), (DAY_FIRST, _day_first), (MONTH_FIRST, _month_first), (MONTH_YEAR, _month_year)):
        for match in pattern.finditer(said):
            found.append((("date", read(match)), match.group()))
        said = pattern.sub(" ", said)
    for match in SLASHED.finditer(said):
        found.append((("date", match.group()), match.group()))
    said = SLASHED.sub(" ", said)
    for match in NUMERAL.finditer(said):
        found.append((("number", _number(match)), match.group().strip()))
    for match in SPELLED_NUMBER.finditer(said):
        found.append((("spelled", _spelled(match.group())), match.group()))
    return tuple(found)


def _spelled(words: str) -> Decimal:
    """`seventy-one`, `two hundred and six`, `three thousand`: one number, not the ones that it is made of."""
    whole, part = Decimal(0), Decimal(0)
    for word in re.findall(r"[a-z]+", words):
        value = (SPELLED | {"one": Decimal(1)}).get(word) or SPELLED.get(word.removesuffix("s"))
        if value is None:
            continue  # and
        if value >= 1000:
            whole, part = whole + max(part, Decimal(1)) * value, Decimal(0)
        elif word.removesuffix("s") in ("hundred", "dozen"):
            part = max(part, Decimal(1)) * value
        else:
            part += value
    return whole + part


def _number(match: re.Match[str]) -> tuple[Decimal, str]:
    try:
        value = Decimal(unicodedata.normalize("NFKC", match["digits"]).replace(",", ""))
    except InvalidOperation:
        return Decimal("NaN"), match.group()
    sign, unit = (match["sign"] or "").strip(), match["unit"] or ""
    if unit in ("percent", "per cent", "pct"):
        unit = "%"
    money = {"$": "$", "usd": "$", "dollar": "$", "dollars": "$", "€": "€", "eur": "€", "euro": "€", "euros": "€"}
    money |= {"£": "£", "gbp": "£"}
    unit = money.get(sign) or money.get(unit) or unit
    return (-value if match["minus"] or match["minus2"] else value), unit


def _iso(match: re.Match[str]) -> object:
    return _day(int(match[1]), int(match[2]), int(match[3]))


def _day_first(match: re.Match[str]) -> object:
    return _day(int(match[3]) if match[3] else None, _month(match[2]), int(match[1]))


def _month_first(match: re.Match[str]) -> object:
    return _day(int(match[3]) if match[3] else None, _month(match[1]), int(match[2]))


def _month_year(match: re.Match[str]) -> object:
    return (int(match[2]), _month(match[1]))


def _month(word: str) -> int:
    return next(n for n, month in enumerate(MONTHS, 1) if month.startswith(word[:3]))


def _day(year: int | None, month: int, day: int) -> object:
    try:
        return date(year, month, day) if year else (month, day)
    except ValueError:
        return (year, month, day)


def _names(text: str, said: str) -> list[str]:
    """Names inside a sentence that no source says."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    found = []
    for match in NAME.finditer(plain):
        words = match.group().rstrip(".'")
        if SENTENCE_START.search(plain[: match.start()]):
            words = words.partition(" ")[2]
        parts = [word for word in words.split() if word.casefold().rstrip(".") not in PLAIN | set(MONTHS)]
        if parts and normalised(words).removesuffix("'s") not in said and not all(_in(part, said) for part in parts):
            found.append(words)
    return found


def _in(word: str, said: str) -> bool:
    wanted = normalised(word).removesuffix("'s").rstrip(".,")
    return bool(wanted) and wanted in said and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", said) is not None
