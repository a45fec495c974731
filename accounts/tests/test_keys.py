"""Keys of services: shown once, known by their hash, bound to their scopes, and over when they are over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts import keys, rowsecurity
from accounts.api.permissions import Allowed, HasScope
from accounts.api.throttling import GeneralLimit
from accounts.keys import Scope
from accounts.limits import Limited
from accounts.models import ApiKey, AuditDetail, AuditEntry, SecurityEvent
from accounts.rowsecurity import Context
from accounts.tests import factories
from accounts.tests.senders import statements_of


@pytest.fixture
def made(ada, now):
    def make(*scopes, by=ada, **more):
        with rowsecurity.viewing(rowsecurity.of(by)):
            return keys.make(by=by, name="Scraper", scopes=scopes, expires_at=None, now=now, **more)

    return make


def with_key(secret):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


def platform_key():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return ApiKey.objects.create(
            name="Platform", prefix="0", key_hash=keys._hashed("ss_platform"), scopes=["metrics:read"]
        )


def test_a_key_is_kept_as_its_hash_only(made, seeing, ada):
    one, other = made(Scope.CARDS_READ), made(Scope.CARDS_READ)
    assert one.secret.startswith(f"ss_{one.key.prefix}") and len(one.secret) == 3 + 8 + 43
    assert one.secret != other.secret
    with rowsecurity.viewing(rowsecurity.SIGNIN), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, ' ') FROM api_keys k")
        assert one.secret not in cursor.fetchone()[0]
    with seeing(ada):
        assert one.secret not in str(list(AuditDetail.objects.values_list("detail", flat=True)))


def test_making_and_revoking_is_written_down_twice_over(made, ada, now, seeing):
    key = made(Scope.CARDS_READ).key
    for _ in range(2):  # the second time nothing is left to do
        with seeing(ada):
            keys.revoke(by=ada, key_id=key.pk, now=now)
    with seeing(ada):
        entries = AuditEntry.objects.order_by("seq").select_related("detail")
        assert [(entry.action, entry.detail.detail["change"]) for entry in entries] == [
            ("key_change", "made"),
            ("key_change", "revoked"),
        ]
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        kinds = SecurityEvent.objects.order_by("kind").values_list("kind", flat=True)
        assert list(kinds) == ["key_made", "key_revoked"]


def test_the_tables_keep_other_scopes_out(made):
    with pytest.raises(IntegrityError, match="api_keys_scopes"):
        made()


def test_a_service_is_known_and_introduced_in_one_statement(made, ada, now):
    made_key = made(Scope.CARDS_READ, Scope.CARDS_WRITE)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert keys.known(made_key.secret, now=now, introduce=False) is not None  # notes its use
    with rowsecurity.viewing(rowsecurity.SIGNIN), CaptureQueriesContext(connection) as captured:
        service = keys.known(made_key.secret, now=now, introduce=True)
        assert len(captured) == 1
        assert service == keys.Service(made_key.key.pk, ada.tenant_id, frozenset({"cards:read", "cards:write"}))
        assert rowsecurity.viewer() == rowsecurity.service(ada.tenant_id, f"key:{made_key.key.pk}")
        with connection.cursor() as cursor:
            cursor.execute("SELECT app_role(), app_tenant(), app_user(), app_actor()")
            assert cursor.fetchone() == (Context.SERVICE, ada.tenant_id, None, f"key:{made_key.key.pk}")


def test_a_key_of_the_platform_names_no_institution(db, now):
    platform_key()
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        service = keys.known("ss_platform", now=now, introduce=True)
        assert service is not None and service.tenant_id is None
        with connection.cursor() as cursor:
            cursor.execute("SELECT app_role(), app_tenant()")
            assert cursor.fetchone() == (Context.SERVICE, None)


def test_a_stranger_changes_nothing_about_who_is_looking(db, now):
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert keys.known("ss_guessed", now=now, introduce=True) is None
        assert rowsecurity.viewer() == rowsecurity.SIGNIN


def test_its_last_use_is_known_to_the_minute(made, now):
    secret = made(Scope.CARDS_READ).secret

    def used(after):
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            keys.known(secret, now=now + timedelta(seconds=after), introduce=False)
            return ApiKey.objects.get().last_used_at

    assert [used(0), used(59), used(60)] == [now, now, now + timedelta(seconds=60)]


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown", "empty", "closed institution"])
def test_a_key_that_is_over_is_refused_everywhere(made, ada, now, how, seeing):
    secret = made(Scope.METRICS_READ).secret
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        if how == "revoked":
            ApiKey.objects.update(revoked_at=now)
        if how == "expired":
            ApiKey.objects.update(expires_at=now)
        if how == "closed institution":
            type(ada.tenant).objects.update(is_active=False)
    client = with_key({"unknown": "ss_" + "0" * 51, "empty": ""}.get(how, secret))
    for path in ("/api/users/me", "/api/transactions", "/metrics", "/api/auth/app/v1/auth/session"):
        answer = client.get(path, REMOTE_ADDR="203.0.113.9")
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID"), path


@pytest.mark.parametrize(
    "path",
    [
        "/api/users/me",
        "/api/users/me/access",
        "/api/transactions",
        "/api/uploads",
        "/api/operator/staff",
        "/api/operator/api-keys",
        "/api/operator/rule-sets",
        "/api/personas/analytics/distribution",
        "/api/personas/0b9a4a0e-0000-4000-8000-000000000000",
        "/api/auth/app/v1/auth/session",
        "/admin/",
        "/signin/login/",
        "/metrics",
    ],
)
def test_a_key_reaches_nothing_outside_its_scopes(made, path):
    secret = made(Scope.CARDS_READ, Scope.CARDS_WRITE, Scope.PERSONS_READ, Scope.PERSONS_WRITE).secret
    assert with_key(secret).get(path, REMOTE_ADDR="203.0.113.9").status_code == 403


def test_a_key_for_metrics_reads_them(made):
    answer = with_key(made(Scope.METRICS_READ).secret).get("/metrics", REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 200 and "rate_limiter_unavailable_total" in answer.content.decode()


def test_a_session_beside_a_key_counts_for_nothing(made, ada, calling):
    client = calling(ada)
    assert client.get("/api/operator/staff").status_code == 200
    secret = made(Scope.CARDS_READ).secret
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    assert client.get("/api/operator/staff").status_code == 403


def asked_by(user):
    request = HttpRequest()
    request.user = user
    return request


def test_routes_of_both_name_a_permission_and_a_scope(made, now, ada, junior, maya):
    both = (Allowed("recommendations.write_cards") | HasScope(Scope.CARDS_WRITE))()
    reads, writes = (keys.Service(ada.pk, ada.tenant_id, frozenset({scope})) for scope in ("cards:read", "cards:write"))
    may = {who: both.has_permission(asked_by(who), None) for who in (ada, junior, maya, reads, writes)}
    assert may == {ada: True, junior: False, maya: False, reads: False, writes: True}


def test_the_general_limit_counts_a_key_as_itself(made, ada, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"api": (2, 3600)}
    services = [keys.Service(made(Scope.CARDS_READ).key.pk, ada.tenant_id, frozenset()) for _ in range(2)]
    one, other = (Request(HttpRequest()) for _ in services)
    one.user, other.user = services
    assert [GeneralLimit().allow_request(one, APIView()) for _ in range(2)] == [True, True]
    with pytest.raises(Limited):
        GeneralLimit().allow_request(one, APIView())
    assert GeneralLimit().allow_request(other, APIView())


# -- the doors


def test_an_admin_makes_sees_and_revokes_a_key(calling, ada):
    client = calling(ada)
    sent = {"name": "Cards to the app", "scopes": ["cards:read"], "expires_at": "2036-01-01T00:00:00Z"}
    made = client.post("/api/operator/api-keys", sent, "json")
    assert made.status_code == 201
    secret, key_id = made.json()["key"], made.json()["key_id"]
    listed = client.get("/api/operator/api-keys").json()
    assert listed["total"] == 1 and "key" not in listed["items"][0] and secret not in str(listed)
    assert listed["items"][0]["created_by"] == str(ada.pk)
    assert client.delete(f"/api/operator/api-keys/{key_id}").status_code == 204
    assert client.get("/api/operator/api-keys").json()["items"][0]["revoked_at"] is not None
    assert with_key(secret).get("/api/users/me").json()["code"] == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["cards:burn"]},
        {"scopes": "cards:read"},
        {"name": ""},
        {"name": "x" * 101},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
    ],
)
def test_a_key_that_could_not_be_used_is_not_made(calling, ada, wrong):
    sent = {"name": "Cards", "scopes": ["cards:read"]} | wrong
    assert calling(ada).post("/api/operator/api-keys", sent, "json").status_code == 400
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert not ApiKey.objects.exists()


def test_a_body_names_no_institution_and_no_maker(calling, ada, omar):
    other = factories.TenantFactory(slug="elsewhere")
    sent = {"name": "Cards", "scopes": ["cards:read"], "tenant_id": str(other.pk), "created_by": str(omar.pk)}
    assert calling(ada).post("/api/operator/api-keys", sent, "json").status_code == 201
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = ApiKey.objects.get()
    assert (key.tenant_id, key.created_by) == (ada.tenant_id, ada.pk)


def test_a_repeated_post_never_repeats_the_secret(calling, ada):
    client, sent = calling(ada), {"name": "Cards", "scopes": ["cards:read"]}
    one, two = (
        client.post("/api/operator/api-keys", sent, "json", HTTP_IDEMPOTENCY_KEY="same").json()["key"] for _ in range(2)
    )
    assert one != two
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM idempotency_store")
        assert cursor.fetchone() == (0,)


def test_another_institutions_key_is_not_there(calling, made):
    key = made(Scope.CARDS_READ).key
    other = factories.UserFactory(
        email="zed@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere")
    )
    client = calling(other)
    assert client.get("/api/operator/api-keys").json()["total"] == 0
    for named in (key.pk, "not-an-id"):
        answer = client.delete(f"/api/operator/api-keys/{named}")
        assert (answer.status_code, answer.json()["code"]) == (404, "KEY_NOT_FOUND")
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("maya", 403), ("junior", 403), ("omar", 403)])
def test_keys_are_for_administrators_and_nobody_learns_which_exist(request, calling, made, who, status):
    key = made(Scope.CARDS_READ).key
    client = calling(who and request.getfixturevalue(who))
    assert client.get("/api/operator/api-keys").status_code == status
    assert client.post("/api/operator/api-keys", {}, "json").status_code == status
    for named in (key.pk, "0b9a4a0e-0000-4000-8000-000000000000", "not-an-id"):
        assert client.delete(f"/api/operator/api-keys/{named}").status_code == status


def test_a_list_of_keys_costs_the_same_for_one_and_for_many(calling, ada, made):
    counts = []
    client = calling(ada)
    for _ in range(2):
        made(Scope.CARDS_READ)
        made(Scope.CARDS_READ)
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/operator/api-keys")
        counts.append(len(statements_of(captured)))
    assert counts == [4, 4]  # who is calling, what they may, the page, the total
