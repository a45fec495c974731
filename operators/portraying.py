"""The charts of one person's file: what is read of them, drawn."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from accounts.models import Transaction
from accounts.statements.classes import ORDER, Flow
from operators import charts, signalcards
from operators.charts import Chart, Lane, Point
from operators.userfile import Stay
from personas.models import Transition
from personas.rules import Persona

YEAR, HALF_YEAR = timedelta(days=365), timedelta(days=180)
NOT_SPENT = [ORDER.index(flow) for flow in (Flow.INCOME, Flow.TRANSFER, Flow.PAYMENT)]
WINDOWS = {"30d": "30 days", "180d": "180 days"}


def standing(stays: Sequence[Stay], moved: Sequence[Transition], *, first: date, last: date) -> Chart:
    """Where a person stood, a lane for each persona of each window, and the days on which that changed."""
    lanes = []
    for window, said in WINDOWS.items():
        for persona in Persona:
            spans = [(one.since, one.until) for one in stays if (one.window, one.persona) == (window, persona.value)]
            if spans:
                lanes.append(Lane(f"{persona.title_words}, {said}", spans))
    days = [one.transition_date for one in moved if first <= one.transition_date <= last]
    if days:
        lanes.append(Lane("Changes", (), sorted(set(days))))
    return charts.timeline("Personas over 180 days", lanes, first=first, last=last, of="Persona")


def cards_used(credit: Mapping[str, Any]) -> Chart:
    points = []
    for card in credit["cards"]:
        value = card.get("utilization_pct")
        mark, tone = signalcards.used(value) if value is not None else ("", "")
        name = f"{card.get('name') or 'Card'} {card.get('mask') or ''}".strip()
        points.append(Point(name, value, tone, mark))
    return charts.bars("Use of each card's limit", points, of="card", what="use", say=charts.percent)


def spent(told: Mapping[str, Any], said: str) -> Chart:
    points = [Point(str(one["category"]).capitalize(), one["amount"]) for one in told["by_category"]]
    return charts.bars(f"Spending by category, {said}", points, of="category", what="spent", say=charts.money)


def spent_in_a_year(*, user_id: UUID, as_of: date, currency: str | None) -> Chart:
    """Of all rows of the last 365 days, as the classes tell them. One statement."""
    rows = Transaction.objects.filter(
        user_id=user_id, date__lte=as_of, date__gt=as_of - YEAR, amount__lt=0, pending=False
    ).exclude(flow__in=NOT_SPENT)
    if currency:
        rows = rows.filter(iso_currency_code=currency)
    sums = rows.order_by().values_list("flow").annotate(spent=Sum("amount")).order_by("spent", "flow")
    points = [Point(ORDER[flow].value.capitalize(), -amount) for flow, amount in sums]
    return charts.bars("Spending by category, 365 days", points, of="category", what="spent", say=charts.money)


def in_and_out(told: Mapping[str, Any]) -> Chart:
    rows = [(one["month"], one["in"], one["out"]) for one in told["by_month"]]
    return charts.paired("Money in and out by month", ("In", "Out"), rows, of="month", say=charts.money)


def pay_days(*, user_id: UUID, as_of: date) -> Chart:
    """The days on which income came. One statement."""
    first = as_of - HALF_YEAR
    paid = Transaction.objects.filter(
        user_id=user_id, flow=ORDER.index(Flow.INCOME), amount__gt=0, pending=False, date__gt=first, date__lte=as_of
    )
    days = sorted(set(paid.values_list("date", flat=True)))
    lanes = [Lane("Income came", (), days)] if days else []
    return charts.timeline("Pay days over 180 days", lanes, first=first, last=as_of, of="What")
