"""Notes, tags and flags beside items."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.opening import opened
from accounts.api.paging import page_of, uuid_of
from accounts.api.permissions import Allowed
from operators import doubts, notes, tagged
from operators.api import decisionshapes as shapes
from operators.api.decisions import ID, SEES, item_id, staff, still_there
from operators.models import Note, Tag, TagName
from recommendations import flags
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation

WRITES = "operators.annotate"
PAGED = [OpenApiParameter("limit", int), OpenApiParameter("offset", int)]
NOTE_ID = OpenApiParameter("note_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
TAG_ID = OpenApiParameter("tag_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
FLAG_ID = OpenApiParameter("flag_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class BesideViewSet(viewsets.ViewSet):
    """The notes and the tags of one item."""

    lookup_url_kwarg = "id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(WRITES if self.action in ("write", "tag") else SEES)()]

    @extend_schema(parameters=[ID, *PAGED], responses=shapes.NotePage)
    @action(detail=True, methods=["get"])
    def notes(self, request: Request, id: str) -> Response:
        item = _seen(id)
        rows = Note.objects.filter(recommendation_id=item.pk, deleted_at=None).order_by("created_at", "id")
        page = page_of(request, rows, lambda note: shapes.NoteOut(note).data, shapes.Listing)
        opened(request, item.user_id, "notes", recommendation_id=item.pk)
        return page

    @extend_schema(
        parameters=[ID],
        request=shapes.Written,
        responses={201: shapes.NoteOut},
        operation_id="operator_recommendations_notes_write",
    )
    @notes.mapping.post
    @idempotent(still_visible=still_there)
    def write(self, request: Request, id: str) -> Response:
        note = notes.write(item_id=item_id(id), text=_text(request), **staff(request))
        return Response(shapes.NoteOut(note).data, 201)

    @extend_schema(parameters=[ID, *PAGED], responses=shapes.TagPage)
    @action(detail=True, methods=["get"])
    def tags(self, request: Request, id: str) -> Response:
        item = _seen(id)
        rows = Tag.objects.filter(recommendation_id=item.pk).order_by("tagged_at", "id")
        page = page_of(request, rows, lambda tag: shapes.TagOut(tag).data, shapes.Listing)
        opened(request, item.user_id, "tags", recommendation_id=item.pk)
        return page

    @extend_schema(
        parameters=[ID],
        request=shapes.Tagging,
        responses={201: shapes.TagOut},
        operation_id="operator_recommendations_tags_add",
    )
    @tags.mapping.post
    @idempotent(still_visible=still_there)
    def tag(self, request: Request, id: str) -> Response:
        tagging = shapes.Tagging(data=request.data)
        tagging.is_valid(raise_exception=True)
        added = notes.tag(item_id=item_id(id), name=tagging.validated_data["tag_name"], **staff(request))
        return Response(shapes.TagOut(added).data, 201)


def _note_there(view: Any, request: Request, named: dict[str, Any]) -> None:
    if not Note.objects.filter(pk=_note(named["note_id"]), deleted_at=None).exists():
        raise notes.NoteNotFound


class NoteViewSet(viewsets.ViewSet):
    permission_classes = [Allowed(WRITES)]
    lookup_url_kwarg = "note_id"

    @extend_schema(parameters=[NOTE_ID], request=shapes.Written, responses=shapes.NoteOut)
    @idempotent(still_visible=_note_there)
    def partial_update(self, request: Request, note_id: str) -> Response:
        note = notes.rewrite(note_id=_note(note_id), text=_text(request), **staff(request))
        return Response(shapes.NoteOut(note).data)

    @extend_schema(parameters=[NOTE_ID], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, note_id: str) -> Response:
        notes.take_away(note_id=_note(note_id), **staff(request))
        return Response(status=204)


class TagViewSet(viewsets.ViewSet):
    lookup_url_kwarg = "tag_id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(WRITES if self.action == "destroy" else SEES)()]

    @extend_schema(responses=shapes.AvailableTags)
    @action(detail=False, methods=["get"])
    def available(self, request: Request) -> Response:
        names = {word: label.capitalize() for word, label in TagName.choices()}
        return Response({"tags": list(names), "display_names": names})

    @extend_schema(responses=shapes.TagStatistics)
    @action(detail=False, methods=["get"])
    def statistics(self, request: Request) -> Response:
        found = tagged.counted(tenant_id=caller(request).tenant_id)
        return Response(
            {
                "total_tags": found.total_tags,
                "tagged_recommendations": found.tagged_recommendations,
                "tag_counts": [{"tag_name": name, "count": count} for name, count in found.tag_counts],
                "available_tags": TagName.values(),
            }
        )

    @extend_schema(parameters=[TAG_ID], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, tag_id: str) -> Response:
        notes.untag(tag_id=uuid_of(tag_id, notes.TagNotFound), **staff(request))
        return Response(status=204)


def _flag_there(view: Any, request: Request, named: dict[str, Any]) -> None:
    doubts.find(flag_id=_flag(named["flag_id"]), tenant_id=caller(request).tenant_id)


class FlagViewSet(viewsets.ViewSet):
    """Doubts about items, answered once."""

    lookup_url_kwarg = "flag_id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed("operators.flag" if self.action == "resolve" else SEES)()]

    @extend_schema(parameters=[shapes.FlagListing], responses=shapes.FlagPage)
    def list(self, request: Request) -> Response:
        asked = shapes.FlagListing(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        rows = doubts.found(
            tenant_id=caller(request).tenant_id, resolved=wanted["resolved"], flagged_by=wanted.get("flagged_by")
        )
        return page_of(request, rows, lambda flag: shapes.FlagOut(flag).data, shapes.FlagListing)

    @extend_schema(parameters=[FLAG_ID], responses=shapes.FlagOut)
    def retrieve(self, request: Request, flag_id: str) -> Response:
        flag = doubts.find(flag_id=_flag(flag_id), tenant_id=caller(request).tenant_id)
        told = shapes.FlagOut(flag).data
        opened(request, flag.user_id, "flag", recommendation_id=flag.recommendation_id)
        return Response(told)

    @extend_schema(parameters=[FLAG_ID], request=shapes.Resolution, responses=shapes.FlagOut)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_flag_there)
    def resolve(self, request: Request, flag_id: str) -> Response:
        said = shapes.Resolution(data=request.data)
        said.is_valid(raise_exception=True)
        resolution = said.validated_data["resolution"]
        flag = flags.resolve(flag_id=_flag(flag_id), resolution=resolution, **staff(request))
        return Response(shapes.FlagOut(flag).data)


def _seen(text: str) -> Recommendation:
    item = Recommendation.objects.only("id", "user_id").filter(pk=item_id(text)).first()
    if item is None:
        raise RecommendationNotFound
    return item


def _text(request: Request) -> str:
    written = shapes.Written(data=request.data)
    written.is_valid(raise_exception=True)
    return str(written.validated_data["note_text"])


def _note(text: str) -> UUID:
    return uuid_of(text, notes.NoteNotFound)


def _flag(text: str) -> UUID:
    return uuid_of(text, flags.FlagNotFound)
