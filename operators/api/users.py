"""People at the desk: finding them, opening one, and what staff do about one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import origin
from accounts import people as members
from accounts.api.authentication import caller
from accounts.api.files import theirs
from accounts.api.idempotent import idempotent
from accounts.api.opening import opens
from accounts.api.paging import page_of, uuid_of
from accounts.api.permissions import Allowed
from accounts.models import User
from accounts.refusals import ConsentRequired
from operators import actions, days, generating, people, remeasuring, userfile
from operators.api import usershapes as shapes
from operators.api.reviewshapes import Considered
from operators.people import Sort, Wanted
from personas.models import Window
from personas.rules import Persona

SEES = "accounts.open_files"
DOES = {
    "refresh": "personas.refresh",
    "generate": generating.PERMISSION,
    "flag": "operators.flag",
    "unflag": "operators.flag",
    "override": "personas.override",
}
USER = OpenApiParameter("user_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


def member(request: Request, named: str) -> User:
    """A person of the institution; whether they agree is asked by the act."""
    wanted = uuid_of(named, members.UserNotFound)
    found = User.objects.consumers().filter(tenant_id=caller(request).tenant_id, pk=wanted).first()
    if found is None:
        raise members.UserNotFound
    return found


def _still_agreed(view: Any, request: Request, named: Mapping[str, Any]) -> None:
    theirs(request, named["user_id"])


def _staff(request: Request) -> dict[str, Any]:
    return {"by": caller(request), "now": timezone.now(), "origin": origin.of(request._request)}


class PeopleViewSet(viewsets.ViewSet):
    """Who did not agree stands in the list with who they are and nothing else, and has no file."""

    lookup_url_kwarg = "user_id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(DOES.get(self.action, SEES))()]

    @extend_schema(parameters=[shapes.Listing], responses=shapes.PeoplePage, operation_id="operator_users")
    def list(self, request: Request) -> Response:
        sent = shapes.Listing(data=request.query_params)
        sent.is_valid(raise_exception=True)
        asked, by, now = dict(sent.validated_data), caller(request), timezone.now()
        limit, offset, last = asked.pop("limit"), asked.pop("offset"), asked.pop("last_active_to")
        order, first = asked.pop("order"), asked.pop("last_active_from")
        sort = Sort(asked.pop("sort"))
        wanted = Wanted(
            **asked | {"risk_flags": sorted(asked.pop("risk_flag"))},
            sort=sort,
            descending=(order or ("desc" if sort is Sort.LAST_ACTIVE_AT else "asc")) == "desc",
            active_from=days.beginning(first, by.tenant.time_zone) if first else None,
            active_before=days.beginning(last + timedelta(days=1), by.tenant.time_zone) if last else None,
        )
        today = days.day_of(now, by.tenant.time_zone)
        found = people.listed(tenant_id=by.tenant_id, wanted=wanted, now=now, today=today, limit=limit, offset=offset)
        shown = {"items": found.rows, "stats": found.stats, "total": found.total, "limit": limit, "offset": offset}
        return Response(shapes.PeoplePage(shown).data)

    @extend_schema(parameters=[USER], responses=shapes.FileOut, operation_id="operator_user")
    @opens("file")
    def retrieve(self, request: Request, user_id: str) -> Response:
        return Response(shapes.file(userfile.of(user=theirs(request, user_id), today=timezone.now().date())))

    @extend_schema(
        parameters=[USER, shapes.ItemListing],
        responses=shapes.ItemsOfUser,
        operation_id="operator_users_recommendations",
    )
    @action(detail=True, methods=["get"])
    @opens("recommendations")
    def recommendations(self, request: Request, user_id: str) -> Response:
        asked = shapes.ItemListing(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = userfile.recommendations(user=theirs(request, user_id), status=asked.validated_data.get("status"))
        return page_of(request, rows, lambda item: shapes.ItemOfUser(item).data, shapes.Desk)

    @extend_schema(parameters=[USER, shapes.Desk], responses=shapes.ActionPage, operation_id="operator_users_actions")
    @action(detail=True, methods=["get"])
    @opens("actions")
    def actions(self, request: Request, user_id: str) -> Response:
        rows = actions.about(theirs(request, user_id))
        return page_of(request, rows, lambda one: shapes.ActionOut(one).data, shapes.Desk)

    @extend_schema(
        parameters=[USER], request=shapes.Day, responses=shapes.Remeasured, operation_id="operator_users_refresh"
    )
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_agreed)
    def refresh(self, request: Request, user_id: str) -> Response:
        sent = shapes.Day(data=request.data or {})
        sent.is_valid(raise_exception=True)
        user = member(request, user_id)
        remeasuring.refresh(user=user, as_of=sent.validated_data["as_of"], **_staff(request))
        return Response(shapes.remeasured(user, userfile.standing(user)))

    @extend_schema(
        parameters=[USER], request=None, responses=Considered, operation_id="operator_users_generate_recommendations"
    )
    @action(detail=True, methods=["post"], url_path="generate-recommendations")
    @idempotent(still_visible=_still_agreed)
    def generate(self, request: Request, user_id: str) -> Response:
        user = member(request, user_id)
        if not user.consent_status:
            raise ConsentRequired
        (one,) = generating.generate(user_ids=[user.pk], **_staff(request))
        return Response(Considered({**vars(one), "error": one.error or None}).data)

    @extend_schema(
        parameters=[USER],
        request=shapes.DecisionReason,
        responses={201: shapes.ActionOut},
        operation_id="operator_users_flag",
    )
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_agreed)
    def flag(self, request: Request, user_id: str) -> Response:
        sent = shapes.DecisionReason(data=request.data)
        sent.is_valid(raise_exception=True)
        user = member(request, user_id)
        return Response(shapes.ActionOut(actions.flag(user=user, **sent.validated_data, **_staff(request))).data, 201)

    @extend_schema(parameters=[USER], request=None, responses={204: None}, operation_id="operator_users_unflag")
    @flag.mapping.delete
    @idempotent(still_visible=_still_agreed)
    def unflag(self, request: Request, user_id: str) -> Response:
        actions.unflag(user=member(request, user_id), **_staff(request))
        return Response(status=204)

    @extend_schema(
        parameters=[USER],
        request=shapes.Overrule,
        responses={201: shapes.Overruled},
        operation_id="operator_users_override",
    )
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_agreed)
    def override(self, request: Request, user_id: str) -> Response:
        sent = shapes.Overrule(data=request.data)
        sent.is_valid(raise_exception=True)
        asked, user = sent.validated_data, member(request, user_id)
        if "recommendation_id" in asked:
            done, item = actions.override_item(
                user=user, item_id=asked["recommendation_id"], reason=asked["reason"], **_staff(request)
            )
            return Response(shapes.overruled_item(done, item), 201)
        done, row = actions.override_persona(
            user=user,
            window=Window(asked["window_type"]),
            persona=Persona(asked["persona"]) if asked["persona"] else None,
            reason=asked["reason"],
            hold_days=asked["hold_days"],
            **_staff(request),
        )
        return Response(shapes.overruled_persona(done, row), 201)
