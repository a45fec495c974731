"""The studio in a browser: edited without scripts, tried, published, rolled back, and refused in a sentence."""

import pytest
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import AuditEntry
from accounts.tests import factories
from operators.tests.browsing import browser_of, fields, words
from personas import rulesets, simulating
from personas.models import OverrideCase, RuleSet, Simulation
from personas.tests.factories import measured
from personas.tests.rule_cases import FIVE, NOTE, overruled, stored, stricter, with_three

HERE = "/admin/personas/ruleset/"


@pytest.fixture
def desk(omar):
    return browser_of(omar)


@pytest.fixture
def draft(omar, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        return rulesets.draft(by=omar, now=now, document=stricter(), note="Four of them, not three.")


def simulated(desk, omar, draft, **wish):
    """Ask for it on the page, and be the worker who runs it."""
    asked = desk.post(f"{HERE}{draft.pk}/simulate/", {"windows": ["30d"], **wish})
    assert asked.status_code == 302, words(asked)
    for simulation_id in simulating.due(tenant_id=omar.tenant_id):
        cards = {"general_wellness": 2, "subscription_heavy": 3}
        simulating.run(simulation_id=simulation_id, tenant_id=omar.tenant_id, now=timezone.now(), cards=cards)
    return asked["Location"]


def pressed(desk, draft, deed, **typed):
    """A button of the editor, with everything that stands in its fields."""
    page = desk.get(f"{HERE}{draft.pk}/change/")
    return desk.post(f"{HERE}{draft.pk}/draft/", {**fields(page), **typed, "do": deed})


# -- the list


def test_the_list_tells_versions_drafts_and_whom_they_changed(desk, draft):
    said = words(desk.get(HERE))
    assert "Draft of 1 Draft Four of them, not three." in said
    assert "Version 1 Active Shipped rules" in said
    assert "1 to 2 of 2 rule sets" in said
    assert "Version 1" not in words(desk.get(HERE, {"status": "draft"})).partition("Made")[2]
    assert "No rule set is like this." in words(desk.get(HERE, {"status": "retired"}))


def test_the_list_costs_the_same_for_one_and_for_many(desk, omar, now, draft, django_assert_num_queries):
    desk.get(HERE)
    with django_assert_num_queries(14):
        desk.get(HERE)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for count in range(5, 15):
            rulesets.draft(by=omar, now=now, document=stricter(count))
    with django_assert_num_queries(14):
        desk.get(HERE)


def test_a_draft_is_made_of_a_version_or_of_a_draft(desk, omar, draft):
    made = desk.post(f"{HERE}add/", {"of": str(draft.pk)}, follow=True)
    assert "The draft is made. Nothing changes for anybody before it is published." in words(made)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        first, second = RuleSet.objects.filter(status="draft").order_by("created_at")
        assert first.hash == second.hash
        shipped = RuleSet.objects.get(version=1)
    assert desk.post(f"{HERE}add/", {"of": str(shipped.pk)}).status_code == 302
    assert desk.post(f"{HERE}add/", {"of": "nonsense"}).status_code == 404


# -- the editor


def test_a_criterion_is_edited_with_the_number_of_people_who_meet_it(desk, maya, omar, draft):
    theo = factories.consenting("theo")
    with_three(maya)
    measured(theo, **FIVE)
    page = desk.get(f"{HERE}{draft.pk}/change/")
    assert "2 of 2 consenting people have signals in the 30d window." in words(page)
    assert "1 people meet this now" in words(page)
    assert fields(page)["2.match.0:value"] == "4"
    checked = pressed(desk, draft, "check", **{"2.match.0:value": "3"})
    assert 'id="met-2.match.0" data-fresh><meter min="0" max="2" value="2"' in checked.content.decode()
    assert "Not saved yet." in words(checked)
    assert stored(draft).document["persona"][2]["match"]["all"][0]["threshold"] == 4
    saved = pressed(desk, draft, "save", **{"2.match.0:value": "5", "note": "Five of them."})
    assert (saved.status_code, saved["Location"]) == (302, f"{HERE}{draft.pk}/change/")
    row = stored(draft)
    assert (row.document["persona"][2]["match"]["all"][0]["threshold"], row.note) == (5, "Five of them.")


def test_rows_and_groups_come_and_go_by_buttons_alone(desk, draft):
    added = pressed(desk, draft, "add:2.match")
    assert fields(added)["2.match.2:id"] == "sh_1"
    assert "1 place to mend" in words(added)
    assert "credit.num_credit_cards is compared with a number" in words(added)
    assert "2.match.1.0:id" not in fields(pressed(desk, draft, "remove:2.match.1"))
    assert fields(pressed(desk, draft, "wrap:2.match.0"))["2.match.0:fold"] == "any"


def test_a_draft_that_is_wrong_is_refused_and_stays_as_it_was_typed(desk, draft):
    answer = pressed(desk, draft, "save", **{"2.match.0:value": "many", "note": "Typed for nothing?"})
    assert answer.status_code == 400
    assert "1 place of the rule set is wrong." in words(answer)
    assert fields(answer)["2.match.0:value"] == "many" and fields(answer)["note"] == "Typed for nothing?"


def test_two_who_edit_at_once_do_not_write_over_each_other(desk, ada, draft):
    page = fields(desk.get(f"{HERE}{draft.pk}/change/"))
    assert pressed(browser_of(ada), draft, "save", **{"2.match.0:value": "6"}).status_code == 302
    late = desk.post(f"{HERE}{draft.pk}/draft/", {**page, "2.match.0:value": "7", "do": "save"})
    assert late.status_code == 409
    assert "Somebody saved this draft since you opened it." in words(late)
    assert fields(late)["2.match.0:value"] == "7"


def test_raw_json_is_read_into_the_form_or_told_to_be_none(desk, draft):
    page = fields(desk.get(f"{HERE}{draft.pk}/change/"))
    raw = page["raw"].replace('"threshold": 4', '"threshold": 8')
    read = desk.post(f"{HERE}{draft.pk}/draft/", {**page, "raw": raw, "do": "raw"})
    assert fields(read)["2.match.0:value"] == "8"
    broken = desk.post(f"{HERE}{draft.pk}/draft/", {**page, "raw": "{" + raw, "do": "raw"})
    assert broken.status_code == 400
    assert "The document cannot be read as JSON" in words(broken)
    assert fields(broken)["raw"] == "{" + raw


def test_findings_stand_at_their_place_with_a_witness(desk, draft):
    added = pressed(desk, draft, "save", **{"1.match.1.0:value": "179"})
    said = words(desk.get(added["Location"]))
    assert "No profile of the 30d or 90d or 180d window meets income.median_pay_gap_days > 179" in said
    assert "The nearest value: income.median_pay_gap_days 179.0" in said


def test_a_published_version_opens_read_only(desk, omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        shipped = RuleSet.objects.get(version=1)
    page = desk.get(f"{HERE}{shipped.pk}/change/")
    assert fields(page).keys() <= {"csrfmiddlewaretoken"}
    answer = desk.post(f"{HERE}{shipped.pk}/draft/", {"do": "save"})
    assert answer.status_code == 409
    assert "What has been published stays as it is." in words(answer)


def test_who_may_only_look_sees_no_button_and_is_refused_by_hand(junior, draft):
    looking = browser_of(junior)
    page = looking.get(f"{HERE}{draft.pk}/change/")
    assert page.status_code == 200
    assert "Save the draft" not in words(page) and "Publish" not in words(page)
    for address in ("draft/", "publish/", "simulate/", "discard/", "roll-back/"):
        assert looking.post(f"{HERE}{draft.pk}/{address}").status_code == 403
    assert looking.post(f"{HERE}add/").status_code == 403
    assert stored(draft).status == "draft"


def test_a_draft_is_discarded_when_that_is_confirmed(desk, omar, draft):
    assert "This cannot be taken back." in words(desk.post(f"{HERE}{draft.pk}/discard/"))
    gone = desk.post(f"{HERE}{draft.pk}/discard/", {"sure": "yes"}, follow=True)
    assert "The draft and its simulations are gone." in words(gone)
    assert desk.get(f"{HERE}{draft.pk}/change/").status_code == 404


def test_a_comparison_names_what_is_otherwise(desk, draft):
    said = words(desk.get(f"{HERE}{draft.pk}/compare/"))
    assert "Subscription Heavy Match sh_count Changed" in said
    assert "subscriptions.recurring_merchant_count >= 3" in said
    assert "subscriptions.recurring_merchant_count >= 4" in said


# -- simulating


def test_a_simulation_runs_and_then_tells_who_moves(desk, omar, maya, draft):
    with_three(maya)
    asked = desk.post(f"{HERE}{draft.pk}/simulate/", {"windows": ["30d", "180d"]})
    running = desk.get(asked["Location"])
    assert "It runs" in words(running) and 'data-poll="' in running.content.decode()
    said = words(desk.get(simulated(desk, omar, draft)))
    assert "Consenting people 1 0 without signals" in said
    assert "Change persona, 30d 1 0 stay" in said
    assert "Fewer than 3 education items 1 General Wellness has 2" in said
    assert "sh_count 1 0 -1" in said
    assert f"{str(maya.pk)[:8]} Subscription Heavy General Wellness" in said
    assert "sh_count is no longer met at 3" in said
    assert "Go on to publish" in said
    assert "No case is open." in said


@pytest.mark.parametrize("wish", [{"windows": []}, {"windows": ["7d"]}, {"as_of": "2999-01-01"}, {"as_of": "today"}])
def test_a_wish_that_is_none_is_told_beside_the_form(desk, omar, draft, wish):
    answer = desk.post(f"{HERE}{draft.pk}/simulate/", {"windows": ["30d"], **wish})
    assert answer.status_code == 400
    assert "Choose at least one window, and no day or a day of the past." in words(answer)


def test_a_simulation_is_taken_away_as_a_file_once_it_is_there(desk, omar, maya, draft):
    with_three(maya)
    desk.post(f"{HERE}{draft.pk}/simulate/", {"windows": ["30d"]})
    with rowsecurity.viewing(rowsecurity.of(omar)):
        running = Simulation.objects.get().pk
    early = desk.get(f"/admin/personas/ruleset/simulation/{running}/export/csv/", follow=True)
    assert "There is nothing to take away before the simulation is completed." in words(early)
    where = simulated(desk, omar, draft).removesuffix("change/")
    table = desk.get(f"{where}export/csv/").content.decode()
    assert "30d,movement,subscription_heavy,general_wellness,,,1" in table
    assert desk.get(f"{where}export/json/").json()["education_below_three"] == 1


# -- publishing


def test_publishing_waits_for_a_simulation_a_note_and_the_number(desk, omar, maya, draft, own_store):
    with_three(maya)
    here = f"{HERE}{draft.pk}/publish/"
    said = words(desk.get(here))
    assert "Publishing needs a completed simulation" in said and "1 person becomes due" in said
    typed = {"note": NOTE, "typed": "2"}
    assert "Publishing needs a completed simulation" in words(desk.post(here, typed))
    simulated(desk, omar, draft)
    for wrong, status, sentence in (
        ({"typed": "3"}, 400, "Type 2, the number of the version, to confirm."),
        ({"note": "short"}, 400, "A note or a reason has 10 to 500 characters."),
    ):
        answer = desk.post(here, typed | wrong)
        assert (answer.status_code, sentence in words(answer)) == (status, True), words(answer)
        assert fields(answer)["note"] == (typed | wrong)["note"]
    done = desk.post(here, typed, follow=True)
    assert "Version 2 is in force. 1 person becomes due and will be assigned anew." in words(done)
    assert stored(draft).status == "published"
    assert "It has been published already." in words(desk.get(here))


def test_an_override_case_is_waived_with_its_reason_beside_it(desk, omar, maya, draft, own_store):
    with_three(maya)
    case = overruled(maya)
    simulated(desk, omar, draft)
    here, typed = f"{HERE}{draft.pk}/publish/", {"note": NOTE, "typed": "2"}
    said = words(desk.get(here))
    assert "It breaks 1 override case." in said
    assert "Expected Subscription Heavy, these rules say General Wellness." in said
    answer = desk.post(here, typed)
    assert (answer.status_code, "The rules break 1 override case." in words(answer)) == (409, True)
    short = desk.post(here, typed | {f"waive-{case.pk}": "because"})
    assert short.status_code == 400 and fields(short)[f"waive-{case.pk}"] == "because"
    done = desk.post(here, typed | {f"waive-{case.pk}": "Has cancelled two of them."}, follow=True)
    assert "1 override case is not honoured by it." in words(done)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert OverrideCase.objects.get().state == "waived"
        assert AuditEntry.objects.filter(action="rules_publish").count() == 1
    said = words(desk.get("/admin/personas/ruleset/cases/", {"state": "waived"}))
    assert "Waived by omar@example.test with version 2: Has cancelled two of them." in said


def test_rolling_back_names_what_it_leaves_behind_and_breaks(desk, omar, maya, draft, own_store):
    with_three(maya)
    simulated(desk, omar, draft)
    desk.post(f"{HERE}{draft.pk}/publish/", {"note": NOTE, "typed": "2"})
    overruled(maya, persona="general_wellness")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        first = RuleSet.objects.get(version=1)
    here = f"{HERE}{first.pk}/roll-back/"
    said = words(desk.get(here))
    assert f"Version 2, published {timezone.now():%Y-%m-%d}" in said and NOTE in said
    assert "It breaks 1 override case" in said
    wrong = desk.post(here, {"note": "It confused people.", "typed": "2"})
    assert (wrong.status_code, "Type 1, the number" in words(wrong)) == (400, True)
    done = desk.post(here, {"note": "It confused people.", "typed": "1"}, follow=True)
    assert "Version 3 is in force." in words(done)
    told = words(desk.get(f"{HERE}history/"))
    assert told.index("Version 3") < told.index("Version 2") < told.index("Version 1")
    assert "None, rolled back" in told
    again = f"{HERE}{first.pk}/roll-back/"
    assert "Its rules become version 4 at once" in words(desk.get(again))


def test_open_cases_say_what_the_active_rules_give_today(desk, maya, noor):
    overruled(maya)
    overruled(maya, persona="savings_builder")
    overruled(noor)
    said = words(desk.get("/admin/personas/ruleset/cases/"))
    assert "maya@example.test 30d Subscription Heavy Subscription Heavy Knows the person." in said
    assert "maya@example.test 30d Savings Builder Broken Subscription Heavy" in said
    assert "noor" not in said
    assert "No case is like this." in words(desk.get("/admin/personas/ruleset/cases/", {"state": "retired"}))
