"""Where a sentence ends, which are read, and in which form the cues are looked for."""

import re
import unicodedata
from collections.abc import Iterator

SHORTEST, LONGEST, MOST = 3, 400, 5_000
# Scripts without spaces end a sentence by the mark alone.
_ENDS = re.compile(r"\n+|(?<=[.!?…])\s+|(?<=[。！？])")
_FENCE = re.compile(r"-{3,} Submission \d+ .*-{3,}", re.IGNORECASE)
_BULLET = re.compile(r"[-*•·–—]\s+")
_WORD = re.compile(r"\w+(?:'\w+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u0060\u00b4", "'"))


def sentences(text: str) -> Iterator[str]:
    """Of a cleaned text; a line that looks like the one between our submissions says nothing, and
    the mark of a list is no part of its entry.
    """
    for piece in split(text):
        sentence = _BULLET.sub("", piece, count=1) if _BULLET.match(piece) else piece
        if SHORTEST <= len(sentence) <= LONGEST and not _FENCE.fullmatch(sentence):
            yield sentence


def split(text: str) -> list[str]:
    """All of them, of any length."""
    return [piece.strip() for piece in _ENDS.split(text) if piece.strip()]


def plain(sentence: str) -> str:
    """One form for what looks alike."""
    if not sentence.isascii():
        sentence = unicodedata.normalize("NFKC", sentence)
        sentence = "".join(mark for mark in sentence if unicodedata.category(mark) != "Cf")
    return sentence.casefold().translate(_APOSTROPHES)


def words(sentence: str) -> list[str]:
    """Of a plain sentence; a hyphen is a space."""
    return _WORD.findall(sentence)
