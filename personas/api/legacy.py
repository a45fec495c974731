"""The former routes of personas, over the same acts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import acting, eyes
from accounts.api.idempotent import Once, idempotent
from accounts.api.paging import uuid_of
from personas import dossiers, fetching, gallery, persons, portraits, portraying
from personas.api import legacyshapes as shapes
from personas.api.dossierdoor import EXPORTS, REMOVES, WRITES, DossierDoor, admit
from personas.dossiers import Kept
from personas.models import Portrait
from personas.persons import PersonaNotFound
from personas.sittings import Change, Text

Made = list[Kept]
NAMED = ("persona_id_1", "persona_id_2")
ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="Of a persona, or of its person.")
IDS = [OpenApiParameter(name, str, description="As in the body.") for name in NAMED]


def _merged(request: Request) -> dict[str, str]:
    """What a repeated merge is compared by, wherever it names whom."""
    return {name: str(value) for name, value in _merge(request).items()}


def _merge(request: Request) -> dict[str, Any]:
    asked, body = request.query_params, request.data or {}
    named = {name: asked[name] for name in NAMED if name in asked}
    sent = shapes.Merge(data={**named, **body} if isinstance(body, dict) else body)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _still_seen(view: Any, request: Request, named: dict[str, Any]) -> None:
    """An answer about people who are gone or agree no more is not given again."""
    by = acting(request)
    if view.action == "merge":
        persona_id: UUID | None = _merge(request)["persona_id_1"]
    else:
        persona_id = _id(named["id"]) if "id" in named else None
    if persona_id is None and not by.is_consumer:
        return  # nobody's: they take their answers along when they go
    person_ids = [gallery.person_of(by=by, either_id=persona_id) if persona_id else None]
    if not persons.ids(by=by, person_ids=person_ids):
        persons.refuse(by=by, person_ids=person_ids)


class LegacyViewSet(DossierDoor):
    lookup_url_kwarg = "id"
    waits_for_outside = frozenset({"create", "partial_update", "batch", "merge"})
    may = {
        **dict.fromkeys(["create", "partial_update", "batch"], WRITES),
        **dict.fromkeys(["destroy", "merge"], REMOVES),
        "export": EXPORTS,
    }

    @extend_schema(request=shapes.FormerTexts, responses={201: shapes.FormerCreated}, deprecated=True)
    @idempotent(still_visible=_still_seen, waits=True)
    def create(self, request: Request, once: Once) -> HttpResponse:
        texts = _texts(request)
        admit(request, once.eyes, [])
        change = Change(None, _read(texts), opens=True)

        def shown(kept: Made) -> Response:
            return Response(shapes.FormerCreated(kept[0].portrait).data, 201)

        return self._portrayed(request, once, [change], shown)

    @extend_schema(parameters=[shapes.FormerPage], responses=shapes.FormerOutPage, deprecated=True)
    def list(self, request: Request) -> Response:
        asked = _asked(shapes.FormerPage, request)
        limit, offset = asked["limit"], asked["offset"]
        rows = gallery.newest(acting(request))
        shown = gallery.with_texts([*rows[offset : offset + limit]])
        answer = Response({"items": shapes.FormerOut(shown, many=True).data, "total": rows.count(), **asked})
        self._viewed(request, shown)
        return answer

    @extend_schema(parameters=[ID], responses=shapes.FormerOut, deprecated=True)
    def retrieve(self, request: Request, id: str) -> Response:
        shown = gallery.with_texts([gallery.find(by=acting(request), either_id=_id(id))])
        answer = Response(shapes.FormerOut(shown[0]).data)
        self._viewed(request, shown)
        return answer

    @extend_schema(parameters=[ID], request=shapes.FormerTexts, responses=shapes.FormerOut, deprecated=True)
    @idempotent(still_visible=_still_seen, waits=True)
    def partial_update(self, request: Request, once: Once, id: str) -> HttpResponse:
        texts = _texts(request)
        person_id = gallery.person_of(by=acting(request), either_id=_id(id))
        admit(request, once.eyes, [person_id])
        return self._portrayed(request, once, [Change(person_id, _read(texts))], _one)

    @extend_schema(parameters=[ID], responses={204: None}, deprecated=True)
    @idempotent()
    def destroy(self, request: Request, id: str) -> Response:
        asked = self.asked(request)
        person_id = gallery.person_of(by=asked["by"], either_id=_id(id))
        dossiers.withdraw(person_id=person_id, **asked)
        return Response(status=204)

    @extend_schema(request=shapes.Batch, responses={201: shapes.FormerOut(many=True)}, deprecated=True)
    @action(detail=False, methods=["post"])
    @idempotent(still_visible=_still_seen, waits=True)
    def batch(self, request: Request, once: Once) -> HttpResponse:
        sent = shapes.Batch(data=request.data)
        sent.is_valid(raise_exception=True)
        admit(request, once.eyes, [], times=len(sent.validated_data))
        changes = [Change(None, (Text(text),), opens=True) for text in sent.validated_data]

        def shown(kept: Made) -> Response:
            return Response(shapes.FormerOut([_with_text(one) for one in kept], many=True).data, 201)

        return self._portrayed(request, once, changes, shown)

    @extend_schema(parameters=IDS, request=shapes.Merge, responses=shapes.FormerOut, deprecated=True)
    @action(detail=False, methods=["post"])
    @idempotent(still_visible=_still_seen, waits=True, body=_merged)
    def merge(self, request: Request, once: Once) -> HttpResponse:
        sent = _merge(request)
        first, second = (
            gallery.person_of(by=acting(request), either_id=sent[name]) for name in ("persona_id_1", "persona_id_2")
        )
        text = sent.get("merged_raw_text")
        admit(request, once.eyes, [first])
        change = Change(first, (Text(text, "merge"),) if text else (), absorbs=second)
        return self._portrayed(request, once, [change], _one)

    @extend_schema(parameters=[shapes.Search], responses=shapes.FormerOut(many=True), deprecated=True)
    @action(detail=False, methods=["get"])
    def search(self, request: Request) -> Response:
        asked = _asked(shapes.Search, request)
        shown = gallery.with_texts(gallery.search(by=acting(request), words=asked["q"], limit=asked["limit"]))
        answer = Response(shapes.FormerOut(shown, many=True).data)
        self._viewed(request, shown)
        return answer

    @extend_schema(responses=shapes.Stats, deprecated=True)
    @action(detail=False, methods=["get"])
    def stats(self, request: Request) -> Response:
        return Response(shapes.Stats(gallery.stats(acting(request))).data)

    @extend_schema(parameters=[shapes.Export], responses=shapes.Exported, deprecated=True)
    @action(detail=False, methods=["get"])
    def export(self, request: Request) -> StreamingHttpResponse:
        """Who is exported is sealed before the first byte goes; of who is removed meanwhile nothing goes."""
        by, asked = acting(request), _asked(shapes.Export, request)
        rows = gallery.newest(by)
        shown = list(rows.only("pk", "person_id", "created_at", "person__user_id")[: asked["limit"]])
        head = {"export_format": "json", "exported_at": timezone.now(), "total_in_system": rows.count()}
        self._viewed(request, shown)
        chunks = gallery.chunks(by=by, eyes=eyes(by), ids=[portrait.pk for portrait in shown])
        return StreamingHttpResponse(_streamed(head, chunks), content_type="application/json")

    # -- inside

    def _portrayed(
        self, request: Request, once: Once, changes: Sequence[Change], show: Callable[[Made], Response]
    ) -> HttpResponse:
        return portraying.portrayed(
            eyes=once.eyes, changes=changes, store=lambda keep: once(lambda: show(keep())), **self.asked(request)
        )

    def _viewed(self, request: Request, shown: Sequence[Portrait]) -> None:
        dossiers.viewed(shown=[portrait.person for portrait in shown], section="persona", **self.asked(request))


def _id(text: str) -> UUID:
    return uuid_of(text, PersonaNotFound)


def _texts(request: Request) -> dict[str, Any]:
    sent = shapes.FormerTexts(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _read(sent: dict[str, Any]) -> tuple[Text, ...]:
    """A text of the caller's, and one of what stands at addresses; the pages are waited for here."""
    texts = [Text(sent["raw_text"])] if "raw_text" in sent else []
    if "urls" in sent:
        texts.append(Text(fetching.fetch(sent["urls"], limit=shapes.FORMER_LONGEST), "urls"))
    return tuple(texts)


def _asked(shape: Any, request: Request) -> dict[str, Any]:
    asked = shape(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _with_text(kept: Kept) -> Portrait:
    kept.portrait.raw_text = portraits.joined(kept.sitting.submissions)  # type: ignore[attr-defined]
    return kept.portrait


def _one(kept: Made) -> Response:
    return Response(shapes.FormerOut(_with_text(kept[0])).data)


def _streamed(head: dict[str, Any], chunks: Iterator[Sequence[Portrait]]) -> Iterator[bytes]:
    renderer, before, total = JSONRenderer(), b"", 0
    yield renderer.render(head)[:-1] + b',"personas":['
    for chunk in chunks:
        for portrait in chunk:
            yield before + renderer.render(shapes.FormerOut(portrait).data)
            before, total = b",", total + 1
    yield b'],"total_exported":%d}' % total
