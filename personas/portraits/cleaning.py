"""How a text looks before it is read: no controls, nothing invisible, single spaces, at most one empty line."""

import re

# A joiner (U+200D) stays: it holds emoji together.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200c\u200e\u200f\ufeff]")
_BREAK = re.compile(r"\r\n?")
_SPACES = re.compile(r"[ \t]+")
_LINE_END = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")


def cleaned(text: str) -> str:
    plain = _BREAK.sub("\n", _INVISIBLE.sub("", text))
    plain = _LINE_END.sub("\n", _SPACES.sub(" ", plain))
    return _EMPTY_LINES.sub("\n\n", plain).strip()
