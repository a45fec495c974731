"""What a caller may add to a request changes nothing: fields of theirs, others' ids in filters, bodies and headers."""

from uuid import uuid4

import pytest
from django.db import transaction

from accounts import rowsecurity
from accounts.models import User
from spendsense.tests.authorization.calls import call, code_of, said
from spendsense.tests.authorization.table import COLUMNS, LINES, Line

STOLEN = {
    "role": "admin", "level": "senior", "is_active": False, "is_staff": True, "consent_status": True,
    "cache_generation": 99, "email": "stolen@example.test", "phone_number": "+15550001111",
    "oauth_providers": {"x": "y"},
}  # fmt: skip
OF_THE_ACT = {"/api/operator/staff/{member}": {"is_active"}}  # what may be said there
OF_A_USER = ("role", "level", "tenant_id", "email", "phone_number", "is_active", "consent_status", "monthly_income")
WRITES = [
    (line, column)
    for line in LINES
    for column in ("own", "admin")
    if isinstance(line.body, dict) and line.cell(column).startswith("2")
]
LISTS = [line for line in LINES if line.method == "GET"]


def rows(world):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people = User.objects.in_bulk([one.pk for one in world.people.values()])
    return {pk: {name: getattr(one, name) for name in OF_A_USER} for pk, one in people.items()}


@pytest.mark.parametrize(("line", "column"), WRITES, ids=[f"{line.operation}, {column}" for line, column in WRITES])
def test_nothing_of_a_user_is_assigned_by_a_field_too_many(world, line, column):
    """The same call with and without the fields leaves the same people behind."""
    who, whom = COLUMNS[column]
    words = world.named(whom)
    left = []
    stolen = STOLEN | {"tenant_id": str(world.people["fred"].tenant_id), "user_id": str(uuid4())}
    known = {*line.body, *OF_THE_ACT.get(line.path, ())}
    extra = {name: value for name, value in stolen.items() if name not in known}
    for body in (line.body, line.body | extra):
        sent = transaction.savepoint()
        answer = call(world, Line(line.method, line.path, line.cells, body=body), who, words)
        left.append(rows(world))
        transaction.savepoint_rollback(sent)
    if answer.status_code >= 400:  # a door that says no to what it does not know
        due = (403, "TENANT_MISMATCH") if line.path.startswith("/api/v1/cards") else (400, "VALIDATION_ERROR")
        assert (answer.status_code, code_of(answer)) == due
        return
    assert left[0] == left[1]


@pytest.mark.parametrize("line", LISTS, ids=[line.operation for line in LISTS])
def test_a_foreign_id_in_a_filter_or_a_header_shows_nothing_of_theirs(world, line):
    """theo asks for his own and adds maya's ids in every place that anybody might read."""
    maya, tenant = world.ids["maya"], str(world.people["fred"].tenant_id)
    names = ("user_id", "user", "account_id", "upload_id", "transaction_id", "tenant_id", "id", "subject")
    given = {"account_id": maya["account"], "upload_id": maya["upload"], "transaction_id": maya["transaction"]}
    given = {name: given.get(name, tenant if name == "tenant_id" else maya["person"]) for name in names}
    query = "?" + "&".join(f"{name}={value}" for name, value in given.items())
    headers = {"X-Tenant-ID": tenant, "X-User-ID": maya["person"], "X-Forwarded-User": maya["person"]}
    told = said(call(world, line, "theo", world.named("theo"), more=query, **headers))
    unsaid = world.secrets(seen_by="theo", shown=True) - set(given.values())
    assert not {secret for secret in unsaid if secret in told}


def test_a_sign_up_takes_no_role_and_no_institution_from_its_body(world, quick):
    sent = STOLEN | {"email": "newcomer@example.test", "password": "Long-enough-2026!"}
    sent |= {"tenant_id": str(world.people["fred"].tenant_id)}
    world.callers["nobody"].client().post("/api/auth/app/v1/auth/signup", sent, format="json")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        made = User.objects.get(email="newcomer@example.test")
    assert (made.role, made.level, made.tenant.slug) == ("user", None, "default")
    assert (made.consent_status, made.is_active, made.phone_number) == (False, True, None)


def test_an_admin_invites_into_their_own_institution_only(world):
    (invite,) = (line for line in LINES if line.operation == "POST /api/operator/staff")
    body = invite.body | {"tenant_id": str(world.people["fred"].tenant_id), "tenant": "elsewhere"}
    answer = call(world, Line(invite.method, invite.path, invite.cells, body=body), "ada", {})
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.get(pk=answer.json()["user_id"]).tenant.slug == "default"
