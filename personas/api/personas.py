"""The doors to a person's persona: assigning it, reading it, its changes, and what would change it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import idempotency, origin
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.opening import opened, opens
from accounts.api.paging import uuid_of
from accounts.api.permissions import Allowed, Consumer
from accounts.models import User
from accounts.refusals import ConsentRequired, Refused, Unavailable
from personas import counterfactuals, detecting, history, profiles
from personas.api import answers
from personas.api.people import person
from personas.api.windows import OF_PERSONAS
from personas.models import Assignment, Window
from personas.readiness import readiness

WINDOW = OpenApiParameter("window_type", str, enum=OF_PERSONAS, default=OF_PERSONAS[0])
EITHER = OpenApiParameter("window_type", str, enum=OF_PERSONAS)
USER = OpenApiParameter("user_id", str, OpenApiParameter.PATH)
ONE = r"(?P<user_id>[^/]+)"
Shape = serializers.Serializer[Any]


class PersonaSystemUnavailable(Unavailable):
    code = "PERSONA_SYSTEM_UNAVAILABLE"


def _still_agreed(view: Any, request: Request, kwargs: dict[str, Any]) -> None:
    named = kwargs.get("user_id") or _body(answers.AskedOf, request)["user_id"]
    if not person(request, named).consent_status:
        raise ConsentRequired


def _all_still_agreed(view: Any, request: Request, kwargs: dict[str, Any]) -> None:
    ids = [wanted for text in _body(answers.Batch, request)["user_ids"] if (wanted := _id(text))]
    if history.revoked(user_ids=ids, since=timezone.now() - idempotency.LIFE):
        raise ConsentRequired


class PersonaViewSet(viewsets.ViewSet):
    lookup_url_kwarg = "user_id"
    lookup_value_regex = "[^/]+"
    waits_for_outside = frozenset({"health"})  # it tells whether there is a database, so nothing is opened for it

    def get_permissions(self) -> list[BasePermission]:
        special: dict[str, BasePermission] = {
            "health": AllowAny(),
            "batch_assign": Allowed("personas.assign")(),
            "acknowledge": Consumer(),
        }
        return [special.get(self.action, IsAuthenticated())]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(PersonaSystemUnavailable() if isinstance(exc, OperationalError) else exc)

    @extend_schema(responses={200: answers.Health, 503: answers.Health}, auth=[])
    @action(detail=False, methods=["get"], authentication_classes=[])
    def health(self, request: Request) -> Response:
        state = readiness()
        shown = {
            "status": "healthy" if state.whole else "unhealthy",
            "persona_modules_available": True,
            **asdict(state),
            "timestamp": timezone.now(),
        }
        if state.whole:
            return Response(shown)
        return Response({**shown, "error": "The persona tables cannot be read."}, 503)

    @extend_schema(request=answers.AskedOf, responses=answers.AssignmentOut)
    @action(detail=False, methods=["post"])
    @idempotent(still_visible=_still_agreed)
    def assign(self, request: Request) -> Response:
        asked = _body(answers.AskedOf, request)
        return self._assign(request, person(request, asked["user_id"]), asked["window_type"])

    @extend_schema(
        request=answers.Asked, responses=answers.AssignmentOut, parameters=[USER], operation_id="personas_assign_to"
    )
    @action(detail=False, methods=["post"], url_path=f"assign/{ONE}")
    @idempotent(still_visible=_still_agreed)
    def assign_to(self, request: Request, user_id: str) -> Response:
        asked = _body(answers.Asked, request)
        return self._assign(request, person(request, user_id), asked["window_type"])

    @extend_schema(request=answers.Batch, responses=answers.BatchOut)
    @action(detail=False, methods=["post"], url_path="batch-assign")
    @idempotent(still_visible=_all_still_agreed)
    def batch_assign(self, request: Request) -> Response:
        asked = _body(answers.Batch, request)
        ids = [_id(text) for text in asked["user_ids"]]
        given = profiles.assign(
            user_ids=[wanted for wanted in ids if wanted],
            tenant_id=caller(request).tenant_id,
            window=Window(asked["window_type"]),
            now=timezone.now(),
            by=caller(request),
            origin=origin.of(request._request),
        )
        items = [
            _item(text, given[wanted] if wanted else profiles.UserNotFound(text))
            for text, wanted in zip(asked["user_ids"], ids, strict=True)
        ]
        failed = sum(item["status"] == "failed" for item in items)
        whole = {"total_requested": len(items), "successful": len(items) - failed, "failed": failed}
        return Response({**whole, "results": items})

    @extend_schema(request=answers.AskedOf, responses=answers.TransitionReport)
    @action(detail=False, methods=["post"], url_path="detect-transition")
    @idempotent(still_visible=_still_agreed)
    def detect_transition(self, request: Request) -> Response:
        asked = _body(answers.AskedOf, request)
        return self._detect(request, person(request, asked["user_id"]), asked["window_type"])

    @extend_schema(
        request=answers.Asked,
        responses=answers.TransitionReport,
        parameters=[USER],
        operation_id="personas_detect_transition_of",
    )
    @action(detail=False, methods=["post"], url_path=f"detect-transition/{ONE}")
    @idempotent(still_visible=_still_agreed)
    def detect_transition_of(self, request: Request, user_id: str) -> Response:
        asked = _body(answers.Asked, request)
        return self._detect(request, person(request, user_id), asked["window_type"])

    @extend_schema(parameters=[USER, WINDOW], responses=answers.CurrentOut)
    @opens("persona")
    def retrieve(self, request: Request, user_id: str) -> Response:
        window, now = _query(answers.Asked, request)["window_type"], timezone.now()
        user = person(request, user_id)
        return Response(answers.current(history.current(user_id=user.pk, window=window, today=now.date()), now))

    @extend_schema(parameters=[USER, WINDOW], responses=answers.TenureOut)
    @action(detail=True, methods=["get"])
    @opens("tenure")
    def tenure(self, request: Request, user_id: str) -> Response:
        window, user = _query(answers.Asked, request)["window_type"], person(request, user_id)
        lasting, fresh = history.tenure(user_id=user.pk, window=window, now=timezone.now())
        return Response(answers.tenure(user.pk, window, lasting, fresh))

    @extend_schema(
        parameters=[USER, EITHER, OpenApiParameter("limit", int), OpenApiParameter("offset", int)],
        responses=answers.TransitionHistory,
    )
    @action(detail=True, methods=["get"])
    @opens("transitions")
    def transitions(self, request: Request, user_id: str) -> Response:
        asked = _query(answers.Slice, request)
        limit, offset, window = asked["limit"], asked["offset"], asked["window_type"]
        user = person(request, user_id)
        rows = history.changes(user_id=user.pk, windows=[window] if window else OF_PERSONAS)
        total = rows.count()
        return Response(
            {
                "user_id": user.pk,
                "total_count": total,
                "total_transitions": total,
                "limit": limit,
                "offset": offset,
                "transitions": answers.TransitionOut(rows[offset : offset + limit], many=True).data,
            }
        )

    @extend_schema(parameters=[USER, WINDOW], responses=answers.CounterfactualOut)
    @action(detail=True, methods=["get"])
    @opens("counterfactual")
    def counterfactual(self, request: Request, user_id: str) -> Response:
        window, user = _query(answers.Asked, request)["window_type"], person(request, user_id)
        found = counterfactuals.counterfactual(user=user, window=Window(window), today=timezone.now().date())
        return Response(answers.counterfactual(user.pk, window, found))

    @extend_schema(
        request=None,
        parameters=[USER, OpenApiParameter("transition_id", str, OpenApiParameter.PATH)],
        responses=answers.TransitionOut,
    )
    @action(detail=True, methods=["post"], url_path=r"transitions/(?P<transition_id>[^/]+)/acknowledge")
    @idempotent(still_visible=_still_agreed)
    def acknowledge(self, request: Request, user_id: str, transition_id: str) -> Response:
        seen = detecting.acknowledge(
            user=person(request, user_id),
            transition_id=uuid_of(transition_id, detecting.TransitionNotFound),
            now=timezone.now(),
        )
        return Response(answers.TransitionOut(seen).data)

    def _assign(self, request: Request, user: User, window: str) -> Response:
        now = timezone.now()
        given = profiles.assign(
            user_ids=[user.pk],
            tenant_id=user.tenant_id,
            window=Window(window),
            now=now,
            by=caller(request),
            origin=origin.of(request._request),
        )[user.pk]
        if isinstance(given, Refused):
            raise given
        fresh = history.reach(user_id=user.pk, window=window, today=now.date())
        return Response(answers.assignment(given, fresh))

    def _detect(self, request: Request, user: User, window: str) -> Response:
        one, now = (user.pk, window), timezone.now()
        found = detecting.detect(user_ids=[user.pk], windows=[window], tenant_id=user.tenant_id, now=now)[one]
        if isinstance(found, Refused):
            raise found
        opened(request, user.pk, "transitions")
        return Response(answers.report(user.pk, found))


def _query(shape: type[Shape], request: Request) -> dict[str, Any]:
    return _read(shape, request.query_params)


def _body(shape: type[Shape], request: Request) -> dict[str, Any]:
    return _read(shape, {} if request.data is None else request.data)


def _read(shape: type[Shape], given: Any) -> dict[str, Any]:
    asked = shape(data=given)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _item(text: str, given: Assignment | Refused) -> dict[str, Any]:
    if isinstance(given, Refused):
        # The item names the person already.
        error = str(given).removesuffix(f" {text}")
        return {"user_id": text, "status": "failed", "primary_persona": None, "error": error, "error_code": given.code}
    named = {"user_id": text, "status": "success", "primary_persona": given.primary_persona}
    return {**named, "error": None, "error_code": None}
