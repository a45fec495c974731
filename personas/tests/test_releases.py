from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import rowsecurity
from accounts.tests import factories
from personas import meeting, reassigning, releases, rules, rulesets, simulating
from personas.models import Window
from personas.rules import editing
from personas.tests.factories import measured
from personas.tests.rule_cases import FIVE, NOTE, overruled, stored, stricter, with_three


@pytest.fixture
def draft(omar, now, seeing):
    with seeing(omar):
        return rulesets.draft(by=omar, now=now, document=stricter())


def simulated(draft, by, now):
    with rowsecurity.viewing(rowsecurity.of(by)):
        asked = simulating.start(rule_set=draft, windows=[Window.DAYS_30], as_of=None, by=by, now=now)
    return simulating.run(simulation_id=asked.pk, tenant_id=by.tenant_id, now=now)


def ready(draft, by, now):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return releases.readiness(rule_set=draft, tenant_id=by.tenant_id, now=now)


def test_what_a_publication_would_meet_is_told_before_it(maya, omar, now, draft):
    with_three(maya)
    case = overruled(maya)
    told = ready(draft, omar, now)
    assert [one.code for one in told.objections] == ["SIMULATION_REQUIRED"]
    assert [(one.case.pk, one.got) for one in told.broken] == [(case.pk, "general_wellness")]
    assert (told.version, told.users_due, told.active.version) == (2, 1, 1)
    simulation = simulated(draft, omar, now)
    told = ready(draft, omar, now)
    assert (told.simulation, told.objections) == (simulation, [])
    assert [one.code for one in ready(draft, omar, now + timedelta(hours=25)).objections] == ["SIMULATION_REQUIRED"]


def test_a_draft_of_an_older_version_is_told_to_be_stale(omar, now, draft, seeing):
    with seeing(omar):
        other = rulesets.draft(by=omar, now=now, document=stricter(5))
    simulation = simulated(other, omar, now)
    with seeing(omar):
        rulesets.publish(rule_set_id=other.pk, simulation_id=simulation.pk, note=NOTE, by=omar, now=now)
    assert [one.code for one in ready(draft, omar, now).objections] == ["STALE_DRAFT", "SIMULATION_REQUIRED"]
    assert stored(other).published_with == simulation.pk


def test_whom_a_version_changed_is_counted_once_each(maya, omar, now, draft, seeing):
    theo = factories.consenting("theo")
    with_three(maya)
    for window in ("30d", "90d", "180d"):
        measured(theo, window=window, **FIVE)
    people = [maya.pk, theo.pk]

    def reassigned():
        with rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)):
            reassigning.reassign(user_ids=people, windows=list(Window), tenant_id=omar.tenant_id, now=now)

    reassigned()
    simulation = simulated(draft, omar, now)
    with seeing(omar):
        row = rulesets.publish(rule_set_id=draft.pk, simulation_id=simulation.pk, note=NOTE, by=omar, now=now).rule_set
    reassigned()
    with seeing(omar):
        assert releases.changed(tenant_id=omar.tenant_id, rule_sets=[row.pk, uuid4()]) == {row.pk: 1}
        first = rulesets.find(
            rule_set_id=rulesets.visible(tenant_id=omar.tenant_id).get(version=1).pk, tenant_id=omar.tenant_id
        )
        assert [one.version for one in releases.since(rule_set=first, tenant_id=omar.tenant_id)] == [2]
        assert [one.version for one in releases.published(tenant_id=omar.tenant_id)] == [2, 1]


def test_a_draft_that_somebody_saved_meanwhile_is_not_written_over(omar, ada, now, draft, seeing):
    with seeing(ada):
        rulesets.change(rule_set_id=draft.pk, by=ada, now=now, document=stricter(5), expected=draft.hash)
    with seeing(omar), pytest.raises(rulesets.DraftChanged):
        rulesets.change(rule_set_id=draft.pk, by=omar, now=now, document=stricter(6), expected=draft.hash)
    assert stored(draft).hash == rules.read(stricter(5) | {"version": None}).hash


def test_who_meets_what_now_is_one_statement(maya, noor, omar, now, seeing, django_assert_num_queries):
    theo = factories.consenting("theo")
    factories.consenting("sam")  # agreed, and has no signals
    with_three(maya)
    measured(theo, **FIVE)
    nodes = editing.nodes(stricter())
    with seeing(omar), django_assert_num_queries(1):
        told = meeting.meeting(tenant_id=omar.tenant_id, window=Window.DAYS_30, nodes=nodes)
    assert (told.users, told.measured) == (3, 2)
    assert [told.met[at] for at in ("2.match", "2.match.0", "2.match.1", "2.match.1.0", "2.strong")] == [1, 1, 2, 2, 1]
    assert told.met["0.match"] == 0
