"""Cards as somebody sends them, one, many or a snapshot of a company: read, titled and hashed before they are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from recommendations import cardcontent
from recommendations.cardcontent import KNOWN, Content
from recommendations.fields import Fields, Flaw, Flawed, Wrong, choice, fields_of, share, tags, text, under, uuid

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_NAME = 200, 1000, 255
MOST = 100
TITLED_BY = ("title", "name", "primary", "tone", "positioning")
OF_ITEM = (
    "card_type",
    "content",
    "title",
    "description",
    "tags",
    "confidence_score",
    "quality_score",
    "source_session_id",
    "source_workflow_id",
)
OF_CARD = (*OF_ITEM, "tenant_id", "created_by")
OF_CHANGE = ("title", "description", "content", "tags", "confidence_score", "quality_score")
NEVER_NULL = ("title", "content", "tags")
SECTIONS = {
    "company": ("company", ""),
    "audience": ("audience", " - Target Audience"),
    "voice": ("voice", " - Brand Voice"),
    "insights": ("insight", " - Strategic Insights"),
}  # of a snapshot: the type of its card, and what its title ends in


@dataclass(frozen=True)
class Draft:
    """A card before it has an id."""

    card_type: str
    title: str
    description: str | None
    content: Content
    tags: list[str]
    confidence_score: Decimal | None = None
    quality_score: Decimal | None = None
    source_session_id: UUID | None = None
    source_workflow_id: UUID | None = None
    created_by: str | None = None
    path: str = ""  # where its content stood

    @property
    def key(self) -> tuple[str, str]:
        """What a tenant has once."""
        return self.card_type, self.content.hash


def one(body: Any) -> Draft:
    fields = fields_of(body)
    fields.only(OF_CARD)
    draft = _draft(fields)
    if fields.given.get("title") is None:  # only of many may one name itself by its content
        fields.flaw("title", "REQUIRED", "This is needed.")
    created_by = fields.take("created_by", text(LONGEST_NAME))
    fields.sound()
    return _finished(draft, created_by=created_by)


def many(items: Any, path: str = "cards") -> list[Draft]:
    if not isinstance(items, Sequence) or isinstance(items, str | bytes):
        raise Flawed([Flaw(path, "WRONG_TYPE", "This is a list of cards.")])
    if not 1 <= len(items) <= MOST:
        raise Flawed([Flaw(path, "OUT_OF_RANGE", f"From 1 to {MOST} cards.")])
    flaws: list[Flaw] = []
    drafts = []
    for nr, item in enumerate(items):
        here = under(path, nr)
        if not isinstance(item, Mapping):
            flaws.append(Flaw(here, "WRONG_TYPE", "A card is a JSON object."))
            continue
        fields = Fields(item, here, flaws)
        fields.only(OF_ITEM)
        drafts.append(_draft(fields))
    if flaws:
        raise Flawed(flaws)
    return [_finished(draft) for draft in drafts]


def snapshot(body: Any) -> list[Draft]:
    """Four cards, in this order: company, audience, voice, insight."""
    top = fields_of(body)
    top.only(("tenant_id", "source_session_id", "created_by", "company_snapshot"))
    session, by = top.take("source_session_id", uuid), top.take("created_by", text(LONGEST_NAME))
    given = top.take("company_snapshot", lambda value: value, required=True)
    top.sound()
    sections = fields_of(given, "company_snapshot")
    sections.only(SECTIONS)
    found = {name: sections.take(name, _section, required=True) for name in SECTIONS}
    company = Fields(found["company"] or {}, "company_snapshot.company", sections.flaws)
    name = company.take("name", text(cardcontent.LARGEST), required=found["company"] is not None)
    said = company.given.get("description")
    drafts = []
    for section, (card_type, ending) in SECTIONS.items():
        fields = Fields({"card_type": card_type, "content": found[section]}, "company_snapshot", sections.flaws)
        if found[section] is not None and (content := _content(fields, card_type, section)):
            drafts.append(
                Draft(
                    card_type,
                    f"{str(name).strip()[: LONGEST_TITLE - len(ending)]}{ending}",
                    said[:LONGEST_DESCRIPTION] if card_type == "company" and isinstance(said, str) else None,
                    content,
                    [],
                    source_session_id=session,
                    created_by=by,
                    path=under("company_snapshot", section),
                )
            )
    sections.sound()
    return drafts


def change(body: Any, card_type: str) -> dict[str, Any]:
    """The fields of a card that somebody wants otherwise; content read and hashed."""
    fields = fields_of(body)
    fields.only(OF_CHANGE)
    for name in NEVER_NULL:
        if name in fields.given and fields.given[name] is None:
            fields.flaw(name, "REQUIRED", "This is never null.")
    read = {
        "title": fields.take("title", text(LONGEST_TITLE)),
        "description": fields.take("description", text(LONGEST_DESCRIPTION, shortest=0)),
        "tags": fields.take("tags", tags),
        "confidence_score": fields.take("confidence_score", share),
        "quality_score": fields.take("quality_score", share),
    }
    if fields.given.get("content") is not None:
        read["content"] = _content(fields, card_type, "content")
    fields.sound()
    return {name: value for name, value in read.items() if name in fields.given}


def _draft(fields: Fields) -> dict[str, Any]:
    card_type = fields.take("card_type", choice(*KNOWN), required=True)
    found = {
        "card_type": card_type,
        "title": fields.take("title", text(LONGEST_TITLE)),
        "description": fields.take("description", text(LONGEST_DESCRIPTION, shortest=0)),
        "tags": fields.take("tags", tags) or [],
        "path": under(fields.path, "content"),
    }
    for name in ("confidence_score", "quality_score"):
        found[name] = fields.take(name, share)
    for name in ("source_session_id", "source_workflow_id"):
        found[name] = fields.take(name, uuid)
    if fields.given.get("content") is None:
        fields.flaw("content", "REQUIRED", "This is needed.")
    elif card_type:
        found["content"] = _content(fields, card_type, "content")
    return found


def _finished(found: dict[str, Any], **more: Any) -> Draft:
    title = found["title"] or titled(found["card_type"], found["content"].value)
    return Draft(**{**found, "title": title, **more})


def titled(card_type: str, content: Mapping[str, Any]) -> str:
    """The first thing that content calls itself."""
    names = (content.get(key) for key in TITLED_BY)
    said = next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")
    return (said or f"{card_type.capitalize()} card")[:LONGEST_TITLE]


def _content(fields: Fields, card_type: str, name: str) -> Content | None:
    found = cardcontent.sound(fields.given["content"], card_type, under(fields.path, name))
    if isinstance(found, Content):
        return found
    fields.flaws.extend(found)
    return None


def _section(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise Wrong("WRONG_TYPE", "This is an object.")
    return value


def unknown(drafts: Sequence[Draft]) -> Iterator[Flaw]:
    """Keys that a strict institution refuses."""
    for draft in drafts:
        for key in draft.content.unknown:
            yield Flaw(under(draft.path, key), "UNKNOWN_FIELD", f"No {draft.card_type} card has this key.")
