"""A long text in pieces that a model can read, cut where the text itself pauses."""

import re
from collections.abc import Iterator

CHUNK = 12_000
_SENTENCE_ENDS = re.compile(r"[.!?…]\s|\n|[。！？]")


def chunks(text: str, size: int = CHUNK) -> Iterator[str]:
    """Cut at a paragraph, then at a sentence, then hard; nothing is lost but the space at a cut."""
    start = 0
    while len(text) - start > size:
        end = _pause(text, start, start + size)
        if piece := text[start:end].strip():
            yield piece
        start = end
    if rest := text[start:].strip():
        yield rest


def _pause(text: str, start: int, end: int) -> int:
    paragraph = text.rfind("\n\n", start + 1, end)
    if paragraph > 0:
        return paragraph
    return max((found.end() for found in _SENTENCE_ENDS.finditer(text, start, end)), default=end)
