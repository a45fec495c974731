"""The evaluation report over a handful of people and items, every number counted by hand."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import anchors, audit, rowsecurity, storage
from accounts.models import ConsentRecord
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.typing_in import typed
from operators import evaluation, rendering
from operators.evaluation import Replays
from personas.models import Profile
from personas.rules import Persona
from personas.tests import histories
from personas.tests.factories import measured
from recommendations import guardrails
from recommendations.models import CardVersion, Consideration, Recommendation, Trace
from recommendations.tests.factories import CardFactory, ItemFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MADE = NOW - timedelta(days=1)
AS_OF = date(2026, 11, 18)
ALL = ["credit", "income", "savings", "subscriptions"]


@pytest.fixture(autouse=True)
def _anchors_stay_here(own_store, db):
    pass


def person(name, persona=None, present=(), days=None, income=None, purposes=(Purpose.ANALYSIS,), data=True):
    user = factories.consenting(name, *purposes, monthly_income=income)
    if data:
        factories.AccountFactory(user=user)
    if present:
        meta = {"categories_present": list(present)}
        measured(user, window="180d", as_of=AS_OF, meta=meta, spending_days_covered=days)
    if persona:
        known = Persona(persona)
        with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
            Profile.objects.create(
                tenant=user.tenant,
                user=user,
                persona=known.value,
                persona_id=known.number,
                persona_name=known.title_words,
                refreshed_at=MADE,
            )
    return user


def item(user, *, traced=True, cited=("Visa ending 4523", "68 %"), eligibility=None, **fields):
    made = ItemFactory(user=user, **({"created_at": MADE} | fields))
    if traced:
        said = {
            "rationale": {"citations": [{"text": text} for text in cited]},
            "eligibility": {"status": eligibility},
            "signals": {"30d": {"subscriptions": {"merchants": [{"name": "Northwind Gym"}]}}},
        }
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            Trace.objects.create(
                tenant=user.tenant, user=user, recommendation=made, trace_data=said, created_at=made.created_at
            )
    return made


def ran(user, *durations):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Consideration.objects.bulk_create(
            Consideration(
                tenant=user.tenant,
                user=user,
                run_id=uuid4(),
                outcome="proposed",
                duration_ms=took,
                engine_version="1",
                created_at=MADE,
            )
            for took in durations
        )


def evaluated(user, **asked):
    asked = {"start": None, "end": None, "replay_sample": 200, "now": NOW} | asked
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        return evaluation.evaluate(tenant_id=user.tenant_id, **asked)


def numbers(user, **asked):
    return evaluated(user, **asked).document


def test_an_empty_institution_has_no_data_and_misses_nothing(ada):
    report = evaluated(ada)
    said = report.document
    assert said["coverage"] == {
        "total_users": 0,
        "users_with_persona_count": 0,
        "users_with_persona_percent": None,
        "users_with_behaviors_count": 0,
        "users_with_behaviors_percent": None,
        "users_with_both_count": 0,
        "users_with_both_percent": None,
    }
    assert said["explainability"]["rationale_quality_score"] is None
    assert said["latency"]["recommendation_generation_latency_p95"] is None
    assert said["latency"]["recommendations_within_target_percent"] is None
    assert said["auditability"]["audit_chain_valid"] is True
    assert said["auditability"]["audit_chain_head"] == "0" * 64
    assert said["fairness"]["groups"] == []
    assert said["fairness"]["max_gap_points"] is None
    assert said["range"] == {"start": "2026-08-23", "end": "2026-11-20"}
    assert (said["as_of"], said["calculated_at"]) == ("2026-11-20", "2026-11-20T12:00:00Z")
    assert said["rule_set_version"] == 1
    assert report.missed == []


def test_coverage_is_of_people_who_agree_and_have_data(noor):
    maya = person("maya", "high_utilization", ALL)
    person("theo", "subscription_heavy", ALL[:3])
    person("ines", None, ALL[:3])
    person("sam", "savings_builder", ALL[:2])
    person("lena", "general_wellness", ALL, data=False)
    factories.AccountFactory(user=noor)
    assert numbers(maya)["coverage"] == {
        "total_users": 4,
        "users_with_persona_count": 3,
        "users_with_persona_percent": 75.0,
        "users_with_behaviors_count": 3,
        "users_with_behaviors_percent": 75.0,
        "users_with_both_count": 2,
        "users_with_both_percent": 50.0,
    }
    assert numbers(maya)["as_of"] == "2026-11-18"


def test_another_institution_is_not_counted():
    maya = person("maya", "high_utilization", ALL)
    elsewhere = factories.TenantFactory(slug="elsewhere")
    stranger = factories.consenting("stranger", tenant=elsewhere)
    factories.AccountFactory(user=stranger)
    item(stranger)
    said = numbers(maya)
    assert (said["coverage"]["total_users"], said["explainability"]["total_recommendations"]) == (1, 0)


def test_explanations_are_read_word_by_word():
    maya = person("maya", "high_utilization", ALL)
    item(maya)  # 77 characters: 2 + 4 + 3
    item(maya, rationale="We think so because of you, dear reader.")  # 40 characters, nothing concrete: 2 + 3
    item(maya, rationale=" ")
    assert numbers(maya)["explainability"] == {
        "total_recommendations": 3,
        "recommendations_with_rationales_count": 2,
        "recommendations_with_rationales_percent": 66.67,
        "rationales_with_data_points_count": 1,
        "rationales_with_data_points_percent": 50.0,
        "rationale_quality_score": 7.0,
    }


def test_only_items_made_within_the_range_count_both_days_included():
    maya = person("maya", "high_utilization", ALL)
    for at in ("2026-11-01T23:59:59", "2026-11-02T00:00:00", "2026-11-03T23:59:59", "2026-11-04T00:00:00"):
        item(maya, created_at=datetime.fromisoformat(at).replace(tzinfo=UTC))
    said = numbers(maya, start=date(2026, 11, 2), end=date(2026, 11, 3))
    assert said["explainability"]["total_recommendations"] == 2
    assert numbers(maya)["explainability"]["total_recommendations"] == 4


def test_an_item_fits_when_its_card_suits_the_persona():
    maya = person("maya", "high_utilization", ALL)
    item(maya)
    item(maya)
    item(maya, matched_persona="general_wellness")
    item(maya, type="partner_offer")
    assert numbers(maya)["relevance"] == {
        "total_education": 3,
        "education_matching_persona": 2,
        "education_persona_fit_percent": 66.67,
        "total_partner_offers": 1,
        "partner_offers_matching_persona": 1,
        "partner_offer_persona_fit_percent": 100.0,
    }


def test_an_item_fits_by_any_persona_of_the_assignment_that_it_was_made_under():
    maya = person("maya", "high_utilization", ALL)
    under = histories.said(maya, "high_utilization", MADE, secondary_personas=["savings_builder"])
    item(maya, assignment_id=under.pk, matched_persona="savings_builder")
    item(maya, assignment_id=under.pk, matched_persona="subscription_heavy")
    item(maya, matched_persona="savings_builder")  # made under an assignment that nobody has
    fits = numbers(maya)["relevance"]
    assert (fits["total_education"], fits["education_matching_persona"]) == (3, 1)
    assert fits["education_persona_fit_percent"] == 33.33


def test_latency_is_that_of_runs():
    maya = person("maya", "high_utilization", ALL)
    ran(maya, *range(100, 1900, 100), 5000, 5001)  # eighteen, one at the target and one beyond it
    assert numbers(maya)["latency"] == {
        "total_recommendations": 20,
        "recommendation_generation_latency_p50": 1000,
        "recommendation_generation_latency_p95": 5000,
        "recommendation_generation_latency_p99": 5001,
        "recommendation_generation_latency_mean": 1355.05,
        "recommendation_generation_latency_max": 5001,
        "recommendation_generation_latency_min": 100,
        "recommendations_within_target": 19,
        "recommendations_within_target_percent": 95.0,
    }
    assert "latency_p95" in evaluated(maya).missed


def test_a_sample_is_replayed_and_what_has_no_trace_is_told():
    maya = person("maya", "high_utilization", ALL)
    made = {item(maya).pk for _ in range(3)}
    item(maya, traced=False)
    asked = []

    def replay(ids):
        asked.append(ids)
        return Replays(made=2, identical=1)

    said = numbers(maya, replay=replay, replay_sample=2)["auditability"]
    assert len(asked[0]) == 2
    assert set(asked[0]) < made
    assert {name: said[name] for name in list(said)[:6]} == {
        "total_recommendations": 4,
        "recommendations_with_traces_count": 3,
        "recommendations_with_traces_percent": 75.0,
        "replayed_count": 2,
        "replayed_identical_count": 1,
        "replayed_identical_percent": 50.0,
    }


def test_an_audit_chain_that_its_anchors_deny_is_a_missed_target(ada):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        sealed = audit.record(
            action=audit.Action.EVALUATION_RUN,
            tenant_id=ada.tenant_id,
            operator_id=ada.pk,
            now=NOW,
            object_type="report",
        )
    anchors.write(tenant_id=ada.tenant_id, now=NOW)
    said = numbers(ada)["auditability"]
    assert (said["audit_chain_valid"], said["audit_chain_head"], said["audit_rows"]) == (True, sealed.hash, 1)
    other = json.dumps({"seq": 1, "hash": "f" * 64}).encode()
    storage.put(f"ledger/audit/{ada.tenant_id}/2026-11-19-1.json", other)
    report = evaluated(ada)
    assert report.document["auditability"]["audit_chain_valid"] is False
    assert report.missed == ["audit_chain_valid"]


def test_fairness_names_who_gets_how_much():
    maya = person("maya", "high_utilization", ALL, days=180, income=Decimal(9000))
    theo = person("theo", "subscription_heavy", ALL[2:], days=89, income=Decimal(3000))
    person("ines", "subscription_heavy", ALL[:2], days=29, income=Decimal(2000))
    person("sam", None)
    for _ in range(2):
        item(maya)
    item(theo)
    item(theo)
    said = numbers(maya)["fairness"]
    assert said["persona_distribution"] == {"high_utilization": 1, "subscription_heavy": 2}
    assert said["recommendations_per_persona"] == {"high_utilization": 2, "subscription_heavy": 2}
    assert said["persona_balance_score"] == 0.8333  # 50 and 50 of 33.3 and 66.7
    assert said["signal_detection_by_persona"]["subscription_heavy"] == {
        "credit": 50.0,
        "income": 50.0,
        "savings": 50.0,
        "subscriptions": 50.0,
    }
    groups = {(one["dimension"], one["group"]): one for one in said["groups"]}
    assert {
        key: (one["users"], one["coverage_percent"], one["mean_recommendations"]) for key, one in groups.items()
    } == {
        ("persona", "high_utilization"): (1, 100.0, 2.0),
        ("persona", "subscription_heavy"): (2, 50.0, 1.0),
        ("persona", "none"): (1, 0.0, 0.0),
        ("income_third", "low"): (1, 0.0, 0.0),
        ("income_third", "middle"): (1, 100.0, 2.0),
        ("income_third", "high"): (1, 100.0, 2.0),
        ("income_third", "unknown"): (1, 0.0, 0.0),
        ("history_length", "90_days_or_more"): (1, 100.0, 2.0),
        ("history_length", "30_to_89_days"): (1, 100.0, 2.0),
        ("history_length", "under_30_days"): (1, 0.0, 0.0),
        ("history_length", "unknown"): (1, 0.0, 0.0),
    }
    assert not any(one["assessed"] for one in said["groups"])
    assert said["max_gap_points"] is None


def shown(user, **fields):
    made = item(user, **fields)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=made.pk).update(
            status="approved", approved_at=MADE, approved_by=uuid4(), shown_at=NOW
        )
    return made


GUARDED = {"advice": 0, "tone": 0, "figures": 0, "eligibility": 0, "disclosure": 0, "consent": 0}


def test_what_was_shown_and_is_whole_passes_again():
    maya = person("maya", "high_utilization", ALL)
    shown(maya)
    item(maya, content="You should sell your shares.")  # nobody saw it
    assert numbers(maya)["guardrails"] == {"checked": 1, "violations": 0, "by_check": GUARDED}


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"content": "You should sell your shares."}, "advice"),
        ({"presentation": {"summary": "You are careless with cards."}}, "tone"),
        ({"cited": ["Visa ending 4523"]}, "figures"),
        ({"traced": False}, "figures"),
        ({"rationale": "This is here because of Northwind Gym, on your Visa ending 4523."}, "figures"),
        ({"disclosure": "This is educational content."}, "disclosure"),
        ({"type": "partner_offer", "eligibility": "eligible"}, "disclosure"),
    ],
)
def test_each_check_finds_what_is_its_own(fields, check):
    maya = person("maya", "high_utilization", ALL, purposes=(Purpose.ANALYSIS, Purpose.PARTNER_OFFERS))
    made = shown(maya, **fields)
    version_of(made)
    said = numbers(maya)["guardrails"]
    assert said == {"checked": 1, "violations": 1, "by_check": {**GUARDED, check: 1}}


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        ({"rationale": "We're showing you this because your Visa ending 4523 is nearly at its limit."}, None),
        ({"rationale": "We're showing you this because your Visa ending 4523 is at 86 % of its limit."}, "figures"),
        ({"title": "You should sell your shares"}, "advice"),
        ({"content": "You are careless with cards."}, "tone"),
    ],
)
def test_an_edited_item_is_asked_for_the_words_it_was_shown_in(edit, check):
    maya = person("maya", "high_utilization", ALL)
    made = shown(maya)
    version_of(made)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=made.pk).update(**edit, modified_at=MADE, modified_by=uuid4(), revision=2)
    found = {**GUARDED, check: 1} if check else GUARDED
    assert numbers(maya)["guardrails"] == {"checked": 1, "violations": 1 if check else 0, "by_check": found}


def version_of(made, **content):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        CardVersion.objects.create(
            tenant=made.tenant,
            card=made.card,
            version=1,
            title=made.card.title,
            content=content or made.card.content,
            content_hash=made.card.content_hash,
            changed_by="test",
        )


@pytest.mark.parametrize(
    ("verdict", "product", "purposes", "failed"),
    [
        ("eligible", "cd", 2, []),
        ("requirements_not_met", "cd", 2, ["eligibility"]),
        ("eligible", "payday_loan", 2, ["eligibility"]),
        ("eligible", "cd", 1, ["consent"]),
    ],
)
def test_an_offer_is_asked_for_eligibility_and_its_own_consent(verdict, product, purposes, failed):
    agreed = (Purpose.ANALYSIS, Purpose.PARTNER_OFFERS)[:purposes]
    maya = person("maya", "high_utilization", ALL, purposes=agreed)
    content = {"key": "offer", "product_type": product, "disclosure_kind": "savings"}
    made = shown(
        maya,
        type="partner_offer",
        eligibility=verdict,
        disclosure=guardrails.disclosure(offer=True, kind="savings", note="A note of the house."),
        card=CardFactory(tenant=maya.tenant, card_type="company", content=content),
    )
    version_of(made)
    found = numbers(maya)["guardrails"]["by_check"]
    assert [name for name, count in found.items() if count] == failed


def test_who_was_shown_something_before_they_agreed_was_wronged():
    maya = person("maya", "high_utilization", ALL)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        since = ConsentRecord.objects.get(user=maya).since
    made = shown(maya)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=made.pk).update(shown_at=since - timedelta(seconds=1))
    assert numbers(maya)["guardrails"]["by_check"] == {**GUARDED, "consent": 1}


def test_statements_do_not_grow_with_people():
    maya = person("maya", "high_utilization", ALL)
    version_of(shown(maya))
    counted = []
    for more in (0, 4):
        for n in range(more):
            user = person(f"more{n}", "savings_builder", ALL)
            version_of(shown(user))
            ran(user, 10)
        with rowsecurity.viewing(rowsecurity.pipeline(maya.tenant_id)), CaptureQueriesContext(connection) as seen:
            evaluation.evaluate(tenant_id=maya.tenant_id, start=None, end=None, replay_sample=9, now=NOW)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def leaves(held, name=""):
    """Every number of a document by its dotted name, read another way than the renderer does."""
    if isinstance(held, dict):
        if "dimension" in held or "metric" in held:
            name += "." + (held.get("metric") or f"{held['dimension']}.{held['group']}")
        return {path: value for key, one in held.items() for path, value in leaves(one, f"{name}.{key}").items()}
    if isinstance(held, list):
        return {path: value for one in held for path, value in leaves(one, name).items()}
    return {} if isinstance(held, str) else {name[1:]: held}


def test_the_csv_has_every_number_of_the_json():
    maya = person("maya", "high_utilization", ALL)
    person("theo", None)
    item(maya)
    ran(maya, 40, 60)
    said = json.loads(rendering.as_json(numbers(maya)))
    rows = list(csv.DictReader(io.StringIO(rendering.as_csv(said))))
    alone = {"rule_set_version"}
    read = {
        row["metric_name"] if row["metric_category"] in alone else f"{row['metric_category']}.{row['metric_name']}": (
            None if row["value"] == "no data" else json.loads(row["value"])
        )
        for row in rows
    }
    assert read == leaves(said)
    assert len(read) == len(rows)
    (persona,) = [row for row in rows if row["metric_name"] == "users_with_persona_percent"]
    assert (persona["value"], persona["count"], persona["total"]) == ("50.0", "1", "2")
    (within,) = [row for row in rows if row["metric_name"] == "recommendations_within_target_percent"]
    assert (within["value"], within["count"], within["total"]) == ("100.0", "2", "2")


# -- the command


def test_the_command_writes_its_files_and_ends_well(ada, tmp_path):
    ended = typed("evaluate", "--output", tmp_path, "--json", "--fail-under")
    said = json.loads(ended.out)
    assert ended.code == 0
    names = {path.suffix: path for path in tmp_path.iterdir()}
    stem = f"evaluation-{said['as_of']}-{said['report_id'][:8]}"
    assert {path.stem for path in names.values()} == {stem}
    assert json.loads(names[".json"].read_text()) == said
    assert names[".csv"].read_text().splitlines()[0] == "metric_category,metric_name,value,count,total"
    page = names[".html"].read_text()
    assert "size: A4" in page and "<link" not in page and said["auditability"]["audit_chain_head"] in page
    assert "wrote" in ended.err
    assert typed("evaluate", "--quiet").err == ""


def test_a_missed_target_ends_with_one_only_when_asked(ada):
    person("sam", None)
    assert typed("evaluate", "--fail-under").code == 1
    ended = typed("evaluate")
    assert ended.code == 0
    assert ended.lines[-1].startswith("done  1 targets met  2 missed")


@pytest.mark.parametrize(
    "words",
    [
        ("--tenant", "nowhere"),
        ("--start", "2026-11-05", "--end", "2026-11-04"),
        ("--start", "yesterday"),
        ("--replay-sample", "-1"),
        ("--output", "no/such/folder"),
    ],
)
def test_a_wrong_word_is_told(words):
    assert typed("evaluate", *words).code != 0
