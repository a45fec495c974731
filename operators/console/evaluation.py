"""Evaluations: the list, running one, one of them whole, and two side by side."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import tasks
from accounts.models import User
from accounts.refusals import Refused
from operators import auditing, evaluating, figures, printing
from operators.console.listing import Asked, Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame, refusal
from operators.models import EvaluationReport, ReportStatus

LIST = Listing(
    columns=(
        Column("Asked at", "asked_at"),
        Column("By"),
        Column("Range"),
        Column("As of"),
        Column("Rule set", number=True),
        Column("Targets met", number=True),
        Column("Missed", number=True),
        Column("Status", "status"),
    ),
    sort="-asked_at",
    filters=(Filter("status", "Status", tuple((one.value, one.value.capitalize()) for one in ReportStatus)),),
)


class Wish(forms.Form):
    start = forms.DateField(label="First day", required=False, widget=forms.DateInput({"type": "date"}))
    end = forms.DateField(label="Last day", required=False, widget=forms.DateInput({"type": "date"}))
    replay_sample = forms.IntegerField(
        label="Traces to make again",
        min_value=0,
        max_value=evaluating.LARGEST_SAMPLE,
        initial=evaluating.SAMPLE,
    )


def reports(request: HttpRequest, by: User) -> HttpResponse:
    wanted = asked(request.GET, LIST)
    rows = _rows(by, wanted)
    names = auditing.staff_names(by.tenant_id)
    found = list(rows[wanted.offset : wanted.offset + wanted.size])
    page: list[object] = [(row, names.get(row.asked_by, "left") if row.asked_by else "the night") for row in found]
    shown = Shown(wanted, page, rows.count(), "evaluations")
    return frame(
        request,
        "evaluation/list",
        "Evaluation",
        shown=shown,
        may_run=by.has_perm("operators.run_evaluation"),
        finished=[row for row in found if row.status == ReportStatus.COMPLETED],
        running=any(row.status == ReportStatus.RUNNING for row in found),
    )


def _rows(by: User, wanted: Asked) -> QuerySet[EvaluationReport]:
    order = ("-" if wanted.descending else "") + wanted.sort
    rows = evaluating.reports(by.tenant_id).order_by(order, "pk")
    return rows.filter(status=wanted.one("status")) if wanted.one("status") else rows


def run(request: HttpRequest, by: User) -> HttpResponse:
    form = Wish(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            evaluating.ask(**acting(request, by), **form.cleaned_data)
        except Refused as refused:
            return refusal(request, "evaluation/run", "Run an evaluation", refused, form=form)
        transaction.on_commit(tasks.wake)
        messages.success(request, "A worker evaluates now. The report stands in this list when it is done.")
        return redirect("admin:operators_evaluation_changelist")
    return frame(request, "evaluation/run", "Run an evaluation", form=form)


def report(request: HttpRequest, by: User, report_id: UUID) -> HttpResponse:
    found = _found(by, report_id)
    if found.status != ReportStatus.COMPLETED:
        return frame(request, "evaluation/unfinished", "Evaluation", report=found)
    others = evaluating.reports(by.tenant_id).filter(status=ReportStatus.COMPLETED).exclude(pk=found.pk)[:20]
    return frame(
        request,
        "evaluation/report",
        f"Evaluation of {found.document['as_of']}",
        row=found,
        report=found.document,
        targets=printing.targets(found.document),
        charts=figures.of_report(found.document),
        others=others,
    )


def compare(request: HttpRequest, by: User) -> HttpResponse:
    first, second = (_completed(by, request.GET.get(name, "")) for name in ("a", "b"))
    return frame(
        request,
        "evaluation/compare",
        "Two evaluations",
        first=first,
        second=second,
        rows=printing.compared(first.document, second.document),
    )


def _completed(by: User, text: str) -> EvaluationReport:
    try:
        return evaluating.finished(report_id=UUID(text), tenant_id=by.tenant_id)
    except (Refused, ValueError) as missing:
        raise Http404 from missing


def _found(by: User, report_id: UUID) -> EvaluationReport:
    try:
        return evaluating.find(report_id=report_id, tenant_id=by.tenant_id)
    except evaluating.ReportNotFound as missing:
        raise Http404 from missing
