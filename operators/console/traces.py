"""The trace viewer: how an item came about, made again, taken along, laid beside another one, and found."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.refusals import NotThere
from operators import evidence, folding, opening, tracebook
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame
from operators.tracebook import Kept
from personas import rulesets
from recommendations import traces

CANDIDATES = Listing(
    (
        Column("Card", "key"),
        Column("Type", "type"),
        Column("Rank", "rank", number=True),
        Column("Persona", "matched_persona"),
        Column("Trigger", "trigger_strength", number=True),
        Column("Outcome", "outcome"),
        Column("Reasons"),
    ),
    sort="rank",
)
COLUMNS = (
    Column(""),
    Column("Item", "title"),
    Column("User", "user__email"),
    Column("Card", "card__title"),
    Column("Rule set", number=True),
    Column("Made", "created_at"),
)


def trace(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    return _shown(request, by, item)


def replay(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    return _shown(request, by, item, again=True)


def download(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    try:
        kept = opening.take_trace(item_id=item, **acting(request, by))
    except NotThere as gone:
        return _gone(request, gone)
    return HttpResponse(
        _text(kept),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="trace-{item}.json"'},
    )


def compare(request: HttpRequest, by: User) -> HttpResponse:
    """Without two ids it says how to choose them."""
    sent = [request.GET.get("a", ""), request.GET.get("b", "")]
    named = [_id(text) for text in (request.GET.getlist("pick") or sent)[:2]]
    title = "Compare two traces"
    if None in named or len(named) < 2:
        return frame(request, "trace/compare", title, pairs=None)
    try:
        left, right = (opening.open_trace(item_id=one, **acting(request, by)) for one in named if one)
    except NotThere as gone:
        return _gone(request, gone)
    pairs = folding.beside(left.trace, right.trace)
    differing = [pair for pair in pairs if pair.differs]
    everything = "all" in request.GET
    return frame(
        request,
        "trace/compare",
        title,
        left=left,
        right=right,
        pairs=pairs if everything else differing,
        differing=len(differing),
        total=len(pairs),
        everything=everything,
    )


def found(request: HttpRequest, by: User) -> HttpResponse:
    """Search by recommendation, user, card and rule-set version."""
    versions = rulesets.visible(tenant_id=by.tenant_id).exclude(version=None).order_by("-version")
    choices = tuple((str(version), str(version)) for version in versions.values_list("version", flat=True))
    listing = Listing(
        COLUMNS,
        sort="-created_at",
        filters=(Filter("rule_set", "Rule set", choices),) if choices else (),
        search="title, card, e-mail, or a whole id",
    )
    wish = asked(request.GET, listing)
    version = wish.one("rule_set") if choices else ""
    rows = tracebook.search(tenant_id=by.tenant_id, q=wish.q, rule_set_version=int(version) if version else None)
    down = "-" if wish.descending else ""
    in_order = rows.order_by(f"{down}{wish.sort}", f"{down}id")
    shown = Shown(wish, list(in_order[wish.offset : wish.offset + wish.size]), rows.count(), "traces")
    return frame(request, "trace/list", "Traces", shown=shown)


def _shown(request: HttpRequest, by: User, item: UUID, *, again: bool = False) -> HttpResponse:
    try:
        kept = opening.open_trace(item_id=item, **acting(request, by))
    except NotThere as gone:
        return _gone(request, gone)
    replayed = traces.replay(recommendation_ids=[item], tenant_id=by.tenant_id)[0] if again else None
    q = request.GET.get("q", "").strip()[:200]
    nodes = folding.tree(kept.trace, q)
    wish = asked(request.GET, CANDIDATES)
    names = evidence.staff_of(move.actor_id for move in kept.moves)
    return frame(
        request,
        "trace/page",
        f"Trace: {kept.item.title}",
        kept=kept,
        item=kept.item,
        trace=kept.trace,
        shown=Shown(wish, _sorted(kept.trace["selection"]["candidates"], wish.sort, wish.descending), 0),
        nodes=nodes,
        hits=folding.hits(nodes),
        q=q,
        raw=_text(kept),
        replayed=replayed,
        moves=[evidence.Spoken(move, _who(names, move.actor_id)) for move in reversed(kept.moves)],
        now=timezone.now(),
    )


def _sorted(candidates: list[dict[str, Any]], name: str, descending: bool) -> list[object]:
    """Missing last, whichever way; ties in the order of the trace."""
    known = [one for one in candidates if one[name] is not None]
    missing = [one for one in candidates if one[name] is None]
    return [_told(one) for one in (*sorted(known, key=lambda one: one[name], reverse=descending), *missing)]


def _told(candidate: dict[str, Any]) -> dict[str, Any]:
    """The words of the engine as people read them."""
    return {
        **candidate,
        "type_text": evidence.words(candidate["type"] or "unknown"),
        "persona_text": evidence.words(candidate["matched_persona"] or ""),
        "outcome_text": evidence.words(candidate["outcome"]),
        "reasons_text": ", ".join(evidence.words(reason) for reason in candidate["reasons"]),
    }


def _who(names: dict[UUID, str], actor: UUID | None) -> str:
    return names.get(actor, evidence.LEFT) if actor else evidence.SYSTEM


def _text(kept: Kept) -> str:
    return json.dumps(kept.trace, indent=2, ensure_ascii=False)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _gone(request: HttpRequest, gone: NotThere) -> HttpResponse:
    return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
