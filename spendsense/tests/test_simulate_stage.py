"""Simulating in the walk: the shelf says for whom there is too little to say, which the rules alone cannot know."""

from django.utils import timezone

from accounts import rowsecurity
from personas import rulesets, simulating
from personas.models import Simulation, Window
from personas.tests.rule_cases import stricter, with_three
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory
from spendsense import pipeline


def simulated(omar, now, document):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        draft = rulesets.draft(by=omar, now=now, document=document)
        windows = [Window.DAYS_30, Window.DAYS_180]
        asked = simulating.start(rule_set=draft, windows=windows, as_of=None, by=omar, now=now)
    assert pipeline.run(clock=timezone.now, stages=["simulate"]).failed == {"simulate": 0}
    with rowsecurity.viewing(rowsecurity.of(omar)):
        return Simulation.objects.get(pk=asked.pk).result


def test_who_would_have_fewer_than_three_education_items_is_counted_once(maya, omar, now):
    with_three(maya)
    first, second, third = made.three_for_all()
    CardFactory(tenant=maya.tenant, title=first.title, content=dict(first.content))
    CardFactory(tenant=maya.tenant, title=second.title, content=dict(second.content))
    told = simulated(omar, now, stricter())
    assert told["education_below_three"] == 1  # in two windows, and still one person
    assert set(told["education_cards"].values()) == {2}
    only = {**third.content, "personas": ["subscription_heavy"]}
    CardFactory(tenant=maya.tenant, title=third.title, content=only)
    assert simulated(omar, now, stricter())["education_below_three"] == 1  # general_wellness still has two
    told = simulated(omar, now, stricter(3))
    assert told["education_below_three"] == 0
    assert told["education_cards"]["subscription_heavy"] == 3
