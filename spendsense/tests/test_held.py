"""An operator's word walks on: what is proposed and counted follows it while it holds, and the rules after it."""

from datetime import timedelta

from django.utils import timezone

from accounts import cast, rowsecurity, uploads
from operators import actions, evaluation
from personas.models import Assignment, Snapshot, Window
from personas.rules import Persona
from recommendations.models import Recommendation
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory
from spendsense import pipeline

SAID = (Persona.HIGH_UTILIZATION, Persona.SAVINGS_BUILDER)
WHY = "Her savings are at another bank; saw the statement."


def test_a_hold_outlasts_new_data_in_the_walk_and_in_the_report(maya, omar, own_store):
    theirs = [made.piece(persona.value, personas=[persona.value]) for persona in SAID]
    for piece in (*theirs, *made.three_for_all()):
        CardFactory(tenant=maya.tenant, title=piece.title, content=dict(piece.content))
    start = timezone.now()

    def walked(days):
        """A file of that day arrives, and the pipeline comes by."""
        now = start + timedelta(days=days)
        with rowsecurity.viewing(rowsecurity.of(maya)):
            uploads.receive(
                user=maya,
                file_name=f"{days}.json",
                data=cast.statement(cast.MAYA, now.date()),
                options={"sign_policy": "inflow_positive"},
                now=now,
            )
        done = pipeline.run(clock=lambda: now)
        assert done.done["load"] == done.done["refresh"] == 1 and not any(done.failed.values())
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            subjects = Recommendation.objects.filter(status="pending", subject__in=SAID)
            rows = Assignment.objects.filter(window_type="30d").order_by("seq").values_list("primary_persona", "source")
            return (
                list(subjects.values_list("subject", flat=True)),
                list(rows),
                Snapshot.objects.filter(time_window="30d").count(),
            )

    def counted(days):
        with rowsecurity.viewing(rowsecurity.of(omar)):
            told = evaluation.evaluate(
                tenant_id=omar.tenant_id, start=None, end=None, replay_sample=0, now=start + timedelta(days=days)
            )
        return told.document["fairness"]["persona_distribution"]

    ruled = ("high_utilization", "computed")
    assert walked(0) == (["high_utilization"], [ruled], 1)
    assert counted(0) == {"high_utilization": 1}
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for window in (Window.DAYS_30, Window.DAYS_180):
            actions.override_persona(
                user=maya, window=window, persona=Persona.SAVINGS_BUILDER, reason=WHY, hold_days=7, by=omar,
                now=start + timedelta(hours=1),
            )  # fmt: skip
    said = ("savings_builder", "operator")
    assert walked(6) == (["savings_builder"], [ruled, said], 2)
    assert counted(6) == {"savings_builder": 1}
    assert walked(8) == (["high_utilization"], [ruled, said, ruled], 3)
    assert counted(8) == {"high_utilization": 1}
