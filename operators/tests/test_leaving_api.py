"""Erasure and export on request: an admin's own act, for people of their own institution, with a reason."""

import uuid

import pytest

from accounts import rowsecurity, takeout
from accounts.models import AuditDetail, AuditEntry, Export, User
from accounts.tests import factories

pytestmark = pytest.mark.usefixtures("own_store")
REASON = "Asked for in a letter, ticket 4711."


def ask(client, user, what="erasure", **body):
    body = {"reason": REASON, **({"scope": "account"} if what == "erasure" else {}), **body}
    return client.post(f"/api/operator/users/{getattr(user, 'pk', user)}/{what}", body, format="json")


def entry(action):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        found = AuditEntry.objects.get(action=action)
        return found, AuditDetail.objects.get(pk=found.pk).detail


@pytest.mark.parametrize("scope", ["analysis", "notes", "account"])
def test_an_admin_erases_who_asked_and_the_chain_says_why(maya, ada, calling, scope):
    said = ask(calling(ada), maya, scope=scope)
    assert said.status_code == 202 and said.json()["scope"] == scope
    deed, detail = entry("erasure")
    assert (deed.operator_id, deed.seq, deed.ip_address) == (ada.pk, said.json()["audit_seq"], "127.0.0.1")
    assert detail == {"scope": scope, "reason": REASON, "receipt_hash": said.json()["receipt_hash"]}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.filter(pk=maya.pk).exists() is (scope != "account")
    receipt = f"/api/erasures/{said.json()['erasure_id']}?token={said.json()['receipt_token']}"
    assert calling().get(receipt).status_code == 200


def test_an_export_on_request_is_for_the_person_alone(maya, ada, calling, now):
    said = ask(calling(ada), maya, "export")
    assert said.status_code == 202 and said.json()["status"] == "pending"
    deed, detail = entry("export")
    assert (deed.operator_id, deed.object_id) == (ada.pk, None)
    assert detail == {"reason": REASON, "export_id": said.json()["export_id"], "user_id": str(maya.pk)}
    takeout.make(export=takeout.take(tenant_id=maya.tenant_id, now=now), now=now)
    address = f"/api/users/me/export/{said.json()['export_id']}"
    assert calling(maya).get(address).json()["status"] == "ready"
    assert calling(ada).get(address).status_code == 403
    assert ask(calling(ada), maya, "export").status_code == 429


@pytest.mark.parametrize("what", ["erasure", "export"])
def test_nobody_but_an_admin_may(maya, omar, junior, calling, what):
    assert ask(calling(), maya, what).status_code == 401
    for user in (omar, junior, maya):
        assert ask(calling(user), maya, what).json()["code"] == "FORBIDDEN_ROLE"
        assert ask(calling(user), uuid.uuid4(), what).status_code == 403  # before it is asked whether there is one


@pytest.mark.parametrize("what", ["erasure", "export"])
def test_nobody_of_another_institution_and_no_staff_is_there(maya, omar, ada, calling, what):
    other = factories.UserFactory(
        email="zed@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere")
    )
    for admin, named in ((other, maya), (ada, omar), (ada, uuid.uuid4()), (ada, "nonsense"), (ada, "me")):
        assert ask(calling(admin), named, what).json()["code"] == "USER_NOT_FOUND"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.filter(pk__in=[maya.pk, omar.pk]).count() == 2 and not Export.objects.exists()


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("erasure", {"reason": "too short"}),
        ("erasure", {"reason": "x" * 501}),
        ("erasure", {"scope": "partner_offers"}),
        ("erasure", {"scope": None}),
        ("export", {"reason": "         .         "}),
        ("export", {"reason": None}),
    ],
)
def test_without_a_reason_or_a_scope_nothing_happens(maya, ada, calling, what, wrong):
    assert ask(calling(ada), maya, what, **wrong).json()["code"] == "VALIDATION_ERROR"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not AuditEntry.objects.exists()
