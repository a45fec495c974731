"""One card: what it says field by field, how it is used, what was made from it, its versions, and a preview."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.refusals import Refused
from operators.charts import Chart, stacked
from operators.console import names
from operators.console.cards.listing import TYPES, served
from operators.console.pages import acting, frame
from recommendations import cardform, inventory, previews
from recommendations.models import Card, CardVersion
from recommendations.previews import Preview
from recommendations.shelf import shelf

DAYS, NEWEST = 30, 20


def card(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    return _shown(request, by, found(id, by))


def preview(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """The card as one person would read it; the text is made anew each time and kept nowhere."""
    one, name = found(id, by), request.POST.get("person", "")
    try:
        asked = previews.preview(card_id=one.pk, name=name, **acting(request, by))
    except Refused as refused:
        return _shown(request, by, one, refused=refused, person=name)
    return _shown(request, by, found(id, by), asked=asked, person=name)


def compare(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """Two versions field by field; without any asked for, the newest beside the one before it."""
    one = found(id, by)
    versions = list(inventory.versions(tenant_id=by.tenant_id, card_id=one.pk))
    numbers = [version.version for version in versions]
    before = _number(request.GET.get("a"), numbers, numbers[1] if len(numbers) > 1 else numbers[0])
    after = _number(request.GET.get("b"), numbers, numbers[0])
    old, new = (next(version for version in versions if version.version == number) for number in (before, after))
    rows = [(label, was, now) for label, was, now in _beside(one.card_type, old, new) if was != now]
    shown: dict[str, Any] = {
        "card": one,
        "numbers": numbers,
        "before": before,
        "after": after,
        "rows": rows,
        "old": old,
        "new": new,
    }
    return frame(request, "cards/compare", f"Versions of {one.title}", **shown)


def found(id: UUID, by: User) -> Card:
    return inventory.card(tenant_id=by.tenant_id, card_id=id)


def _shown(
    request: HttpRequest,
    by: User,
    one: Card,
    *,
    refused: Refused | None = None,
    asked: Preview | None = None,
    person: str = "",
) -> HttpResponse:
    today, zone = timezone.localdate(), timezone.get_current_timezone()
    since = today - timedelta(days=DAYS - 1)
    uses = inventory.uses_per_day(tenant_id=by.tenant_id, card_id=one.pk, since=since, until=today, zone=zone)
    items = inventory.items_of(tenant_id=by.tenant_id, card_id=one.pk)
    versions = list(inventory.versions(tenant_id=by.tenant_id, card_id=one.pk))
    authors = names.of([one.created_by, *(version.changed_by for version in versions)])
    shown: dict[str, Any] = {
        "card": one,
        "type": TYPES[one.card_type],
        "fields": [field for field in cardform.fields(one.card_type, one.content) if field.value],
        "author": authors[one.created_by],
        "versions": [{"version": version, "by": authors[version.changed_by]} for version in versions],
        "chart": _uses(uses, since),
        "items": list(items[:NEWEST]),
        "made": items.count(),
        "asked": asked,
        "person": person,
        **served(one, shelf(tenant_id=by.tenant_id), today),
    }
    status = refused.status if refused else 200
    return frame(request, "cards/card", one.title, status=status, refused=refused, **shown)


def _uses(counted: dict[date, int], since: date) -> Chart:
    days = [since + timedelta(days=nr) for nr in range(DAYS)]
    return stacked(f"Uses a day, {DAYS} days", ["Uses"], [(day, [counted.get(day, 0)]) for day in days], what="uses")


def _beside(card_type: str, old: CardVersion, new: CardVersion) -> list[tuple[str, str, str]]:
    was, now = (
        {
            "Title": version.title,
            "Description": version.description or "",
            "Tags": ", ".join(version.tags),
            **{field.label: field.value for field in cardform.fields(card_type, version.content)},
        }
        for version in (old, new)
    )
    return [(label, was.get(label, ""), now.get(label, "")) for label in dict.fromkeys([*was, *now])]


def _number(said: str | None, known: list[int], otherwise: int) -> int:
    wanted = int(said) if said and said.isascii() and said.isdecimal() and len(said) < 9 else otherwise
    return wanted if wanted in known else otherwise
