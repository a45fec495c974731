"""Staff: invited, given and taken authority, by whom it may be and nobody else, and never to nobody left."""

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import audit, people, rowsecurity, staff
from accounts.models import AuditEntry, SecurityEvent, User
from accounts.roles import Level, Role
from accounts.tests import factories
from accounts.tests.senders import statements_of
from accounts.tests.typing_in import typed

STAFF = "/api/operator/staff"
PASSWORD = "Long-enough-2026!"


def row(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return User.objects.get(pk=user.pk)


def sealed():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        entries = AuditEntry.objects.order_by("seq").select_related("detail")
        return [(entry.action, entry.operator_id, entry.detail.detail) for entry in entries]


@pytest.fixture
def zed(db):
    """The administrator of another institution."""
    return factories.UserFactory(
        email="zed@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere")
    )


# -- inviting


def test_an_invited_operator_sets_a_password_and_comes_in(calling, ada, django_capture_on_commit_callbacks, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    sent = {"email": "new@example.test", "role": "operator", "level": "junior"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = calling(ada).post(STAFF, sent, "json")
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["role"], shown["level"], shown["is_active"], shown["invited"]) == ("operator", "junior", True, True)
    (letter,) = mail.outbox
    assert letter.to == ["new@example.test"] and "as junior operator" in letter.body
    link = re.search(r"http://\S+/signin/password/reset/key/\S+", letter.body).group()
    browser = Client()
    form = browser.get(link.removeprefix(settings.SITE_URL), follow=True)
    done = browser.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.get(email="new@example.test").check_password(PASSWORD)
    used = Client().get(link.removeprefix(settings.SITE_URL), follow=True)
    assert "This link is used up" in used.content.decode()


def test_an_invitation_is_sealed_with_its_inviter(calling, ada):
    calling(ada).post(STAFF, {"email": "new@example.test", "role": "admin"}, "json")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        new = User.objects.get(email="new@example.test")
        event = SecurityEvent.objects.exclude(kind="sign_in").get()
    after = {"role": "admin", "level": None, "is_active": True}
    assert sealed() == [("staff_change", ada.pk, {"change": "invited", "after": after, "user_id": str(new.pk)})]
    assert (event.kind, event.user_id, event.detail) == ("role_change", new.pk, {"after": after, "by": str(ada.pk)})


def test_inviting_twice_is_inviting_once_with_a_new_link(calling, ada, django_capture_on_commit_callbacks):
    client, sent = calling(ada), {"email": "new@example.test", "role": "operator", "level": "senior"}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post(STAFF, sent, "json").status_code for _ in range(2)]
    assert answers == [201, 200]
    assert len(mail.outbox) == 2 and len(sealed()) == 1


def test_a_mail_server_that_is_away_takes_nobody_back(calling, ada, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    with django_capture_on_commit_callbacks(execute=True):
        answer = calling(ada).post(STAFF, {"email": "new@example.test", "role": "admin"}, "json")
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("email", "status", "code"),
    [
        ("omar@example.test", 409, "ALREADY_STAFF"),  # a senior, invited as a junior
        ("OMAR@example.test", 409, "ALREADY_STAFF"),
        ("maya@example.test", 409, "EMAIL_TAKEN"),
        ("zoe@example.test", 409, "EMAIL_TAKEN"),  # a consumer elsewhere
        ("zed@example.test", 409, "EMAIL_TAKEN"),  # staff elsewhere
        ("second@example.test", 409, "EMAIL_TAKEN"),  # another address of a consumer
        ("no address", 400, "VALIDATION_ERROR"),
    ],
)
def test_nobody_who_is_somebody_else_is_made_staff(calling, ada, omar, maya, zed, email, status, code):
    zoe = factories.UserFactory(email="zoe@example.test", tenant=zed.tenant)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        EmailAddress.objects.create(user=maya, email="second@example.test", verified=True, primary=False)
    answer = calling(ada).post(STAFF, {"email": email, "role": "operator", "level": "junior"}, "json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [row(user).role for user in (maya, zoe, zed)] == ["user", "user", "admin"]
    assert row(omar).level == "senior" and not sealed()


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "operator"},
        {"role": "operator", "level": "chief"},
        {"role": "admin", "level": "senior"},
        {"role": "user"},
        {"role": "superuser"},
        {"level": "junior"},
    ],
)
def test_an_invitation_names_a_position_that_there_is(calling, ada, wrong):
    answer = calling(ada).post(STAFF, {"email": "new@example.test", **wrong}, "json")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_a_body_brings_no_institution_no_consent_and_no_password(calling, ada, zed):
    sent = {"email": "new@example.test", "role": "operator", "level": "junior"}
    more = {"tenant_id": str(zed.tenant_id), "tenant": "elsewhere", "password": PASSWORD, "consent_status": True}
    assert calling(ada).post(STAFF, sent | more, "json").status_code == 201
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        new = User.objects.get(email="new@example.test")
    assert (new.tenant_id, new.consent_status, new.has_usable_password()) == (ada.tenant_id, False, False)


# -- changing


def test_a_role_is_changed_and_its_holder_signed_out(calling, ada, omar):
    client = calling(omar)
    assert client.get("/api/users/me").status_code == 200
    answer = calling(ada).patch(f"{STAFF}/{omar.pk}", {"level": "junior"}, "json")
    assert (answer.status_code, answer.json()["level"]) == (200, "junior")
    assert client.get("/api/users/me").json()["code"] == "TOKEN_INVALID"
    assert calling(row(omar)).get("/api/users/me").json()["level"] == "junior"
    senior = {"role": "operator", "level": "senior", "is_active": True}
    changed = {"change": "changed", "before": senior, "after": senior | {"level": "junior"}, "user_id": str(omar.pk)}
    assert sealed() == [("staff_change", ada.pk, changed)]


@pytest.mark.parametrize(
    ("sent", "becomes"),
    [
        ({"role": "admin"}, ("admin", None, True)),
        ({"role": "operator", "level": "junior"}, ("operator", "junior", True)),
        ({"role": "operator"}, ("operator", "senior", True)),
        ({"is_active": False}, ("operator", "senior", False)),
        ({"level": None}, ("operator", "senior", True)),
        ({}, ("operator", "senior", True)),
    ],
)
def test_what_is_not_named_stays(calling, ada, omar, sent, becomes):
    assert calling(ada).patch(f"{STAFF}/{omar.pk}", sent, "json").status_code == 200
    now = row(omar)
    assert (now.role, now.level, now.is_active) == becomes
    assert len(sealed()) == (becomes != ("operator", "senior", True))


@pytest.mark.parametrize("sent", [{"role": "user"}, {"role": "admin", "level": "junior"}, {"is_active": "perhaps"}])
def test_a_change_to_what_there_is_not_is_refused(calling, ada, omar, sent):
    assert calling(ada).patch(f"{STAFF}/{omar.pk}", sent, "json").status_code == 400
    assert row(omar).role == "operator" and not sealed()


def test_an_admin_who_becomes_an_operator_needs_a_level(calling, ada):
    other = factories.UserFactory(email="ann@example.test", role="admin")
    client = calling(ada)
    assert client.patch(f"{STAFF}/{other.pk}", {"role": "operator"}, "json").status_code == 400
    assert client.patch(f"{STAFF}/{other.pk}", {"role": "operator", "level": "junior"}, "json").status_code == 200


def test_who_is_out_of_service_is_out_at_once_and_comes_back(calling, ada, omar):
    client, admin = calling(omar), calling(ada)
    admin.patch(f"{STAFF}/{omar.pk}", {"is_active": False}, "json")
    assert client.get("/api/users/me").json()["code"] == "TOKEN_INVALID"
    assert admin.patch(f"{STAFF}/{omar.pk}", {"is_active": True}, "json").json()["is_active"] is True
    assert calling(omar).get("/api/users/me").status_code == 200


@pytest.mark.parametrize("sent", [{"role": "operator", "level": "senior"}, {"is_active": False}])
def test_nobody_changes_themselves(calling, ada, sent):
    factories.UserFactory(email="ann@example.test", role="admin")
    answer = calling(ada).patch(f"{STAFF}/{ada.pk}", sent, "json")
    assert (answer.status_code, answer.json()["code"]) == (409, "OWN_ACCOUNT")
    assert row(ada).role == "admin"


@pytest.mark.parametrize("sent", [{"role": "operator", "level": "senior"}, {"is_active": False}])
def test_the_last_administrator_stays(calling, ada, sent):
    factories.UserFactory(email="gone@example.test", role="admin", is_active=False)
    answer = calling(ada).patch(f"{STAFF}/{ada.pk}", sent, "json")
    assert (answer.status_code, answer.json()["code"]) == (409, "LAST_ADMIN")
    assert row(ada).is_active and row(ada).role == "admin"


def test_two_administrators_who_demote_each_other_leave_one(live_db, now):
    with transaction.atomic():
        rowsecurity.become(rowsecurity.MAINTENANCE)
        both = [factories.UserFactory(email=f"{name}@example.test", role="admin") for name in ("ann", "bea")]
    together, refused = threading.Barrier(2), []

    def demote(by, whom):
        try:
            together.wait(10)
            with rowsecurity.viewing(rowsecurity.of(by)):
                staff.change(by=by, user_id=whom.pk, now=now, role=Role.OPERATOR, level=Level.JUNIOR)
        except staff.LastAdmin:
            refused.append(by)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in (both, both[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 1
    assert sorted(row(user).role for user in both) == ["admin", "operator"]


@pytest.mark.parametrize("who", ["maya", "zed", "nobody", "malformed"])
def test_who_is_no_staff_of_this_institution_is_not_there(request, calling, ada, who):
    named = {"nobody": "0b9a4a0e-0000-4000-8000-000000000000", "malformed": "zed"}.get(who)
    named = named or request.getfixturevalue(who).pk
    answer = calling(ada).patch(f"{STAFF}/{named}", {"role": "admin"}, "json")
    assert (answer.status_code, answer.json()["code"]) == (404, "STAFF_NOT_FOUND")
    if who == "maya":
        assert row(request.getfixturevalue("maya")).role == "user"


# -- second factor, sessions


def test_a_lost_second_factor_is_taken_away_with_every_session(calling, ada, omar, seeing, now):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people.second_factor_secret(user=omar)
    client = calling(omar)
    with seeing(ada):
        staff.reset_second_factor(by=ada, user_id=omar.pk, now=now)
    assert client.get("/api/users/me").status_code == 401
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert not Authenticator.objects.filter(user=omar).exists()
        assert SecurityEvent.objects.exclude(kind="sign_in").get().kind == "method_unlinked"
    assert sealed()[0][2]["change"] == "second_factor_reset"


def test_sessions_of_one_are_ended_and_of_others_not(calling, ada, omar, junior, seeing, now):
    ended, stays = [calling(omar), calling(omar)], calling(junior)
    with seeing(ada):
        staff.end_sessions(by=ada, user_id=omar.pk, now=now)
    assert [client.get("/api/users/me").status_code for client in (*ended, stays)] == [401, 401, 200]
    assert sealed()[0][2]["change"] == "sessions_ended"


@pytest.mark.parametrize("act", [staff.reset_second_factor, staff.end_sessions])
def test_neither_is_done_to_oneself_nor_to_another_institution(ada, zed, seeing, now, act):
    with pytest.raises(staff.OwnAccount), seeing(ada):
        act(by=ada, user_id=ada.pk, now=now)
    with pytest.raises(staff.StaffNotFound), seeing(ada):
        act(by=ada, user_id=zed.pk, now=now)
    assert not sealed()


# -- the list, and who may ask


def test_the_list_is_of_the_institution_with_who_has_a_second_factor(calling, ada, omar, junior, maya, zed):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people.second_factor_secret(user=omar)
    listed = calling(ada).get(STAFF).json()
    assert listed["total"] == 3
    assert [(one["email"], one["second_factor"]) for one in listed["items"]] == [
        ("ada@example.test", False),
        ("june@example.test", False),
        ("omar@example.test", True),
    ]


def test_the_list_costs_the_same_for_three_and_for_thirty(calling, ada):
    client, counts = calling(ada), []
    for more in (2, 28):
        for number in range(more):
            factories.UserFactory(email=f"o{more}-{number}@example.test", role="operator", level="junior")
        with CaptureQueriesContext(connection) as captured:
            client.get(STAFF)
        counts.append(len(statements_of(captured)))
    assert counts == [4, 4]  # who is calling, what they may, the page, the total


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("maya", 403), ("junior", 403), ("omar", 403)])
def test_staff_is_for_administrators_and_nobody_learns_who_is_there(request, calling, ada, who, status):
    client = calling(who and request.getfixturevalue(who))
    assert client.get(STAFF).status_code == status
    assert client.post(STAFF, {"email": "x@example.test", "role": "admin"}, "json").status_code == status
    for named in (ada.pk, "0b9a4a0e-0000-4000-8000-000000000000", "not-an-id"):
        assert client.patch(f"{STAFF}/{named}", {"role": "admin"}, "json").status_code == status


def test_an_operator_raises_nobody_by_their_own_record(calling, junior):
    calling(junior).patch("/api/users/me", {"monthly_income": 1, "level": "senior", "role": "admin"}, "json")
    assert (row(junior).role, row(junior).level) == ("operator", "junior")


# -- create_operator


def test_the_first_one_is_made_by_a_command(db, settings):
    said = typed("create_operator", "--email", "first@example.test", "--level", "admin")
    assert said.code == 0
    assert said.lines[0] == "done  first@example.test  admin  made"
    link = said.lines[1].removeprefix("Set the password here, once: ")
    assert link.startswith(f"{settings.SITE_URL}/signin/password/reset/key/")
    assert "Set a new password" in Client().get(link.removeprefix(settings.SITE_URL), follow=True).content.decode()
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        first = User.objects.get(email="first@example.test")
        assert (first.role, first.level, SecurityEvent.objects.get().kind) == ("admin", None, "role_change")
        assert audit.verify(tenant_id=first.tenant_id).valid
    assert [(action, by) for action, by, _ in sealed()] == [("staff_change", None)]


def test_twice_is_once(db):
    words = ("create_operator", "--email", "first@example.test", "--level", "senior")
    assert [typed(*words).lines[0].split()[-1] for _ in range(2)] == ["made", "there"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        user = User.objects.get()
        user.set_password(PASSWORD)
        user.save()
    said = typed(*words)
    assert (said.code, said.lines[1]) == (0, "They have set a password.")
    assert len(sealed()) == 1


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("maya@example.test", "admin"), 1, staff.EmailTaken.sentence),
        (("omar@example.test", "admin"), 1, staff.AlreadyStaff.sentence),
        (("no address", "admin"), 2, "no address is no e-mail address."),
        (("new@example.test", "admin", "--tenant", "nowhere"), 2, "There is no tenant nowhere."),
    ],
)
def test_a_command_that_cannot_says_why(maya, omar, words, code, sentence):
    email, level, *more = words
    said = typed("create_operator", "--email", email, "--level", level, *more)
    assert (said.code, said.err) == (code, sentence)
    assert row(maya).role == "user" and row(omar).level == "senior" and not sealed()
