"""Who looked at whom: a row for each section staff were shown, and none for what they were not."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import access, people, rowsecurity
from accounts.models import AuditDetail, AuditEntry
from accounts.tests import factories


def opened_rows():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", "object_type", "object_id", "operator_id"))


# -- GET /api/users/{user_id}


def test_staff_read_a_person_and_leave_a_row(calling, omar, maya):
    answer = calling(omar).get(f"/api/users/{maya.pk}")
    assert answer.status_code == 200
    assert answer.json()["email"] == "maya@example.test"
    assert opened_rows() == [("view_user", "user", None, omar.pk)]


def test_an_income_is_shown_to_staff_only_with_consent(calling, junior, maya, noor):
    for person in (maya, noor):
        with rowsecurity.viewing(rowsecurity.of(person)):
            people.declare_income(user=person, monthly_income=3200)
    client = calling(junior)
    assert client.get(f"/api/users/{maya.pk}").json()["monthly_income"] == 3200
    assert client.get(f"/api/users/{noor.pk}").json()["monthly_income"] is None
    assert calling(noor).get(f"/api/users/{noor.pk}").json()["monthly_income"] == 3200


def test_oneself_is_read_by_id_too_and_leaves_no_row(calling, maya, omar):
    for who in (maya, omar):
        client = calling(who)
        assert client.get(f"/api/users/{who.pk}").json() == client.get("/api/users/me").json()
    assert opened_rows() == []


def test_anybody_elses_record_is_not_there(calling, maya, noor, omar, ada):
    elsewhere = factories.UserFactory(email="zoe@example.test", tenant=factories.TenantFactory(slug="elsewhere"))
    asked = [(maya, noor.pk), (maya, omar.pk), (omar, elsewhere.pk), (omar, ada.pk), (omar, "none"), (maya, "none")]
    for who, named in asked:
        answer = calling(who).get(f"/api/users/{named}")
        assert (answer.status_code, answer.json()["code"]) == (404, "USER_NOT_FOUND")
    assert calling().get(f"/api/users/{maya.pk}").status_code == 401
    assert opened_rows() == []


def test_staff_learn_whether_an_address_is_verified(calling, omar):
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        EmailAddress.objects.create(user=omar, email=omar.email, verified=True, primary=True)
    assert calling(omar).get("/api/users/me").json()["email_verified"] is True


# -- which reads leave a row


@pytest.mark.parametrize(
    "path", ["/api/operator/rule-sets", "/api/personas/analytics/distribution", "/api/operator/override-cases"]
)
def test_lists_and_statistics_leave_none(calling, omar, maya, path):
    assert calling(omar).get(path).status_code == 200
    assert opened_rows() == []


def test_what_was_not_shown_leaves_none(calling, omar, noor):
    client = calling(omar)
    for path in (f"users/{noor.pk}/signals", f"personas/{noor.pk}", f"operator/users/{noor.pk}/corrections"):
        assert client.get(f"/api/{path}").status_code == 404
    assert opened_rows() == []


@pytest.mark.parametrize(("path", "section"), [("", "upload"), ("/report", "upload_report")])
def test_an_upload_is_opened_too(calling, omar, maya, path, section):
    upload = factories.UploadFactory(user=maya, status="failed", validation_errors=[])
    assert calling(omar).get(f"/api/uploads/{upload.pk}{path}").status_code == 200
    assert calling(maya).get(f"/api/uploads/{upload.pk}{path}").status_code == 200
    assert opened_rows() == [("view_user", section, None, omar.pk)]


# -- GET /api/users/me/access


def test_a_person_reads_who_opened_their_file_newest_first(calling, maya, noor, omar, ada, now):
    for number, (by, whom, section) in enumerate(
        [(omar, maya, "signals"), (ada, maya, "profile"), (omar, noor, "user")]
    ):
        with rowsecurity.viewing(rowsecurity.of(by)):
            access.opened(by=by, whom=whom.pk, section=section, now=now + timedelta(seconds=number))
    answer = calling(maya).get("/api/users/me/access").json()
    assert (answer["total"], answer["limit"], answer["offset"]) == (2, 50, 0)
    assert [(one["operator_role"], one["section"]) for one in answer["items"]] == [
        ("admin", "profile"),
        ("operator", "signals"),
    ]
    assert set(answer["items"][0]) == {"at", "operator_role", "section"}
    assert calling(maya).get("/api/users/me/access?limit=1&offset=1").json()["items"][0]["section"] == "signals"
    assert calling(noor).get("/api/users/me/access").json()["total"] == 1


def test_other_acts_about_a_person_are_not_theirs_to_read(calling, maya, omar, ada):
    assert calling(maya).get("/api/users/me/access").json()["total"] == 0
    assert calling(omar).get("/api/users/me/access").json()["total"] == 0
    assert calling().get("/api/users/me/access").status_code == 401
    assert calling(maya).get("/api/users/me/access?limit=101").status_code == 400


def test_a_row_outlives_its_details(calling, maya, omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        access.opened(by=omar, whom=maya.pk, section="user", now=timezone.now())
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        AuditDetail.objects.all().delete()
    (item,) = calling(maya).get("/api/users/me/access").json()["items"]
    assert (item["operator_role"], item["section"]) == (None, "user")
