"""A text as the guardrails read it: one form for what looks alike."""

import re
import unicodedata
from functools import lru_cache

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u0060\u00b4", "'"))
HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
MARKUP = re.compile(r"<\s*/?\s*[a-zA-Z!]|javascript:|&#", re.IGNORECASE)


@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """NFKC, case-folded, straight apostrophes and hyphens, no invisible characters, single spaces."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(mark for mark in plain if unicodedata.category(mark) != "Cf")
    return " ".join(plain.casefold().translate(APOSTROPHES).translate(HYPHENS).split())


def has_markup(text: str) -> bool:
    return bool(MARKUP.search(unicodedata.normalize("NFKC", text)))
