"""`generate_recommendations` and `replay_traces` as they are typed."""

import json
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import Tenant, User
from accounts.tests.typing_in import typed
from recommendations.models import Recommendation, Trace
from recommendations.tests.crowds import crowd, stock
from recommendations.tests.test_traces import tampered


@pytest.fixture
def tenant(shared_db):
    return Tenant.objects.get(slug="default")


@pytest.fixture
def users(tenant):
    stock(tenant)
    return crowd(tenant, 8)


def count(model, **where):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return model.objects.filter(**where).count()


def test_who_is_due_is_considered_and_then_nobody_is(tenant, users):
    said = typed("generate_recommendations", "--dry-run", "--quiet")
    assert said.lines == [f"done  {len(users)} users would be considered"]
    said = typed("generate_recommendations", "--quiet", "--json")
    told = json.loads(said.out)
    assert (said.code, told["users"], told["items"]) == (0, len(users), count(Recommendation))
    assert sum(told["outcomes"].values()) == len(users)
    assert typed("generate_recommendations", "--quiet").lines == ["done  0 users  0 new items  failed 0  0:00:00"]
    said = typed("generate_recommendations", "--all", "--quiet", "--json")
    assert json.loads(said.out)["outcomes"].keys() <= {"unchanged", "no_signals", "no_assignment"}


def test_one_person_and_two_processes(tenant, users):
    said = typed("generate_recommendations", "--user", users[0], "--quiet")
    assert said.lines[0].startswith("done  1 users  ")
    said = typed("generate_recommendations", "--workers", "2", "--quiet")
    assert said.code == 0 and said.lines[0].startswith(f"done  {len(users) - 1} users  ")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        silent = User.objects.filter(role="user", consent_status=False).first()
    if silent:
        said = typed("generate_recommendations", "--user", silent.pk)
        assert (said.code, said.err) == (2, f"{silent.pk} has not agreed to be analysed.")


def test_replaying_says_what_differs_and_ends_with_1(tenant, users):
    typed("generate_recommendations", "--quiet")
    made = count(Trace)
    same = typed("replay_traces", "--quiet")
    assert same.code == 0
    assert same.lines == [
        f"done  {made} traces  identical {made}  different 0  inputs changed 0  unavailable 0  0:00:00"
    ]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        first = Trace.objects.order_by("created_at", "user_id", "pk").first()
    tampered(
        "UPDATE decision_traces SET trace_data = jsonb_set(trace_data, '{selection,position}', '9') WHERE id = %s",
        first.pk,
    )
    said = typed("replay_traces", "--recommendation", first.recommendation_id, "--quiet")
    assert said.code == 1
    assert said.lines[:2] == [
        f"{first.recommendation_id}  different",
        f"  /selection/position: 9 is now {first.trace_data['selection']['position']}",
    ]
    told = [json.loads(line) for line in typed("replay_traces", "--json", "--quiet").lines]
    assert [one["result"] for one in told[:-1]] == ["different"]
    assert told[0]["differences"] == [
        {"path": "/selection/position", "stored": 9, "recomputed": first.trace_data["selection"]["position"]}
    ]
    assert (told[-1]["traces"], told[-1]["different"]) == (made, 1)


def test_some_of_them_are_asked_for(tenant, users):
    typed("generate_recommendations", "--quiet")

    def traces(*words):
        return json.loads(typed("replay_traces", "--json", "--quiet", *words).lines[-1])["traces"]

    assert traces("--sample", "3") == 3
    assert traces("--user", users[0]) == count(Trace, user_id=users[0])
    assert traces("--since", timezone.now().date()) == count(Trace)
    assert traces("--since", "2999-01-01") == 0
    gone = uuid4()
    said = typed("replay_traces", "--recommendation", gone, "--quiet")
    assert (said.code, said.lines[0]) == (0, f"{gone}  unavailable (erased)")
