"""The generator that needs nobody: sentences go to the fields whose cues they hold, in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from personas.portraits import cues
from personas.portraits.cleaning import cleaned
from personas.portraits.document import ENTRIES, ENTRY_LENGTH, Kind, Path, blank, fields, put
from personas.portraits.lineage import moment
from personas.portraits.redaction import redacted
from personas.portraits.said import Names, Portrait, Submission
from personas.portraits.sentences import MOST, sentences, split

VERSION = cues.CURRENT
GENERATOR = f"rules-v{VERSION}"
FIELDS_A_SENTENCE = 2
CORE: Path = ("identity", "core_description")
_ORDER = {path: place for place, (path, _) in enumerate(fields())}


@dataclass(frozen=True)
class Sentence:
    """One sentence of a submission, at its place of all, and how strongly it speaks of which fields."""

    text: str
    submission: int
    place: int
    scores: dict[Path, int]


def of(submissions: Sequence[Submission], names: Names) -> Portrait:
    """The document of all submissions, oldest first; the same submissions give the same bytes."""
    texts = [cleaned(submission.text) for submission in submissions]
    kept, excluded = _kept(_read(texts))
    document = blank()
    for path, kind in fields():
        speaking = [sentence for sentence in kept if path in sentence.scores]
        put(document, path, _list(speaking, path) if kind is Kind.LIST else _text(speaking, path))
    if kept and not document["identity"]["core_description"]:
        put(document, CORE, next((one.text for one in kept if not cues.greets(one.text)), kept[0].text))
    document["meta"] |= {field: _named(field, kept) for field in ("role", "location")}
    write_known(document, submissions, names)
    document["_meta"] = made(submissions, texts, GENERATOR, VERSION, excluded=excluded)
    return Portrait(document, GENERATOR, VERSION)


def write_known(document: dict[str, Any], submissions: Sequence[Submission], names: Names) -> None:
    """What the program knows better than any text: names and gender as stored, no age, when it began."""
    document["meta"] |= {
        "name": names.joined,
        "created_at": moment(submissions[0].at) if submissions else None,
        "age": None,
        "age_range": None,
        "gender": names.gender,
    }


def discreet(text: str) -> tuple[str, int]:
    """A text as anybody may read it on: cleaned, redacted, without protected sentences, and how many those were."""
    lines, excluded = [], 0
    for line in redacted(cleaned(text)).split("\n"):
        said = split(line)
        kept = [sentence for sentence in said if cues.scores(sentence) is not None]
        excluded += len(said) - len(kept)
        lines.append(" ".join(kept))
    return cleaned("\n".join(lines)), excluded


def made(
    submissions: Sequence[Submission],
    texts: Sequence[str],
    model: str,
    version: int,
    *,
    excluded: int,
    chunks: int = 0,
    tokens: tuple[int, int] = (0, 0),
) -> dict[str, Any]:
    """How a document was made; lengths are characters."""
    return {
        "raw_text_length": sum(len(submission.text) for submission in submissions),
        "cleaned_text_length": sum(map(len, texts)),
        "model_used": model,
        "prompt_version": version,
        "submissions": len(submissions),
        "chunks": chunks,
        "excluded_sentences": excluded,
        "tokens_in": tokens[0],
        "tokens_out": tokens[1],
    }


def _read(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Sentences with the number of their submission, in the order of arrival; beyond the limit the oldest are left."""
    newest_first: list[list[tuple[int, str]]] = []
    left = MOST
    for number in reversed(range(len(texts))):
        taken = [(number, sentence) for sentence in sentences(redacted(texts[number]))][:left]
        newest_first.append(taken)
        left -= len(taken)
        if not left:
            break
    return [one for taken in reversed(newest_first) for one in taken]


def _kept(read: Sequence[tuple[int, str]]) -> tuple[list[Sentence], int]:
    kept = []
    for place, (submission, text) in enumerate(read):
        found = cues.scores(text)
        if found is not None:
            strongest = sorted(found.items(), key=lambda one: (-one[1], _ORDER[one[0]]))
            kept.append(Sentence(text, submission, place, dict(strongest[:FIELDS_A_SENTENCE])))
    return kept, len(read) - len(kept)


def _text(speaking: Sequence[Sentence], path: Path) -> str:
    best = min(speaking, key=lambda one: (-one.scores[path], -one.submission, one.place), default=None)
    return best.text if best else ""


def _list(speaking: Sequence[Sentence], path: Path) -> list[str]:
    ordered = sorted(speaking, key=lambda one: (-one.scores[path], one.place))
    once = {_entry(one.text).casefold(): _entry(one.text) for one in reversed(ordered)}
    return list(reversed(once.values()))[:ENTRIES]


def _entry(text: str) -> str:
    """A sentence as an entry of a list: a longer one ends at a word."""
    if len(text) <= ENTRY_LENGTH:
        return text
    head = text[: ENTRY_LENGTH - 1]
    return f"{head.rpartition(' ')[0] or head}…"


def _named(field: str, kept: Sequence[Sentence]) -> str | None:
    """The newest submission wins, in it the first sentence."""
    for sentence in sorted(kept, key=lambda one: (-one.submission, one.place)):
        if value := cues.follows(field, sentence.text):
            return value
    return None
