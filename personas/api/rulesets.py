"""Rules at the desk of staff: drafting, linting, simulating, publishing, rolling back, and the cases to honour."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import anchors, origin, rowsecurity, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import page_of, uuid_of
from accounts.api.permissions import Allowed
from personas import cases, rules, rulesets, simulating, simulationfiles
from personas.api import ruleshapes as shapes
from personas.models import OverrideCase, RuleSet, Window
from personas.models.rulesets import Status
from personas.simulationfiles import Form

READS = "personas.see_rules"
WRITES = {
    "create": "personas.draft_rules",
    "partial_update": "personas.draft_rules",
    "destroy": "personas.draft_rules",
    "simulate": "personas.simulate_rules",
    "publish": "personas.publish_rules",
    "roll_back": "personas.publish_rules",
}
PAGED = [OpenApiParameter("limit", int), OpenApiParameter("offset", int)]
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
SIMULATION = OpenApiParameter("simulation_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


def _staff(request: Request) -> dict[str, Any]:
    """Who acts, when, and from where."""
    return {"by": caller(request), "now": timezone.now(), "origin": origin.of(request._request)}


class RuleSetViewSet(viewsets.GenericViewSet[RuleSet]):
    """A draft is tried on everybody before it is published; what was published never changes."""

    serializer_class = shapes.RuleSetOut
    queryset = RuleSet.objects.none()
    lookup_url_kwarg = "id"
    waits_for_outside = frozenset({"lint"})  # it thinks for seconds, and no transaction is held open around that

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(WRITES.get(self.action, READS))()]

    @extend_schema(
        parameters=[OpenApiParameter("status", str, enum=Status.values()), *PAGED], responses=shapes.RuleSetPage
    )
    def list(self, request: Request) -> Response:
        asked = shapes.Listing(data=request.query_params)
        asked.is_valid(raise_exception=True)
        active = rulesets.active(tenant_id=caller(request).tenant_id)
        rows = rulesets.visible(tenant_id=caller(request).tenant_id).order_by("-created_at", "id")
        if status := asked.validated_data.get("status"):
            rows = rows.filter(rulesets.with_status(Status(status), active))
        page = page_of(request, rows, lambda row: shapes.RuleSetOut(row, context={"active": active.id}).data)
        page.data["active_version"] = active.version
        return page

    @extend_schema(parameters=[ID], responses=shapes.RuleSetDetail)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self._detail(request, self._found(request, id)))

    @extend_schema(request=shapes.NewDraft, responses={201: shapes.RuleSetDetail})
    @idempotent()
    def create(self, request: Request) -> Response:
        sent = shapes.NewDraft(data=request.data)
        sent.is_valid(raise_exception=True)
        row = rulesets.draft(**_staff(request), **sent.validated_data)
        where = {"Location": f"/api/operator/rule-sets/{row.pk}"}
        return Response(self._detail(request, row), 201, headers=where)

    @extend_schema(parameters=[ID], request=shapes.DraftChange, responses=shapes.RuleSetDetail)
    @idempotent()
    def partial_update(self, request: Request, id: str) -> Response:
        sent = shapes.DraftChange(data=request.data)
        sent.is_valid(raise_exception=True)
        known = uuid_of(id, rulesets.RuleSetNotFound)
        row = rulesets.change(rule_set_id=known, **_staff(request), **sent.validated_data)
        return Response(self._detail(request, row))

    @extend_schema(parameters=[ID], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, id: str) -> Response:
        known = uuid_of(id, rulesets.RuleSetNotFound)
        rulesets.discard(rule_set_id=known, **_staff(request))
        return Response(status=204)

    @extend_schema(parameters=[ID], responses=shapes.LintOut)
    @action(detail=True, methods=["get"])
    def lint(self, request: Request, id: str) -> Response:
        with rowsecurity.viewing(rowsecurity.of(caller(request))):
            row = self._found(request, id)
        findings = [finding.as_json() for finding in rules.lint(rulesets.document_of(row))]
        severities = [finding["severity"] for finding in findings]
        return Response(
            {
                "rule_set_hash": row.hash,
                "errors": severities.count("error"),
                "warnings": severities.count("warning"),
                "findings": findings,
            }
        )

    @extend_schema(parameters=[ID], request=shapes.Wish, responses={202: shapes.Started})
    @action(detail=True, methods=["post"])
    @idempotent()
    def simulate(self, request: Request, id: str) -> Response:
        wish = shapes.Wish(data=request.data)
        wish.is_valid(raise_exception=True)
        simulation = simulating.start(
            rule_set=self._found(request, id),
            windows=[Window(window) for window in wish.validated_data["windows"]],
            as_of=wish.validated_data["as_of"],
            **_staff(request),
        )
        transaction.on_commit(tasks.wake)
        return Response({"simulation_id": simulation.pk, "status": simulation.status}, 202)

    @extend_schema(
        parameters=[SIMULATION],
        responses=OpenApiTypes.OBJECT,
        operation_id="operator_rule_sets_simulation",
    )
    @action(detail=False, methods=["get"], url_path=r"simulations/(?P<simulation_id>[^/.]+)")
    def simulation(self, request: Request, simulation_id: str) -> Response:
        known = uuid_of(simulation_id, simulating.SimulationNotFound)
        found = simulating.find(simulation_id=known, tenant_id=caller(request).tenant_id)
        return Response(simulating.told(found, now=timezone.now()))

    @extend_schema(
        parameters=[SIMULATION],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        operation_id="operator_rule_sets_simulation_export_json",
    )
    @action(detail=False, methods=["get"], url_path=r"simulations/(?P<simulation_id>[^/.]+)/export/json")
    def export_json(self, request: Request, simulation_id: str) -> HttpResponse:
        return self._file(request, simulation_id, Form.JSON)

    @extend_schema(
        parameters=[SIMULATION],
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="operator_rule_sets_simulation_export_csv",
    )
    @action(detail=False, methods=["get"], url_path=r"simulations/(?P<simulation_id>[^/.]+)/export/csv")
    def export_csv(self, request: Request, simulation_id: str) -> HttpResponse:
        return self._file(request, simulation_id, Form.CSV)

    @extend_schema(parameters=[ID], request=shapes.Publication, responses=shapes.PublishedOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def publish(self, request: Request, id: str) -> Response:
        sent = shapes.Publication(data=request.data)
        sent.is_valid(raise_exception=True)
        published = rulesets.publish(
            rule_set_id=uuid_of(id, rulesets.RuleSetNotFound),
            simulation_id=sent.validated_data["simulation_id"],
            note=sent.validated_data["note"],
            waivers={waiver["case_id"]: waiver["reason"] for waiver in sent.validated_data["waivers"]},
            **_staff(request),
        )
        return self._published(request, published)

    @extend_schema(
        parameters=[OpenApiParameter("version", int, OpenApiParameter.PATH)],
        request=shapes.Note,
        responses=shapes.PublishedOut,
        operation_id="operator_rule_sets_roll_back",
    )
    @action(detail=False, methods=["post"], url_path=r"(?P<version>[^/.]+)/roll-back")
    @idempotent()
    def roll_back(self, request: Request, version: str) -> Response:
        sent = shapes.Note(data=request.data)
        sent.is_valid(raise_exception=True)
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            raise rulesets.RuleSetNotFound
        note = sent.validated_data["note"]
        return self._published(request, rulesets.roll_back(version=int(version), note=note, **_staff(request)))

    def _published(self, request: Request, published: rulesets.Published) -> Response:
        transaction.on_commit(tasks.wake)  # somebody is due now
        anchors.soon(tenant_id=caller(request).tenant_id, now=timezone.now())
        shown = shapes.RuleSetOut(published.rule_set).data
        return Response(shown | {"users_due": published.users_due, "cases_broken": published.cases_broken})

    def _file(self, request: Request, simulation_id: str, form: Form) -> HttpResponse:
        known = uuid_of(simulation_id, simulating.SimulationNotFound)
        file = simulationfiles.export(simulation_id=known, form=form, **_staff(request))
        named = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return HttpResponse(file.text, content_type=file.media_type, headers=named)

    def _found(self, request: Request, id: str) -> RuleSet:
        known = uuid_of(id, rulesets.RuleSetNotFound)
        return rulesets.find(rule_set_id=known, tenant_id=caller(request).tenant_id)

    def _detail(self, request: Request, row: RuleSet) -> dict[str, Any]:
        active = rulesets.active(tenant_id=caller(request).tenant_id)
        document = rulesets.document_of(row)
        return shapes.RuleSetOut(row, context={"active": active.id}).data | {
            "document": document.as_json(),
            "diff": rules.diff(active.document, document),
        }


class OverrideCaseViewSet(viewsets.GenericViewSet[OverrideCase]):
    """What operators have overruled, which later rules must honour or waive."""

    serializer_class = shapes.CaseOut
    queryset = OverrideCase.objects.none()
    permission_classes = (Allowed(READS),)

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=shapes.STATES, default=cases.State.OPEN.value), *PAGED],
        responses=shapes.CasePage,
    )
    def list(self, request: Request) -> Response:
        asked = shapes.CaseListing(data=request.query_params)
        asked.is_valid(raise_exception=True)
        state = asked.validated_data["state"]
        tenant_id = caller(request).tenant_id
        rows = cases.of_tenant(tenant_id, None if state == shapes.ALL else cases.State(state))
        return page_of(request, rows, lambda case: shapes.CaseOut(case).data)
