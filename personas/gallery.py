"""Reads of portraits as the former API told them: found by either id, listed, searched, counted, with all texts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from accounts import rowsecurity
from accounts.models import User
from personas import persons, portraits
from personas.models import Portrait, Submission
from personas.persons import By, PersonaNotFound

SEARCHED = ("meta__name", "meta__role", "meta__location", "identity__core_description")
CHUNK = 50


def newest(by: By) -> QuerySet[Portrait]:
    rows = Portrait.objects.filter(tenant_id=persons.tenant(by))
    return rows.select_related("person").order_by("-created_at", "-id")


def with_texts(shown: Sequence[Portrait]) -> Sequence[Portrait]:
    """Each with everything that was handed in about its person as its `raw_text`; one statement for all of them."""
    texts: dict[UUID, list[portraits.Submission]] = defaultdict(list)
    for row in persons.submissions([portrait.person_id for portrait in shown]):
        texts[row.person_id].append(portraits.Submission(row.pk, row.raw_text, row.sha256, row.created_at))
    for portrait in shown:
        portrait.raw_text = portraits.joined(texts[portrait.person_id])  # type: ignore[attr-defined]
    return shown


def find(*, by: By, either_id: UUID) -> Portrait:
    """By its own id, else by that of its person."""
    found = list(newest(by).filter(Q(pk=either_id) | Q(person_id=either_id)))
    if not found:
        raise PersonaNotFound
    return min(found, key=lambda portrait: portrait.pk != either_id)


def person_of(*, by: By, either_id: UUID) -> UUID:
    """For whoever writes: also of who agrees no more, for the act to say so."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        rows = newest(by).filter(Q(pk=either_id) | Q(person_id=either_id))
        if isinstance(by, User) and by.is_consumer:
            rows = rows.filter(person__user_id=by.pk)
        found = sorted(rows, key=lambda portrait: portrait.pk != either_id)
    if not found:
        raise PersonaNotFound
    return found[0].person_id


def search(*, by: By, words: str, limit: int) -> list[Portrait]:
    """What holds these words, in whatever case, in a text or in what a portrait says first."""
    in_texts = Submission.objects.filter(person_id=OuterRef("person_id"), raw_text__icontains=words)
    said = Q(Exists(in_texts))
    for path in SEARCHED:
        said |= Q(**{f"persona__{path}__icontains": words})
    return list(newest(by).filter(said)[:limit])


def stats(by: By) -> dict[str, Any]:
    told = newest(by).order_by().aggregate(total=Count("pk"), oldest=Min("created_at"), newest=Max("created_at"))
    days = (told["newest"] - told["oldest"]).days if told["total"] else 0
    return {
        "total_personas": told["total"],
        "oldest_created": told["oldest"],
        "newest_created": told["newest"],
        "days_active": days,
    }


def chunks(*, by: By, eyes: rowsecurity.Viewer, ids: Sequence[UUID]) -> Iterator[Sequence[Portrait]]:
    """A few at a time, each in a transaction of its own; who goes meanwhile is left out."""
    for at in range(0, len(ids), CHUNK):
        with rowsecurity.viewing(eyes):
            shown = {portrait.pk: portrait for portrait in newest(by).filter(pk__in=ids[at : at + CHUNK])}
            read = with_texts([shown[one] for one in ids[at : at + CHUNK] if one in shown])
        yield read
