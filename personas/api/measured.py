"""What a person's money says, as they and the staff of their institution read it."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import kept
from accounts.api.authentication import caller
from accounts.api.files import theirs
from accounts.api.opening import opens
from accounts.api.paging import Page, page_of
from accounts.api.permissions import Allowed, Consumer
from accounts.kept import Kind
from accounts.models import User
from personas import history, measured, spending, standing
from personas.api.answers import NotEnough
from personas.api.people import person
from personas.api.windows import WindowField
from personas.models import Assignment, Profile, Snapshot, Window
from personas.profiles import NoSignals
from personas.rules import Persona
from personas.signals import stale

WINDOW = OpenApiParameter("window", str, enum=Window.values(), default=Window.DAYS_30.value)
USER_ID = OpenApiParameter("user_id", str, OpenApiParameter.PATH, description="A user id, or `me`.")
USER = OpenApiParameter("user_id", str, OpenApiParameter.PATH)
BOTH = (Window.DAYS_30, Window.DAYS_180)


class Asked(serializers.Serializer[Any]):
    window = WindowField(Window.values())


class SignalsOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    window = serializers.CharField()
    as_of = serializers.DateField()
    stale = serializers.BooleanField()
    days_covered = serializers.IntegerField()
    computed_at = serializers.DateTimeField()
    signals = serializers.DictField()


class ProfileOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    persona_id = serializers.IntegerField()
    persona_name = serializers.CharField()
    persona = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()
    days_covered = serializers.IntegerField(allow_null=True)
    not_enough = NotEnough(many=True)
    rule_set_version = serializers.IntegerField()
    signals_30d = serializers.DictField()
    signals_180d = serializers.DictField()
    updated_at = serializers.DateTimeField()


class Stood(serializers.Serializer[Any]):
    history_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    persona_id = serializers.IntegerField()
    persona_name = serializers.CharField()
    assigned_at = serializers.DateTimeField()
    as_of = serializers.DateField(allow_null=True)
    rule_set_version = serializers.IntegerField()
    signals = serializers.DictField()


class HistoryPage(serializers.Serializer[Any]):
    items = Stood(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class OfWindow(serializers.Serializer[Any]):
    window_type = WindowField(Window.values(), default=None)


class AssignedOut(serializers.ModelSerializer[Assignment]):
    persona = serializers.CharField(source="primary_persona")
    strength = serializers.CharField(source="primary_match_strength")
    window_type = serializers.CharField()

    class Meta:
        model = Assignment
        fields = [
            "assignment_id",
            "persona",
            "strength",
            "window_type",
            "assigned_at",
            "as_of",
            "rule_set_version",
            "source",
        ]


class AssignmentPage(serializers.Serializer[Any]):
    items = AssignedOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class MeasuredViewSet(viewsets.ViewSet):
    """Everything here is empty without consent: the rows are invisible from the moment of revocation."""

    lookup_url_kwarg = "user_id"

    @extend_schema(parameters=[USER_ID, WINDOW], responses=SignalsOut, operation_id="users_signals")
    @action(detail=True, methods=["get"])
    @opens("signals")
    def signals(self, request: Request, user_id: str) -> HttpResponse:
        return _json(_signals_of(person(request, user_id), _window(request)))

    @extend_schema(parameters=[USER_ID], responses=ProfileOut, operation_id="users_profile")
    @action(detail=True, methods=["get"])
    @opens("profile")
    def profile(self, request: Request, user_id: str) -> HttpResponse:
        today, user = timezone.now().date(), person(request, user_id)
        if known := kept.answer(Kind.PROFILE, user=user, today=today):
            return _json(known)
        stands = standing.profile(user_id=user.pk)
        answer = _rendered(_profile(stands, measured.latest(user_id=user.pk, windows=BOTH), today))
        kept.keep(Kind.PROFILE, user=user, today=today, answers={"": answer})
        return _json(answer)

    @extend_schema(parameters=[USER_ID, Page], responses=HistoryPage, operation_id="users_persona_history")
    @action(detail=True, methods=["get"], url_path="persona-history")
    @opens("persona_history")
    def persona_history(self, request: Request, user_id: str) -> Response:
        rows = standing.changes(user_id=person(request, user_id).pk).prefetch_related("snapshot")
        return page_of(request, rows, _stood)


class InsightsViewSet(viewsets.ViewSet):
    permission_classes = [Consumer]

    @extend_schema(parameters=[WINDOW], responses=OpenApiTypes.OBJECT)
    def list(self, request: Request) -> Response:
        """Where the money came from and where it went."""
        return Response(spending.insights_of(user_id=caller(request).pk, window=_window(request), today=_today()))


class MeasuredOfViewSet(viewsets.ViewSet):
    """What was measured and said of a consenting person, for the staff of their institution."""

    permission_classes = [Allowed("accounts.open_files")]
    lookup_url_kwarg = "user_id"

    @extend_schema(parameters=[USER, WINDOW], responses=SignalsOut, operation_id="operator_users_signals")
    @action(detail=True, methods=["get"])
    @opens("signals")
    def signals(self, request: Request, user_id: str) -> HttpResponse:
        window = _window(request)
        return _json(_signals_of(theirs(request, user_id), window))

    @extend_schema(parameters=[USER, WINDOW], responses=OpenApiTypes.OBJECT, operation_id="operator_users_insights")
    @action(detail=True, methods=["get"])
    @opens("insights")
    def insights(self, request: Request, user_id: str) -> Response:
        window = _window(request)
        user = theirs(request, user_id)
        return Response(spending.insights_of(user_id=user.pk, window=window, today=_today()))

    @extend_schema(
        parameters=[USER, OpenApiParameter("window_type", str, enum=Window.values()), Page],
        responses=AssignmentPage,
        operation_id="operator_users_assignments",
    )
    @action(detail=True, methods=["get"])
    @opens("assignments")
    def assignments(self, request: Request, user_id: str) -> Response:
        asked = OfWindow(data=request.query_params)
        asked.is_valid(raise_exception=True)
        user, window = theirs(request, user_id), asked.validated_data["window_type"]
        rows = history.assignments(user_id=user.pk, window=window)
        return page_of(request, rows, lambda row: AssignedOut(row).data)


def _signals_of(user: User, window: Window) -> str:
    today = _today()
    if known := kept.answer(Kind.SIGNALS, user=user, today=today, which=window):
        return known
    snapshots = measured.latest(user_id=user.pk, windows=BOTH if window in BOTH else [window])
    answers = {of.value: _rendered(_signals(one, today)) for of, one in snapshots.items() if not one.no_signals}
    if window not in answers:
        raise NoSignals(user.pk)
    if window in BOTH:
        kept.keep(Kind.SIGNALS, user=user, today=today, answers=answers)
    return answers[window]


def _today() -> date:
    return timezone.now().date()


def _window(request: Request) -> Window:
    asked = Asked(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return Window(asked.validated_data["window"])


def _signals(snapshot: Snapshot, today: date) -> dict[str, Any]:
    return {
        "user_id": snapshot.user_id,
        "window": snapshot.time_window,
        "as_of": snapshot.as_of,
        "stale": stale(snapshot.as_of, today),
        "days_covered": measured.days_covered(snapshot),
        "computed_at": snapshot.computed_at,
        "signals": measured.as_object(snapshot),
    }


def _profile(stands: Profile, snapshots: dict[Window, Snapshot], today: date) -> dict[str, Any]:
    fresh = history.freshness(snapshots.get(Window.DAYS_30), today=today)
    return {
        "user_id": stands.user_id,
        "persona_id": stands.persona_id,
        "persona_name": stands.persona_name,
        "persona": stands.persona,
        "as_of": stands.as_of,
        "stale": fresh.stale,
        "days_covered": fresh.days_covered,
        "not_enough": fresh.not_enough,
        "rule_set_version": stands.rule_set_version,
        **{f"signals_{window}": _object(snapshots.get(window)) for window in BOTH},
        "updated_at": stands.updated_at,
    }


def _stood(row: Assignment) -> dict[str, Any]:
    persona = Persona(row.profile_persona)
    return {
        "history_id": row.pk,
        "user_id": row.user_id,
        "persona_id": persona.number,
        "persona_name": persona.title_words,
        "assigned_at": row.assigned_at,
        "as_of": row.as_of,
        "rule_set_version": row.rule_set_version,
        "signals": _object(row.snapshot),
    }


def _object(snapshot: Snapshot | None) -> dict[str, Any]:
    """Empty for what came from elsewhere and was never measured here."""
    return measured.as_object(snapshot) if snapshot else {}


def _rendered(answer: dict[str, Any]) -> str:
    return JSONRenderer().render(answer).decode()


def _json(answer: str) -> HttpResponse:
    """Kept or made just now, the same bytes."""
    return HttpResponse(answer, content_type="application/json")
