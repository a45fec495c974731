"""Writing cards: new, changed, deleted and restored, by the same acts as the API."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.refusals import Refused
from operators.console.cards.listing import TYPES
from operators.console.cards.reading import found
from operators.console.pages import acting, frame
from recommendations import cardform, cards, inventory
from recommendations.cardform import Field
from recommendations.cards import InvalidCard
from recommendations.lifecycle import OPEN
from recommendations.models import Card

OF_CARD = ("title", "description", "tags", "confidence_score", "quality_score")


def add(request: HttpRequest, by: User) -> HttpResponse:
    """First of which type, then its fields."""
    sent = request.POST if request.method == "POST" else request.GET
    card_type = sent.get("type", "")
    if card_type not in TYPES:
        return frame(request, "cards/types", "New card", types=TYPES.items())
    title = f"New card: {TYPES[card_type].lower()}"
    if request.method != "POST":
        return _form(request, title, cardform.fields(card_type, {}), dict.fromkeys(OF_CARD, ""), type=card_type)
    filled = cardform.typed(card_type, request.POST.dict())
    try:
        made = cards.create(item={"card_type": card_type, **_sent(request, filled)}, **_staff(request, by))
    except Refused as refused:
        return _form(request, title, filled, _typed(request), refused, type=card_type)
    messages.success(request, "The card is made.")
    return redirect("admin:recommendations_card_change", made.pk)


def edit(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    one = found(id, by)
    title = f"Edit: {one.title}"
    if request.method != "POST":
        return _form(request, title, cardform.fields(one.card_type, one.content), _of(one), card=one)
    filled = cardform.typed(one.card_type, request.POST.dict())
    version = request.POST.get("version", "")
    try:
        cards.change(
            card_id=one.pk,
            fields=_sent(request, filled),
            expected=[int(version)] if version.isascii() and version.isdecimal() and len(version) < 9 else [],
            **_staff(request, by),
        )
    except Refused as refused:
        return _form(request, title, filled, _typed(request), refused, card=one)
    messages.success(request, "The card is saved.")
    return redirect("admin:recommendations_card_change", one.pk)


def delete(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """Asks first, and says how many live items go with it."""
    one = found(id, by)
    open_now = inventory.items_of(tenant_id=by.tenant_id, card_id=one.pk).filter(status__in=OPEN).count()
    shown: dict[str, Any] = {"card": one, "live": open_now}
    if "sure" not in request.POST:
        return frame(request, "cards/delete", f"Delete: {one.title}", **shown)
    try:
        withdrawn = cards.remove(card_id=one.pk, **_staff(request, by))
    except Refused as refused:
        title = f"Delete: {one.title}"
        return frame(request, "cards/delete", title, status=refused.status, refused=refused, **shown)
    items = "1 item was" if withdrawn == 1 else f"{withdrawn:,} items were"
    messages.success(request, f"The card is deleted. {items} withdrawn with it.")
    return redirect("admin:recommendations_card_change", one.pk)


def restore(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    try:
        cards.restore(card_id=id, **_staff(request, by))
    except Refused as refused:
        found(id, by)
        messages.error(request, str(refused))
    else:
        messages.success(request, "The card is back as it was. What was withdrawn with it stays withdrawn.")
    return redirect("admin:recommendations_card_change", id)


def _staff(request: HttpRequest, by: User) -> dict[str, Any]:
    return {**acting(request, by), "tenant_id": by.tenant_id, "by": by.actor}


def _sent(request: HttpRequest, filled: list[Field]) -> dict[str, Any]:
    content, flaws = cardform.content(filled)
    if flaws:
        raise InvalidCard.of(flaws)
    typed = _typed(request)
    tags = [tag.strip() for tag in typed["tags"].split(",") if tag.strip()]
    scores = {name: _score(typed[name]) for name in OF_CARD[3:]}
    return {
        "title": typed["title"], "description": typed["description"] or None, "tags": tags, "content": content, **scores
    }  # fmt: skip


def _score(said: str) -> Any:
    """As a number, which the act judges; what is none stays as it was typed."""
    try:
        return float(said) if said else None
    except ValueError:
        return said


def _of(one: Card) -> dict[str, str]:
    scores = {name: "" if (score := getattr(one, name)) is None else f"{score:g}" for name in OF_CARD[3:]}
    return {"title": one.title, "description": one.description or "", "tags": ", ".join(one.tags), **scores}


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in OF_CARD}


def _form(
    request: HttpRequest,
    title: str,
    fields: list[Field],
    values: dict[str, str],
    refused: Refused | None = None,
    **shown: Any,
) -> HttpResponse:
    errors = refused.extra.get("errors", []) if refused else []
    told = [
        {"field": field, "errors": [error["message"] for error in errors if _is_of(error["field"], field.key)]}
        for field in fields
    ]
    card = shown.get("card")
    content = {
        "filled": [one for one in told if one["errors"] or one["field"].value],  # type: ignore[attr-defined]
        "empty": [one for one in told if not one["errors"] and not one["field"].value],  # type: ignore[attr-defined]
        "values": values,
        "errors": {name: [e["message"] for e in errors if e["field"].split(".")[0] == name] for name in OF_CARD},
        "version": request.POST.get("version", card.version if card else ""),
        **shown,
    }
    status = refused.status if refused else 200
    return frame(request, "cards/form", title, status=status, refused=refused, **content)


def _is_of(path: str, key: str) -> bool:
    return path == f"content.{key}" or path.startswith(f"content.{key}.")
