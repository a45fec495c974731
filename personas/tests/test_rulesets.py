import threading
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.stated import ReasonInvalid
from accounts.tests import factories
from personas import cases, profiles, rules, rulesets, simulating
from personas.models import OverrideCase, Profile, RuleSet, Simulation, Window
from personas.tests.factories import measured
from personas.tests.histories import settled
from personas.tests.rule_cases import FIVE, NOTE, THREE, overruled, stored, stricter, with_three

ONE = [Window.DAYS_30]


def drafted(by, now, **wishes):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return rulesets.draft(by=by, now=now, **({"document": stricter()} | wishes))


def simulated(draft, by, now):
    with rowsecurity.viewing(rowsecurity.of(by)):
        started = simulating.start(rule_set=draft, windows=ONE, as_of=None, by=by, now=now)
    return simulating.run(simulation_id=started.pk, tenant_id=by.tenant_id, now=now)


def published(draft, by, now, simulation=None, **more):
    simulation = simulation or simulated(draft, by, now)
    with rowsecurity.viewing(rowsecurity.of(by)):
        return rulesets.publish(rule_set_id=draft.pk, simulation_id=simulation.pk, note=NOTE, by=by, now=now, **more)


def rolled_back(version, by, now):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return rulesets.roll_back(version=version, note="The stricter one confused people.", by=by, now=now)


def in_force(by):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return rulesets.active(tenant_id=by.tenant_id)


# -- drafting


def test_a_draft_is_a_copy_of_the_active_rules_without_a_version(omar, now):
    draft = drafted(omar, now, document=None)
    assert (draft.version, draft.status, draft.base_version) == (None, "draft", 1)
    assert "version" not in draft.document
    assert draft.document["persona"] == rules.shipped().as_json()["persona"]
    assert in_force(omar).version == 1


def test_everything_wrong_with_a_document_is_told_by_its_place(omar, now):
    content = stricter()
    content["persona"][0]["match"]["any"][1]["op"] = "~"
    content["persona"][3]["match"]["all"][0]["any"][0]["signal"] = "savings.luck"
    with pytest.raises(rulesets.RuleSetInvalid) as refused:
        drafted(omar, now, document=content)
    assert [(error["field"], error["code"]) for error in refused.value.extra["errors"]] == [
        ("persona.0.match.any.1.op", "OP_UNKNOWN"),
        ("persona.3.match.all.0.any.0.signal", "SIGNAL_UNKNOWN"),
    ]


def test_a_draft_is_based_on_a_version_that_exists(omar, now):
    with pytest.raises(rulesets.RuleSetInvalid) as refused:
        drafted(omar, now, base_version=7)
    assert refused.value.extra["errors"][0]["field"] == "base_version"


def test_what_is_published_is_neither_changed_nor_thrown_away(omar, now, seeing):
    row = published(drafted(omar, now), omar, now).rule_set
    with seeing(omar):
        shipped = RuleSet.objects.get(version=1)
        for known in (row.pk, shipped.pk):
            with pytest.raises(rulesets.NotADraft):
                rulesets.change(rule_set_id=known, by=omar, now=now, note="Better words")
            with pytest.raises(rulesets.NotADraft):
                rulesets.discard(rule_set_id=known, by=omar, now=now)
    for sentence in ("UPDATE rule_sets SET document = '{}'", "DELETE FROM rule_sets"):
        with pytest.raises(DatabaseError, match="never changes"), seeing(omar), connection.cursor() as cursor:
            cursor.execute(f"{sentence} WHERE version = 2")


def test_a_draft_goes_with_its_simulations(omar, now, seeing):
    draft = drafted(omar, now)
    simulated(draft, omar, now)
    with seeing(omar):
        rulesets.discard(rule_set_id=draft.pk, by=omar, now=now)
        assert not RuleSet.objects.filter(status="draft").exists() and not Simulation.objects.exists()


def test_another_institution_sees_the_shipped_rules_alone(omar, now, seeing):
    draft = drafted(omar, now)
    stranger = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    published(drafted(omar, now, document=stricter(5)), omar, now)
    with seeing(stranger):
        assert [row.version for row in rulesets.visible(tenant_id=stranger.tenant_id)] == [1]
        with pytest.raises(rulesets.RuleSetNotFound):
            rulesets.find(rule_set_id=draft.pk, tenant_id=stranger.tenant_id)
    assert (in_force(omar).version, in_force(stranger).version) == (2, 1)


# -- publishing


def test_publishing_makes_the_next_version_and_retires_the_one_before(maya, noor, omar, now):
    first = published(drafted(omar, now), omar, now)
    assert (first.rule_set.version, first.users_due, first.cases_broken) == (2, 1, [])
    row = stored(first.rule_set)
    assert (row.status, row.note, row.published_by, row.published_at) == ("published", NOTE, omar.actor, now)
    second = published(drafted(omar, now, document=stricter(5)), omar, now)
    assert second.rule_set.version == 3
    assert stored(first.rule_set).status == "retired"
    assert in_force(omar).document.hash == second.rule_set.hash


def test_everybody_is_due_after_publishing_and_after_rolling_back(maya, omar, now):
    def due():
        with rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)):
            return profiles.due(tenant_id=omar.tenant_id)

    settled(maya, now)
    assert due() == []
    published(drafted(omar, now), omar, now)
    assert due() == [maya.pk]
    with rowsecurity.viewing(rowsecurity.maintenance_of(maya.pk)):
        Profile.objects.update(rule_set_version=2)
    assert due() == []
    rolled_back(1, omar, now)
    assert due() == [maya.pk]


def test_a_simulation_of_exactly_this_document_is_needed(omar, now, seeing):
    draft = drafted(omar, now)
    simulation = simulated(draft, omar, now)
    with seeing(omar):
        rulesets.change(rule_set_id=draft.pk, by=omar, now=now, document=stricter(5))
    with pytest.raises(rulesets.SimulationRequired):
        published(draft, omar, now, simulation)
    other = simulated(drafted(omar, now, document=stricter(5)), omar, now)
    with pytest.raises(rulesets.SimulationRequired):
        published(draft, omar, now, other)
    with pytest.raises(rulesets.SimulationRequired), seeing(omar):
        rulesets.publish(rule_set_id=draft.pk, simulation_id=None, note=NOTE, by=omar, now=now)
    with seeing(omar):
        rulesets.change(rule_set_id=draft.pk, by=omar, now=now, document=stricter(4), note="As it was")
    assert published(draft, omar, now, simulation).rule_set.version == 2


def test_a_simulation_lasts_a_day(omar, now):
    draft = drafted(omar, now)
    simulation = simulated(draft, omar, now)
    with pytest.raises(rulesets.SimulationRequired):
        published(draft, omar, simulation.finished_at + timedelta(hours=24, seconds=1), simulation)
    assert published(draft, omar, simulation.finished_at + timedelta(hours=24), simulation)


def test_a_running_simulation_is_none(omar, now, seeing):
    draft = drafted(omar, now)
    with seeing(omar):
        started = simulating.start(rule_set=draft, windows=ONE, as_of=None, by=omar, now=now)
    with pytest.raises(rulesets.SimulationRequired):
        published(draft, omar, now, started)


def test_a_draft_of_an_older_version_is_stale_until_it_was_compared_with_the_active_one(omar, now, seeing):
    late = drafted(omar, now, document=stricter(5))
    simulation = simulated(late, omar, now)
    published(drafted(omar, now), omar, now)
    with pytest.raises(rulesets.StaleDraft, match="based on version 1, and version 2 is active"):
        published(late, omar, now, simulation)
    with seeing(omar):
        rulesets.change(rule_set_id=late.pk, by=omar, now=now, base_version=2)
    with pytest.raises(rulesets.SimulationRequired):  # it was tried beside version 1
        published(late, omar, now, simulation)
    assert published(late, omar, now).rule_set.version == 3


@pytest.mark.parametrize("note", ["too short", " " * 20, "x" * 501])
def test_a_note_says_something(omar, now, seeing, note):
    draft = drafted(omar, now)
    with pytest.raises(ReasonInvalid), seeing(omar):
        rulesets.publish(rule_set_id=draft.pk, simulation_id=uuid4(), note=note, by=omar, now=now)


def test_two_publications_at_once_have_one_winner(live_db):
    omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")
    now = omar.created_at
    drafts = [drafted(omar, now, document=stricter(count)) for count in (4, 5)]
    simulations = [simulated(draft, omar, now) for draft in drafts]
    outcomes, together = [], threading.Barrier(2)

    def run(place):
        try:
            together.wait()
            outcomes.append(published(drafts[place], omar, now, simulations[place]).rule_set.version)
        except rulesets.StaleDraft as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", "STALE_DRAFT"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert RuleSet.objects.filter(tenant=omar.tenant, status="published").count() == 1


def test_the_same_draft_published_twice_is_published_once(omar, now):
    draft = drafted(omar, now)
    simulation = simulated(draft, omar, now)
    published(draft, omar, now, simulation)
    with pytest.raises(rulesets.NotADraft):
        published(draft, omar, now, simulation)
    assert in_force(omar).version == 2


# -- override cases


def test_a_broken_case_stands_against_publishing_until_it_is_waived_with_a_reason(maya, omar, now, seeing):
    case = overruled(maya)
    draft = drafted(omar, now)
    simulation = simulated(draft, omar, now)
    told = {
        "case_id": str(case.pk),
        "window_type": "30d",
        "expected_persona": "subscription_heavy",
        "got": "general_wellness",
    }
    assert simulation.result["cases"] == {"checked": 1, "broken": [told]}
    with pytest.raises(rulesets.OverrideCasesBroken) as refused:
        published(draft, omar, now, simulation, waivers={uuid4(): "Somebody else altogether."})
    assert refused.value.extra["cases"] == [told]
    with pytest.raises(ReasonInvalid):
        published(draft, omar, now, simulation, waivers={case.pk: "because"})
    done = published(draft, omar, now, simulation, waivers={case.pk: "Maya has cancelled two since."})
    assert done.cases_broken == [told]
    with seeing(omar):
        case.refresh_from_db()
    assert (case.state, case.waived_by, case.waived_version) == ("waived", omar.actor, 2)
    assert case.waive_reason == "Maya has cancelled two since."
    again = simulated(drafted(omar, now, document=stricter(5)), omar, now)
    assert again.result["cases"] == {"checked": 0, "broken": []}


def test_a_case_that_holds_is_not_waived(maya, omar, now, seeing):
    case = overruled(maya, persona="general_wellness")
    published(drafted(omar, now), omar, now, waivers={case.pk: "Nobody needs to give this up."})
    with seeing(omar):
        assert OverrideCase.objects.get().state == "open"


def test_a_case_opened_after_the_simulation_is_asked_too(maya, omar, now):
    draft = drafted(omar, now)
    simulation = simulated(draft, omar, now)
    overruled(maya)
    with pytest.raises(rulesets.OverrideCasesBroken):
        published(draft, omar, now, simulation)


def test_the_case_of_who_revoked_is_not_asked(maya, omar, now, seeing):
    overruled(maya)
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert published(drafted(omar, now), omar, now).cases_broken == []
    with seeing(omar):
        assert list(cases.of_tenant(omar.tenant_id)) == []


# -- rolling back


def test_rolling_back_publishes_an_older_document_as_a_new_version(maya, omar, now):
    strict = published(drafted(omar, now), omar, now).rule_set
    back = rolled_back(1, omar, now)
    assert (back.rule_set.version, back.rule_set.base_version, back.users_due) == (3, 2, 1)
    assert back.rule_set.document["persona"] == rules.shipped().as_json()["persona"]
    assert stored(strict).status == "retired"
    case = overruled(maya)
    forth = rolled_back(2, omar, now)
    assert (forth.rule_set.version, forth.rule_set.hash) == (4, strict.hash)
    assert [broken["case_id"] for broken in forth.cases_broken] == [str(case.pk)]


def test_rolling_back_needs_a_version_that_is_not_in_force(omar, now):
    with pytest.raises(rulesets.AlreadyActive):
        rolled_back(1, omar, now)
    with pytest.raises(rulesets.RuleSetNotFound):
        rolled_back(2, omar, now)


# -- simulating


def test_a_simulation_compares_both_on_everybody_and_writes_no_assignment(maya, noor, omar, now):
    with_three(maya)
    theo, sam, _never_measured = (factories.consenting(name) for name in ("theo", "sam", "ines"))
    with_three(theo, **FIVE)
    with_three(sam, no_signals=True)
    with_three(noor)  # kept from before the revocation; nobody sees it
    ended = simulated(drafted(omar, now), omar, now)
    assert (ended.status, ended.base_version) == ("completed", 1)
    result = ended.result
    assert (result["users"], result["no_signals"], result["stale"]) == (4, 2, 2)
    month = result["windows"]["30d"]
    assert (month["changed"], month["unchanged"]) == (1, 1)
    assert month["delta"]["general_wellness"] == 1
    assert [one["user_id"] for one in month["sample"]] == [str(maya.pk)]
    assert {"id": "sh_count", "met_before": 2, "met_after": 1} in month["criteria"]


def test_the_newest_measurement_counts_and_with_a_day_the_newest_day_up_to_it(maya, omar, now, seeing):
    measured(maya, as_of=date(2025, 6, 30), computed_at=now - timedelta(days=3), **FIVE)
    measured(maya, as_of=date(2025, 5, 31), computed_at=now - timedelta(days=2), backfill=True, **THREE)
    measured(maya, as_of=date(2025, 4, 30), computed_at=now - timedelta(days=1), backfill=True)

    def changed(as_of):
        with rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)):
            told = simulating.simulate(
                tenant_id=omar.tenant_id,
                before=rules.shipped(),
                after=rules.read(stricter()),
                windows=ONE,
                today=date(2025, 7, 1),
                as_of=as_of,
            )
        return (
            told["no_signals"],
            told["windows"]["30d"]["before"]["subscription_heavy"],
            told["windows"]["30d"]["changed"],
        )

    assert changed(None) == (0, 1, 0)
    assert changed(date(2025, 6, 29)) == (0, 1, 1)
    assert changed(date(2025, 5, 1)) == (0, 0, 0)
    assert changed(date(2025, 4, 1)) == (1, 0, 0)


def test_who_revoked_since_stands_in_no_sample(maya, omar, now, seeing):
    with_three(maya)
    ended = simulated(drafted(omar, now), omar, now)
    with seeing(omar):
        assert len(simulating.told(ended, now=now)["windows"]["30d"]["sample"]) == 1
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    with seeing(omar):
        told = simulating.told(simulating.find(simulation_id=ended.pk, tenant_id=omar.tenant_id), now=now)
        assert (told["windows"]["30d"]["sample"], told["windows"]["30d"]["changed"]) == ([], 1)


def test_a_draft_that_changed_meanwhile_is_not_simulated(omar, now, seeing):
    draft = drafted(omar, now)
    with seeing(omar):
        started = simulating.start(rule_set=draft, windows=ONE, as_of=None, by=omar, now=now)
        rulesets.change(rule_set_id=draft.pk, by=omar, now=now, document=stricter(6))
    ended = simulating.run(simulation_id=started.pk, tenant_id=omar.tenant_id, now=now)
    assert (ended.status, ended.result) == ("failed", {"error": simulating.CHANGED})


def test_what_is_not_finished_when_its_lease_is_over_has_failed(omar, now, seeing):
    draft = drafted(omar, now)
    with seeing(omar):
        started = simulating.start(rule_set=draft, windows=ONE, as_of=None, by=omar, now=now)
        assert simulating.told(started, now=now + simulating.LEASE)["status"] == "running"
        late = now + simulating.LEASE + timedelta(seconds=1)
        assert simulating.told(started, now=late)["error"] == simulating.TOO_LATE
    assert simulating.due(tenant_id=omar.tenant_id) == [started.pk]
    assert simulating.run(simulation_id=started.pk, tenant_id=omar.tenant_id, now=late).status == "failed"
    assert simulating.due(tenant_id=omar.tenant_id) == []


def test_a_fault_of_ours_is_said_and_asked_no_more(omar, now, seeing):
    with seeing(omar):
        started = simulating.start(rule_set=rulesets.draft(by=omar, now=now), windows=ONE, as_of=None, by=omar, now=now)
    ended = simulating.give_up(simulation_id=started.pk, tenant_id=omar.tenant_id, now=now)
    assert (ended.status, ended.result) == ("failed", {"error": simulating.BROKE})
    assert simulating.run(simulation_id=started.pk, tenant_id=omar.tenant_id, now=now) is None


def test_one_worker_runs_a_simulation_and_a_dead_one_leaves_it_to_the_next(live_db):
    omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")
    now = omar.created_at
    draft = drafted(omar, now)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        started = simulating.start(rule_set=draft, windows=ONE, as_of=None, by=omar, now=now)
    wanted = {"simulation_id": started.pk, "tenant_id": omar.tenant_id, "now": now}
    beside = []

    def other():
        beside.append(simulating.run(**wanted))
        connection.close()

    with pytest.raises(KeyboardInterrupt), rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)):
        simulating._taken(started.pk)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        raise KeyboardInterrupt
    assert beside == [None]
    assert simulating.run(**wanted).status == "completed"


def test_a_window_costs_one_statement_whatever_the_number_of_people(maya, omar, now):
    before, after = rules.shipped(), rules.read(stricter())

    def counted():
        with rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)), CaptureQueriesContext(connection) as told:
            simulating.simulate(
                tenant_id=omar.tenant_id, before=before, after=after, windows=list(Window), today=now.date()
            )
        return len(told)

    assert counted() == 4  # three windows and the open cases
    for name in ("theo", "sam"):
        with_three(factories.consenting(name))
    assert counted() == 4
