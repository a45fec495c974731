"""The audit log at its routes: who sees which rows, what of them, as a file, and whether the chain holds."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access, audit, consent, erasure, rowsecurity
from accounts.models import AuditEntry
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from recommendations import reviewing
from recommendations.tests.proposed import proposed

LOGS, RECORDS = "/api/operator/audit-logs", "/api/operator/access-records"
pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def item(maya, omar, junior, now):
    """omar changed and approved it; june opened maya's file before."""
    item = proposed(maya, created_at=now - timedelta(hours=3))
    with rowsecurity.viewing(rowsecurity.of(junior)):
        access.opened(by=junior, whom=maya.pk, section="signals", now=now - timedelta(hours=2))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.modify(item_id=item.pk, by=omar, now=now - timedelta(hours=1), changes={"title": "Another title"})
        reviewing.approve(item_id=item.pk, by=omar, now=now)
    return item


def actions(answer):
    return [row["action"] for row in answer.json()["logs"]]


def test_rows_come_newest_first_with_their_total(item, calling, omar):
    answer = calling(omar).get(LOGS, {"limit": 2})
    assert actions(answer) == ["approve", "modify"]
    told = answer.json()
    assert (told["count"], told["total"], told["limit"], told["offset"]) == (2, 3, 2, 0)
    assert told["logs"][1]["metadata"]["changes"]["title"]["after"] == "Another title"


def test_a_junior_sees_their_own_acts_only(item, calling, omar, junior):
    client = calling(junior)
    assert actions(client.get(LOGS)) == ["view_user"]
    assert actions(client.get(LOGS, {"operator_id": omar.pk})) == []
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        approval = AuditEntry.objects.get(action="approve")
    assert client.get(f"{LOGS}/{approval.pk}").status_code == 404
    assert client.get(f"{LOGS}/operator/{omar.pk}/summary").json()["code"] == "FORBIDDEN_ROLE"
    for refused in (f"{LOGS}/verify", f"{LOGS}/stats/overview", RECORDS):
        assert client.get(refused).status_code == 403


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"action": "approve"}, ["approve"]),
        ({"object_type": "signals"}, ["view_user"]),
        ({"object_type": "nothing"}, []),
        ({"start_date": "2999-01-01"}, []),
        ({"end_date": "2000-01-01"}, []),
    ],
)
def test_filters_narrow_the_rows(item, calling, omar, asked, found):
    assert actions(calling(omar).get(LOGS, asked)) == found


def test_rows_are_found_by_person_item_and_operator(item, calling, omar, junior, maya, noor):
    client = calling(omar)
    assert len(actions(client.get(LOGS, {"subject": maya.pk}))) == 3
    assert actions(client.get(LOGS, {"subject": noor.pk})) == []
    assert actions(client.get(LOGS, {"recommendation_id": item.pk})) == ["approve", "modify"]
    assert actions(client.get(LOGS, {"operator_id": junior.pk})) == ["view_user"]


@pytest.mark.parametrize(
    "wrong", [{"limit": 1001}, {"limit": 0}, {"action": "dance"}, {"start_date": "soon"}, {"subject": "me"}]
)
def test_what_cannot_be_asked_is_refused(calling, omar, wrong):
    assert calling(omar).get(LOGS, wrong).status_code == 400


def test_one_row_names_the_row_before_it(item, calling, omar):
    newest, before, _ = calling(omar).get(LOGS).json()["logs"]
    row = calling(omar).get(f"{LOGS}/{newest['audit_id']}").json()
    assert row["prev_hash"] == before["hash"]
    assert calling(omar).get(f"{LOGS}/no-id").json()["code"] == "AUDIT_ENTRY_NOT_FOUND"


def test_of_who_agrees_no_more_a_row_says_whom_it_was_about_and_no_more(item, calling, omar, maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    client = calling(omar)
    assert client.get(LOGS).json()["logs"][0]["metadata"] == {"user_id": str(maya.pk)}
    assert b"Another title" not in b"".join(client.get(f"{LOGS}/export/csv").streaming_content)


def test_of_who_was_erased_nothing_but_the_act_is_left(item, calling, omar, maya, now):
    erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
    rows = calling(omar).get(LOGS, {"action": "approve"}).json()["logs"]
    assert rows[0]["metadata"] == {} and len(rows[0]["subject_ref"]) == 64


def test_another_institution_has_a_chain_of_its_own(item, calling):
    fred = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    assert calling(fred).get(LOGS).json()["total"] == 0


def test_statements_do_not_grow_with_rows(item, calling, omar, maya, now):
    client = calling(omar)
    client.get(LOGS)  # the session is marked as seen

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert client.get(LOGS).status_code == 200
        return len(found)

    few = cost()
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for _ in range(10):
            access.opened(by=omar, whom=maya.pk, section="user", now=now)
    assert cost() == few


def test_the_file_has_every_row_and_writes_who_took_it(item, calling, omar):
    answer = calling(omar).get(f"{LOGS}/export/csv", {"action": "modify"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["action"] for row in rows] == ["modify"] and len(rows[0]["hash"]) == 64
    assert answer["Content-Disposition"] == f'attachment; filename="audit-start-{timezone.now():%Y-%m-%d}.csv"'
    taken = calling(omar).get(LOGS, {"action": "export"}).json()["logs"][0]
    assert (taken["object_type"], taken["metadata"]) == ("audit_log", {"action": "modify"})


def test_a_junior_takes_their_own_rows_along(item, calling, junior):
    answer = calling(junior).get(f"{LOGS}/export/csv", {"end_date": "2999-01-01"})
    assert b"".join(answer.streaming_content).count(b"\r\n") == 3  # heading, the opened file, this export


def test_no_cell_of_the_file_is_a_formula(omar, calling, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        audit.record(
            action=audit.Action.EXPORT, tenant_id=omar.tenant_id, operator_id=omar.pk, now=now, object_type="=1+1"
        )
    assert b",'=1+1," in b"".join(calling(omar).get(f"{LOGS}/export/csv").streaming_content)


def test_the_chain_is_verified_on_demand(item, calling, omar):
    told = calling(omar).get(f"{LOGS}/verify").json()
    assert (told["valid"], told["rows"], told["head_seq"], told["first_broken_seq"]) == (True, 3, 3, None)


def test_counts_per_action_and_day(item, calling, omar, junior):
    told = calling(omar).get(f"{LOGS}/stats/overview").json()
    assert (told["days"], told["total"], len(told["by_day"])) == (7, 3, 7)
    assert told["by_action"] == {"approve": 1, "modify": 1, "view_user": 1}
    assert sum(day["count"] for day in told["by_day"]) == 3
    mine = calling(junior).get(f"{LOGS}/operator/{junior.pk}/summary", {"days": 1}).json()
    assert mine["by_action"] in ({"view_user": 1}, {})  # two hours ago may be yesterday
    assert calling(omar).get(f"{LOGS}/operator/{omar.pk}/summary").json()["days"] == 30
    assert calling(omar).get(f"{LOGS}/operator/{item.pk}/summary").json()["code"] == "STAFF_NOT_FOUND"
    assert calling(omar).get(f"{LOGS}/stats/overview", {"days": 0}).status_code == 400


def test_access_records_say_who_opened_whose_file(item, calling, omar, junior, maya):
    told = calling(omar).get(RECORDS, {"user_id": maya.pk}).json()
    assert told["total"] == 1
    (row,) = told["items"]
    assert (row["operator_id"], row["user_id"], row["section"]) == (str(junior.pk), str(maya.pk), "signals")
    assert calling(omar).get(RECORDS, {"operator_id": omar.pk}).json()["total"] == 0
    assert calling(omar).get(RECORDS, {"limit": 201}).status_code == 400
