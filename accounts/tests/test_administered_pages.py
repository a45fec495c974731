"""Staff, keys and the institution in the console: for administrators, by the acts of the API, with a typed word."""

import re

import pytest
from django.conf import settings as configured
from django.core import mail
from django.test import Client

from accounts import keys, people, rowsecurity
from accounts.models import ApiKey, AuditEntry, Tenant, User
from accounts.tests import factories
from accounts.tests.callers import session_for

STAFF, KEYS, TENANT = "/admin/accounts/staff/", "/admin/accounts/apikey/", "/admin/accounts/tenant/"


@pytest.fixture
def at(db):
    def browser(user):
        client = Client()
        client.cookies[configured.SESSION_COOKIE_NAME] = session_for(user).session_key
        return client

    return browser


def row(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return User.objects.get(pk=user.pk)


def actions():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


@pytest.fixture
def key(ada, now):
    with rowsecurity.viewing(rowsecurity.of(ada)):
        return keys.make(by=ada, name="Mobile app", scopes=[keys.Scope.CARDS_READ], expires_at=None, now=now).key


@pytest.mark.parametrize("who", ["junior", "omar", "maya"])
def test_the_pages_are_for_administrators_and_stand_in_no_menu_but_theirs(request, at, ada, key, who):
    client = at(request.getfixturevalue(who))
    pages = [STAFF, f"{STAFF}add/", f"{STAFF}{ada.pk}/change/", KEYS, f"{KEYS}add/", f"{KEYS}{key.pk}/change/", TENANT]
    for page in pages:
        for ask in (client.get, client.post):
            assert ask(page, follow=True).status_code == 403, page
    if who != "maya":
        assert "/admin/accounts/staff/" not in client.get("/admin/").content.decode()


def test_the_list_of_staff_shows_who_has_come(at, ada, omar):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people.second_factor_secret(user=omar)
    factories.UserFactory(email="zed@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    factories.UserFactory(email="new@example.test", password="set", role="operator", level="junior")
    page = at(ada).get(STAFF).content.decode()
    assert re.findall(r'change/">([^<]+)</a>', page) == ["ada@example.test", "new@example.test", "omar@example.test"]
    assert (
        page.count("Invited") == 2
        and page.count("In service") == 1
        and page.count('alt="True"') == 1
        and "Senior operator" in page
    )


def test_an_administrator_invites_from_the_console(at, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = at(ada).post(f"{STAFF}add/", {"email": "new@example.test", "position": "senior"}, follow=True)
    said = re.findall(r'<li class="success">(.*?)</li>', page.content.decode())
    assert said == ["Invited new@example.test. A mail with a link is on its way."]
    assert mail.outbox[0].to == ["new@example.test"] and actions() == ["staff_change"]


def test_an_address_that_is_taken_is_said_beside_it(at, ada, maya):
    page = at(ada).post(f"{STAFF}add/", {"email": maya.email, "position": "admin"}).content.decode()
    assert "This address belongs to somebody already." in page and 'value="maya@example.test"' in page


@pytest.mark.parametrize(
    ("deed", "becomes"),
    [
        ("junior", ("operator", "junior", True)),
        ("admin", ("admin", None, True)),
        ("deactivate", ("operator", "senior", False)),
        ("end_sessions", ("operator", "senior", True)),
    ],
)
def test_a_deed_is_done_when_the_address_is_typed(at, ada, omar, deed, becomes):
    where, client = f"{STAFF}{omar.pk}/change/", at(ada)
    refused = client.post(where, {"deed": deed, "typed": "omar"}).content.decode()
    assert "This is not their address." in refused and actions() == []
    assert (
        "Done for omar@example.test"
        in client.post(where, {"deed": deed, "typed": "Omar@example.test "}, follow=True).content.decode()
    )
    now = row(omar)
    assert (now.role, now.level, now.is_active) == becomes and actions() == ["staff_change"]


def test_who_is_out_of_service_can_only_come_back(at, ada, omar):
    where, client = f"{STAFF}{omar.pk}/change/", at(ada)
    client.post(where, {"deed": "deactivate", "typed": omar.email})
    assert (
        "is not one of the available choices"
        in client.post(where, {"deed": "admin", "typed": omar.email}).content.decode()
    )
    client.post(where, {"deed": "activate", "typed": omar.email})
    assert row(omar).is_active and row(omar).role == "operator"


def test_nobody_is_offered_a_deed_against_themselves(at, ada):
    client, where = at(ada), f"{STAFF}{ada.pk}/change/"
    assert "This is you." in client.get(where).content.decode()
    client.post(where, {"deed": "junior", "typed": ada.email})
    assert row(ada).role == "admin" and actions() == []


def test_others_have_no_page(at, ada, maya):
    zed = factories.UserFactory(
        email="zed@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere")
    )
    client = at(ada)
    for named in (maya.pk, zed.pk, "0b9a4a0e-0000-4000-8000-000000000000", "none"):
        assert client.get(f"{STAFF}{named}/change/").status_code == 404
        assert client.get(f"{KEYS}{named}/change/").status_code == 404


def test_a_key_is_shown_once_and_revoked_by_its_name(at, ada):
    client = at(ada)
    made = client.post(f"{KEYS}add/", {"name": "Mobile app", "scopes": ["cards:read"], "life": "30"})
    (secret,) = re.findall(r"ss_[\w-]{51}", made.content.decode())
    assert "no-store" in made["Cache-Control"]
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = ApiKey.objects.get()
    assert (key.expires_at - key.created_at).days == 30
    for page in (KEYS, f"{KEYS}{key.pk}/change/"):
        assert secret not in client.get(page).content.decode()
    client.post(f"{KEYS}{key.pk}/change/", {"typed": "mobile"})
    assert actions() == ["key_change"]
    client.post(f"{KEYS}{key.pk}/change/", {"typed": "Mobile app"})
    assert actions() == ["key_change", "key_change"]
    assert "Revoked" in client.get(KEYS).content.decode()


def test_a_key_that_opens_nothing_is_not_made(at, ada):
    at(ada).post(f"{KEYS}add/", {"name": "Mobile app", "life": "30"})
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert not ApiKey.objects.exists()


def test_the_institution_is_renamed_and_what_it_was_is_kept(at, ada):
    client, sent = at(ada), {"name": "Union", "time_zone": "Europe/Prague", "cards_strict": "on"}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Tenant.objects.filter(pk=ada.tenant_id).update(settings={"hosts": ["union.example"]})
    for _ in range(2):  # the second time nothing differs
        client.post(TENANT, sent)
    tenant = Tenant.objects.get(pk=ada.tenant_id)
    assert (tenant.name, tenant.time_zone) == ("Union", "Europe/Prague")
    assert tenant.settings == {"hosts": ["union.example"], "cards_strict": True}
    assert actions() == ["tenant_change"]


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Base"}, {"name": ""}])
def test_an_institution_that_could_not_be_is_refused(at, ada, wrong):
    at(ada).post(TENANT, {"name": "Union", "time_zone": "Europe/Prague", **wrong})
    assert actions() == []


def test_a_form_from_elsewhere_is_refused(ada, omar):
    client = Client(enforce_csrf_checks=True)
    client.cookies[configured.SESSION_COOKIE_NAME] = session_for(ada).session_key
    sent = {"deed": "deactivate", "typed": omar.email}
    assert client.post(f"{STAFF}{omar.pk}/change/", sent).status_code == 403
    assert row(omar).is_active


# -- opening a person's row in the console


def test_a_person_opened_in_the_console_leaves_a_row_and_a_list_leaves_none(at, omar, maya):
    client, upload = at(omar), factories.UploadFactory(user=maya)
    for page in ("operators/userfile/", "accounts/upload/"):
        assert client.get(f"/admin/{page}").status_code == 200
    assert actions() == []
    for page in (f"operators/userfile/{maya.pk}/change/", f"accounts/upload/{upload.pk}/change/"):
        assert client.get(f"/admin/{page}").status_code == 200
    assert actions() == ["view_user", "view_user"]
