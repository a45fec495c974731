"""One item at the desk: everything about it, and each decision as one act."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import origin
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.ifmatch import revision
from accounts.api.opening import opened
from accounts.api.paging import uuid_of
from accounts.api.permissions import Allowed
from operators import days, evidence, queue
from operators.api import decisionshapes as shapes
from operators.api.reviewshapes import ClaimOut
from recommendations import claims, edits, flags, items, reviewing
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation

SEES = "operators.see_queue"
DOES = {
    "partial_update": "operators.modify",
    "approve": "operators.decide",
    "reject": "operators.decide",
    "undo": "operators.decide",
    "claim": "operators.decide",
    "release": "operators.decide",
    "flag": "operators.flag",
}
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description='`"<revision>"`')


def item_id(text: str) -> UUID:
    return uuid_of(text, RecommendationNotFound)


def staff(request: Request) -> dict[str, Any]:
    """Who acts, when, and from where."""
    return {"by": caller(request), "now": timezone.now(), "origin": origin.of(request._request)}


def still_there(view: Any, request: Request, named: dict[str, Any]) -> None:
    """A repeated answer about somebody who agrees no more is not given."""
    if not Recommendation.objects.filter(pk=item_id(named["id"])).exists():
        raise RecommendationNotFound


class DecisionViewSet(viewsets.ViewSet):
    """Consent, holds, flags and revisions are asked by the acts; the pages of the console call the same ones."""

    lookup_url_kwarg = "id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(DOES.get(self.action, SEES))()]

    @extend_schema(parameters=[ID], responses=shapes.ItemDetail, operation_id="operator_recommendation")
    def retrieve(self, request: Request, id: str) -> Response:
        by, now = caller(request), timezone.now()
        found = evidence.of(item_id=item_id(id), today=days.day_of(now, by.tenant.time_zone))
        (row,) = queue.seen([found.item], by=by, now=now)
        told = shapes.detail(row, found)
        opened(request, found.item.user_id, "recommendation", recommendation_id=found.item.pk)
        return Response(told, headers={"ETag": f'"{found.item.revision}"'})

    @extend_schema(
        parameters=[ID, IF_MATCH],
        request=shapes.Edit,
        responses=shapes.Modified,
        operation_id="operator_recommendation_modify",
    )
    @idempotent(still_visible=still_there)
    def partial_update(self, request: Request, id: str) -> Response:
        edit = shapes.Edit(data=request.data)
        edit.is_valid(raise_exception=True)
        item = reviewing.modify(changes=edit.validated_data, **self._decided(request, id))
        return Response(
            shapes.Modified(
                {
                    "recommendation_id": item.pk,
                    "status": item.status,
                    "modified_by": item.modified_by,
                    "modified_at": item.modified_at,
                    "modifications": evidence.modifications(item),
                    "guardrails": evidence.verdicts(edits.checked(item, {})),
                }
            ).data
        )

    @extend_schema(parameters=[ID, IF_MATCH], request=shapes.Approval, responses=shapes.Approved)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=still_there)
    def approve(self, request: Request, id: str) -> Response:
        approval = shapes.Approval(data=request.data)
        approval.is_valid(raise_exception=True)
        notes = approval.validated_data["notes"]
        item = reviewing.approve(notes=notes, **self._decided(request, id))
        return Response(
            shapes.Approved(
                {
                    "recommendation_id": item.pk,
                    "status": item.status,
                    "approved_by": item.approved_by,
                    "approved_at": item.approved_at,
                    "notes": notes,
                    "undo_until": _after(item.approved_at),
                }
            ).data
        )

    @extend_schema(parameters=[ID, IF_MATCH], request=shapes.DecisionReason, responses=shapes.Rejected)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=still_there)
    def reject(self, request: Request, id: str) -> Response:
        item = reviewing.reject(reason=_reason(request), **self._decided(request, id))
        return Response(
            shapes.Rejected(
                {
                    "recommendation_id": item.pk,
                    "status": item.status,
                    "rejected_by": item.rejected_by,
                    "rejected_at": item.rejected_at,
                    "reason": item.rejection_reason,
                    "undo_until": _after(item.rejected_at),
                }
            ).data
        )

    @extend_schema(parameters=[ID, IF_MATCH], request=None, responses=shapes.Undone)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=still_there)
    def undo(self, request: Request, id: str) -> Response:
        item = reviewing.undo(**self._decided(request, id))
        last = items.latest_move(item)
        return Response(
            shapes.Undone(
                {
                    "recommendation_id": item.pk,
                    "restored_status": item.status,
                    "reverted_from": last and last.from_status,
                    "undone_by": last and last.actor_id,
                    "undone_at": last and last.at,
                }
            ).data
        )

    @extend_schema(parameters=[ID, IF_MATCH], request=shapes.DecisionReason, responses={201: shapes.FlagOut})
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=still_there)
    def flag(self, request: Request, id: str) -> Response:
        raised = flags.raise_flag(reason=_reason(request), **self._decided(request, id))
        where = {"Location": f"/api/operator/flags/{raised.pk}"}
        return Response(shapes.FlagOut(raised).data, 201, headers=where)

    @extend_schema(parameters=[ID], request=shapes.Hold, responses=ClaimOut)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=still_there)
    def claim(self, request: Request, id: str) -> Response:
        hold = shapes.Hold(data=request.data)
        hold.is_valid(raise_exception=True)
        by, now = caller(request), timezone.now()
        held = claims.claim(item_id=item_id(id), by=by, now=now, take_over=hold.validated_data["take_over"])
        return Response(ClaimOut(vars(held) | {"operator_name": by.email}).data)

    @extend_schema(parameters=[ID], responses={204: None}, operation_id="operator_recommendations_release")
    @claim.mapping.delete
    @idempotent()
    def release(self, request: Request, id: str) -> Response:
        claims.release(item_id=item_id(id), by=caller(request))
        return Response(status=204)

    def _decided(self, request: Request, id: str) -> Mapping[str, Any]:
        return {"item_id": item_id(id), "revision": revision(request), **staff(request)}


def _reason(request: Request) -> str:
    said = shapes.DecisionReason(data=request.data)
    said.is_valid(raise_exception=True)
    return str(said.validated_data["reason"])


def _after(decided: Any) -> Any:
    return decided and decided + reviewing.UNDOABLE
