from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.tests import factories
from personas import rules, simulating
from personas.tests.rule_cases import NOTE, overruled, stricter, with_three

HERE = "/api/operator/rule-sets"


@pytest.fixture
def desk(omar, calling):
    return calling(omar)


def made(desk, document=None, **wishes):
    answer = desk.post(HERE, {"document": document or stricter()} | wishes, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def tried(desk, user, draft, **wishes):
    """Ask for a simulation, and be the worker who runs it."""
    asked = desk.post(f"{HERE}/{draft['id']}/simulate", wishes, format="json")
    assert (asked.status_code, asked.json()["status"]) == (202, "running"), asked.content
    for simulation_id in simulating.due(tenant_id=user.tenant_id):
        simulating.run(simulation_id=simulation_id, tenant_id=user.tenant_id, now=timezone.now())
    return desk.get(f"{HERE}/simulations/{asked.json()['simulation_id']}").json()


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    return answer.json()


# -- who may


@pytest.fixture
def routes(desk):
    draft = made(desk)["id"]
    reads = [HERE, f"{HERE}/{draft}", f"{HERE}/{draft}/lint", f"{HERE}/simulations/{UUID(int=7)}"]
    writes = [
        ("post", HERE),
        ("patch", f"{HERE}/{draft}"),
        ("post", f"{HERE}/{draft}/simulate"),
        ("post", f"{HERE}/{draft}/publish"),
        ("post", f"{HERE}/1/roll-back"),
        ("delete", f"{HERE}/{draft}"),
    ]
    return [*reads, "/api/operator/override-cases"], writes


def test_nobody_and_consumers_reach_nothing(routes, maya, calling):
    reads, writes = routes
    for client, status, code in ((calling(), 401, "AUTH_REQUIRED"), (calling(maya), 403, "FORBIDDEN_ROLE")):
        for path in reads:
            refused(client.get(path), status, code)
        for verb, path in writes:
            refused(getattr(client, verb)(path, {}, format="json"), status, code)


def test_junior_operators_read_and_do_not_write(routes, junior, calling):
    reads, writes = routes
    client = calling(junior)
    assert [client.get(path).status_code for path in reads] == [200, 200, 200, 404, 200]
    for verb, path in writes:
        refused(getattr(client, verb)(path, {}, format="json"), 403, "FORBIDDEN_ROLE")


def test_admins_write_and_another_institution_finds_nothing(desk, omar, ada, calling):
    draft = made(calling(ada))
    simulation = tried(desk, omar, draft)
    stranger = calling(factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere")))
    here = f"{HERE}/{draft['id']}"
    refused(stranger.get(here), 404, "RULE_SET_NOT_FOUND")
    refused(stranger.get(f"{here}/lint"), 404, "RULE_SET_NOT_FOUND")
    refused(stranger.patch(here, {"note": "mine"}, format="json"), 404, "RULE_SET_NOT_FOUND")
    refused(stranger.delete(here), 404, "RULE_SET_NOT_FOUND")
    refused(stranger.post(f"{here}/simulate", {}, format="json"), 404, "RULE_SET_NOT_FOUND")
    sent = {"simulation_id": simulation["simulation_id"], "note": NOTE}
    refused(stranger.post(f"{here}/publish", sent, format="json"), 404, "RULE_SET_NOT_FOUND")
    refused(stranger.get(f"{HERE}/simulations/{simulation['simulation_id']}"), 404, "SIMULATION_NOT_FOUND")
    assert [one["version"] for one in stranger.get(HERE).json()["items"]] == [1]


@pytest.mark.parametrize("id", ["1", "none", str(UUID(int=7))])
def test_what_is_not_there_is_not_found(desk, id):
    refused(desk.get(f"{HERE}/{id}"), 404, "RULE_SET_NOT_FOUND")
    refused(desk.patch(f"{HERE}/{id}", {}, format="json"), 404, "RULE_SET_NOT_FOUND")
    refused(desk.delete(f"{HERE}/{id}"), 404, "RULE_SET_NOT_FOUND")
    refused(desk.post(f"{HERE}/{id}/publish", {"note": NOTE}, format="json"), 404, "RULE_SET_NOT_FOUND")
    refused(desk.get(f"{HERE}/simulations/{id}"), 404, "SIMULATION_NOT_FOUND")


@pytest.mark.parametrize("version", ["7", "-1", "99999999999999999999", "²", str(UUID(int=7))])
def test_only_a_version_is_rolled_back_to(desk, version):
    refused(desk.post(f"{HERE}/{version}/roll-back", {"note": NOTE}, format="json"), 404, "RULE_SET_NOT_FOUND")


# -- drafts


def test_a_draft_is_made_shown_changed_and_thrown_away(desk, omar):
    draft = made(desk, note="A first try")
    assert (draft["status"], draft["version"], draft["base_version"], draft["note"]) == (
        "draft",
        None,
        1,
        "A first try",
    )
    assert (draft["created_by"], draft["name"]) == (f"user:{omar.pk}", "Shipped rules")
    assert draft["hash"] == rules.read(draft["document"]).hash
    assert [(one["id"], one["before"]["threshold"], one["after"]["threshold"]) for one in draft["diff"]] == [
        ("sh_count", 3, 4)
    ]
    here = f"{HERE}/{draft['id']}"
    assert desk.get(here).json() == draft
    changed = desk.patch(here, {"document": stricter(3)}, format="json")
    assert (changed.status_code, changed.json()["diff"], changed.json()["note"]) == (200, [], "A first try")
    assert desk.delete(here).status_code == 204
    refused(desk.get(here), 404, "RULE_SET_NOT_FOUND")


def test_without_a_document_a_draft_copies_the_active_rules(desk):
    answer = desk.post(HERE)
    assert (answer.status_code, answer.json()["diff"]) == (201, [])
    assert answer["Location"] == f"{HERE}/{answer.json()['id']}"


def test_a_repeated_key_makes_one_draft(desk):
    sent = [desk.post(HERE, {}, format="json", headers={"Idempotency-Key": "draft-once"}) for _ in range(2)]
    assert sent[0].content == sent[1].content
    assert desk.get(HERE, {"status": "draft"}).json()["total"] == 1


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "document"),
        ("rules", "document"),
        ({}, "format"),
        (stricter("many"), "persona.2.match.all.0.threshold"),
        (stricter() | {"age": 3}, "age"),
    ],
)
def test_an_invalid_document_is_told_by_path(desk, document, field):
    answer = refused(desk.post(HERE, {"document": document}, format="json"), 400, "RULE_SET_INVALID")
    assert field in [error["field"] for error in answer["errors"]]
    assert all(error["code"] and error["message"] for error in answer["errors"])


@pytest.mark.parametrize(
    "sent", [{"base_version": 0}, {"base_version": "x"}, {"document": None}, {"note": 5 * [1]}, []]
)
def test_a_malformed_draft_is_refused(desk, sent):
    refused(desk.post(HERE, sent, format="json"), 400, "VALIDATION_ERROR")


def test_the_linter_says_what_it_finds_and_who_meets_it(desk):
    content = stricter()
    content["persona"][2]["match"]["all"].append(
        {"id": "sh_never", "signal": "subscriptions.recurring_merchant_count", "op": "<", "threshold": 2}
    )
    answer = desk.get(f"{HERE}/{made(desk, content)['id']}/lint").json()
    assert answer["rule_set_hash"] == rules.read(content | {"version": None}).hash
    assert answer["errors"] == 1
    assert answer["errors"] + answer["warnings"] <= len(answer["findings"])
    assert next(one["kind"] for one in answer["findings"] if one["severity"] == "error") == "unreachable"


# -- lists


def test_the_list_tells_which_version_is_active(desk, omar):
    draft = made(desk)
    assert [(one["version"], one["status"]) for one in desk.get(HERE).json()["items"]] == [
        (None, "draft"),
        (1, "published"),
    ]
    simulation = tried(desk, omar, draft)
    sent = {"simulation_id": simulation["simulation_id"], "note": NOTE}
    desk.post(f"{HERE}/{draft['id']}/publish", sent, format="json")
    listed = desk.get(HERE).json()
    assert (listed["total"], listed["limit"], listed["offset"], listed["active_version"]) == (2, 50, 0, 2)
    assert [(one["version"], one["status"]) for one in listed["items"]] == [(2, "published"), (1, "retired")]
    for status, versions in (("published", [2]), ("retired", [1]), ("draft", [])):
        assert [one["version"] for one in desk.get(HERE, {"status": status}).json()["items"]] == versions
    refused(desk.get(HERE, {"status": "new"}), 400, "VALIDATION_ERROR")


def test_cases_are_listed_by_state_newest_first(desk, maya, noor):
    first, second, waived = overruled(maya), overruled(maya), overruled(maya, state="waived")
    overruled(noor)

    def listed(**asked):
        return [one["case_id"] for one in desk.get("/api/operator/override-cases", asked).json()["items"]]

    assert listed() == [str(second.pk), str(first.pk)]
    assert listed(state="waived") == [str(waived.pk)]
    assert (listed(state="retired"), len(listed(state="all"))) == ([], 3)
    refused(desk.get("/api/operator/override-cases", {"state": "broken"}), 400, "VALIDATION_ERROR")


# -- simulating and publishing


def test_a_simulation_tells_both_windows_by_default(desk, omar, maya):
    with_three(maya)
    told = tried(desk, omar, made(desk))
    assert (told["status"], told["base_version"], told["users"], told["no_signals"]) == ("completed", 1, 1, 0)
    assert told["cases"] == {"checked": 0, "broken": []}
    assert sorted(told["windows"]) == ["180d", "30d"]
    assert told["windows"]["30d"]["movements"] == [{"from": "subscription_heavy", "to": "general_wellness", "count": 1}]
    assert "education_below_three" not in told


def test_a_simulation_is_taken_away_as_a_file_and_that_is_sealed(desk, omar, maya, seeing):
    with_three(maya)
    here = f"{HERE}/simulations/{tried(desk, omar, made(desk))['simulation_id']}"
    whole, table = desk.get(f"{here}/export/json"), desk.get(f"{here}/export/csv")
    name = f"simulation-{here.rpartition('/')[2][:8]}"
    assert [answer["Content-Disposition"] for answer in (whole, table)] == [
        f'attachment; filename="{name}.{form}"' for form in ("json", "csv")
    ]
    assert whole.json() == desk.get(here).json()
    lines = table.content.decode().splitlines()
    assert lines[0] == "window,part,name,to,before,after,count"
    assert "30d,movement,subscription_heavy,general_wellness,,,1" in lines
    assert "30d,persona,subscription_heavy,,1,0,-1" in lines
    assert "30d,criterion,sh_count,,1,0," in lines
    with seeing(omar):
        sealed = AuditEntry.objects.filter(action="export").order_by("seq")
        assert [(one.object_type, one.detail.detail) for one in sealed] == [
            ("simulation", {"form": "json"}),
            ("simulation", {"form": "csv"}),
        ]


def test_a_simulation_that_still_runs_is_no_file(desk):
    asked = desk.post(f"{HERE}/{made(desk)['id']}/simulate", {}, format="json").json()
    refused(desk.get(f"{HERE}/simulations/{asked['simulation_id']}/export/csv"), 409, "SIMULATION_NOT_COMPLETED")


def test_a_simulation_of_another_window_and_day_can_be_asked(desk, omar, maya):
    with_three(maya)
    told = tried(desk, omar, made(desk), windows=["90d"], as_of="2025-06-29")
    assert (list(told["windows"]), told["as_of"], told["no_signals"]) == (["90d"], "2025-06-29", 1)


@pytest.mark.parametrize(
    "wish", [{"windows": []}, {"windows": ["7d"]}, {"windows": "30d"}, {"as_of": "today"}, {"windows": None}, []]
)
def test_a_malformed_wish_is_refused(desk, wish):
    refused(desk.post(f"{HERE}/{made(desk)['id']}/simulate", wish, format="json"), 400, "VALIDATION_ERROR")


def test_publishing_answers_with_the_version_and_who_is_due(desk, omar, maya):
    with_three(maya)
    case = overruled(maya)
    draft = made(desk)
    here = f"{HERE}/{draft['id']}/publish"
    refused(desk.post(here, {"note": NOTE}, format="json"), 409, "SIMULATION_REQUIRED")
    sent = {"simulation_id": tried(desk, omar, draft)["simulation_id"], "note": NOTE}
    broken = refused(desk.post(here, sent, format="json"), 409, "OVERRIDE_CASES_BROKEN")
    assert [one["case_id"] for one in broken["cases"]] == [str(case.pk)]
    waived = sent | {"waivers": [{"case_id": str(case.pk), "reason": "Maya has cancelled two since."}]}
    answer = desk.post(here, waived, format="json", headers={"Idempotency-Key": "publish-once"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["version"], told["status"], told["users_due"], told["note"]) == (2, "published", 1, NOTE)
    assert [one["got"] for one in told["cases_broken"]] == ["general_wellness"]
    again = desk.post(here, waived, format="json", headers={"Idempotency-Key": "publish-once"})
    assert (again.content, again["Idempotency-Replayed"]) == (answer.content, "true")
    refused(desk.post(here, waived, format="json"), 409, "NOT_A_DRAFT")
    refused(desk.patch(f"{HERE}/{draft['id']}", {"note": "x"}, format="json"), 409, "NOT_A_DRAFT")


@pytest.mark.parametrize(
    "wrong",
    [
        {"note": "short"},
        {"note": None},
        {"simulation_id": "7"},
        {"waivers": [{"case_id": str(UUID(int=7)), "reason": "short"}]},
        {"waivers": [{"reason": "A reason without a case"}]},
        {"waivers": {}},
    ],
)
def test_a_malformed_publication_is_refused(desk, wrong):
    sent = {"note": NOTE, "simulation_id": str(UUID(int=7))} | wrong
    refused(desk.post(f"{HERE}/{made(desk)['id']}/publish", sent, format="json"), 400, "VALIDATION_ERROR")


def test_a_stale_draft_is_told_apart(desk, omar):
    late, first = made(desk), made(desk, stricter(5))
    simulations = [tried(desk, omar, draft)["simulation_id"] for draft in (late, first)]
    desk.post(f"{HERE}/{first['id']}/publish", {"simulation_id": simulations[1], "note": NOTE}, format="json")
    sent = {"simulation_id": simulations[0], "note": NOTE}
    refused(desk.post(f"{HERE}/{late['id']}/publish", sent, format="json"), 409, "STALE_DRAFT")


def test_rolling_back_is_at_once(desk, omar, maya):
    draft = made(desk)
    sent = {"simulation_id": tried(desk, omar, draft)["simulation_id"], "note": NOTE}
    desk.post(f"{HERE}/{draft['id']}/publish", sent, format="json")
    case = overruled(maya, persona="general_wellness")
    refused(desk.post(f"{HERE}/1/roll-back", {"note": "why not"}, format="json"), 400, "VALIDATION_ERROR")
    told = desk.post(f"{HERE}/1/roll-back", {"note": NOTE}, format="json").json()
    assert (told["version"], told["base_version"], told["users_due"]) == (3, 2, 1)
    assert [one["case_id"] for one in told["cases_broken"]] == [str(case.pk)]
    refused(desk.post(f"{HERE}/3/roll-back", {"note": NOTE}, format="json"), 409, "ALREADY_ACTIVE")
